"""
Teacher: questions in, what an OpenAI-compatible endpoint answers out; nothing is asked twice.

in   results/{run}/all_questions/{dataset}.jsonl         questions of both splits
     results/{run}/teacher/{dataset}/judgement.csv       which traces are kept (rules/teacher_traces.smk)
out  results/{run}/teacher/{dataset}/r1.jsonl            schemas/response.schema.json, all questions
     results/{run}/teacher/{dataset}/r1_{summary,explanation}.jsonl   kept training questions
     the cache that the config names                     every reply and what it cost, over all runs
"""


rule ask_teacher:
    input:
        questions="results/{run}/all_questions/{dataset}.jsonl",
    output:
        responses="results/{run}/teacher/{dataset}/r1.jsonl",
    log:
        "logs/{run}/ask_teacher/{dataset}.log",
    benchmark:
        "benchmarks/{run}/ask_teacher/{dataset}.tsv"
    conda:
        "../envs/teacher.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(2880),
    params:
        endpoint=lookup(within=config, dpath="teacher/endpoints/r1"),
        requests=lookup(within=config, dpath="teacher/requests"),
        budget=lookup(within=config, dpath="teacher/budget"),
        cache=lookup(within=config, dpath="teacher/cache"),
    message:
        "Ask the teacher the questions of {wildcards.dataset}"
    script:
        "../scripts/ask_teacher.py"


rule ask_follow_up:
    input:
        questions="results/{run}/all_questions/{dataset}.jsonl",
        traces="results/{run}/teacher/{dataset}/r1.jsonl",
        judgement="results/{run}/teacher/{dataset}/judgement.csv",
    output:
        responses="results/{run}/teacher/{dataset}/{kind}.jsonl",
    log:
        "logs/{run}/ask_follow_up/{dataset}.{kind}.log",
    benchmark:
        "benchmarks/{run}/ask_follow_up/{dataset}.{kind}.tsv"
    wildcard_constraints:
        kind="r1_summary|r1_explanation",
    conda:
        "../envs/teacher.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(2880),
    params:
        endpoint=lookup(within=config, dpath="teacher/endpoints/{kind}"),
        requests=lookup(within=config, dpath="teacher/requests"),
        budget=lookup(within=config, dpath="teacher/budget"),
        cache=lookup(within=config, dpath="teacher/cache"),
    message:
        "Ask for {wildcards.kind} of the kept training questions of {wildcards.dataset}"
    script:
        "../scripts/ask_follow_up.py"
