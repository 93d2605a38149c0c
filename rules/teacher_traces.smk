"""
A teacher's traces: its responses in, judged; SFT targets in its words out.

in   results/{run}/all_questions/{dataset}.jsonl, results/{run}/teacher/{dataset}/{kind}.jsonl
out  results/{run}/teacher/{dataset}/judgement.csv    which answers are right, which items are kept
     results/{run}/questions/{dataset}.jsonl          training questions that are not kept have split `other`
     results/{run}/traces/{dataset}/{arm}.jsonl       arms r1, r1_summary, r1_explanation, r1_swapped
"""

if config["teacher"]["source"] == "released":

    rule import_teacher_responses:
        input:
            questions="results/{run}/all_questions/{dataset}.jsonl",
        output:
            released=directory("results/{run}/released_responses/{dataset}"),
            responses=expand(
                "results/{run}/teacher/{dataset}/{kind}.jsonl",
                kind=RESPONSE_KINDS,
                allow_missing=True,
            ),
        log:
            "logs/{run}/import_teacher_responses/{dataset}.log",
        benchmark:
            "benchmarks/{run}/import_teacher_responses/{dataset}.tsv"
        conda:
            "../envs/data.yaml"
        threads: 1
        resources:
            mem_mb=growing(2000),
            runtime=growing(60),
        params:
            registry=lookup(within=config, dpath="teacher/released"),
            mirror=lookup(within=config, dpath="mirror"),
        message:
            "Fetch the released responses on {wildcards.dataset} and join them by question"
        script:
            "../scripts/import_teacher_responses.py"


rule judge_teacher:
    input:
        questions="results/{run}/all_questions/{dataset}.jsonl",
        responses=f"results/{{run}}/teacher/{{dataset}}/{TRACE}.jsonl",
    output:
        judgement="results/{run}/teacher/{dataset}/judgement.csv",
    log:
        "logs/{run}/judge_teacher/{dataset}.log",
    benchmark:
        "benchmarks/{run}/judge_teacher/{dataset}.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        keep=lookup(within=config, dpath="teacher/keep"),
    message:
        "Judge the teacher's answers on {wildcards.dataset}"
    script:
        "../scripts/judge_teacher.py"


rule split_kept:
    input:
        questions="results/{run}/all_questions/{dataset}.jsonl",
        judgement="results/{run}/teacher/{dataset}/judgement.csv",
        responses=get_responses,
    output:
        questions="results/{run}/questions/{dataset}.jsonl",
    log:
        "logs/{run}/split_kept/{dataset}.log",
    benchmark:
        "benchmarks/{run}/split_kept/{dataset}.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        arms=lookup(within=config, dpath="arms"),
    message:
        "Leave out what the teacher gave no usable trace for: {wildcards.dataset}"
    script:
        "../scripts/split_kept.py"


rule build_teacher_traces:
    input:
        questions="results/{run}/questions/{dataset}.jsonl",
        responses=get_responses,
    output:
        traces="results/{run}/traces/{dataset}/{arm}.jsonl",
    log:
        "logs/{run}/build_teacher_traces/{dataset}.{arm}.log",
    benchmark:
        "benchmarks/{run}/build_teacher_traces/{dataset}.{arm}.tsv"
    wildcard_constraints:
        arm=get_regex(TEACHER_ARMS),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        target=lookup(within=config, dpath="teacher/target"),
        seed=lookup(within=config, dpath="seed"),
    message:
        "Write and verify the {wildcards.arm} traces of {wildcards.dataset}"
    script:
        "../scripts/build_teacher_traces.py"
