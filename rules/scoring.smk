"""
Scoring: generations in, item scores out.

in   results/{run}/questions/{dataset}.jsonl, results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl
out  results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv
     results/{run}/tables/baselines.csv
"""


rule score_generations:
    input:
        questions=["results/{run}/questions/{dataset}.jsonl"],
        generations=per_cell(
            "results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl",
            config["arms"],
        ),
    output:
        scores=per_cell(
            "results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv",
            config["arms"],
        ),
    log:
        "logs/{run}/score_generations/<job>.{scorer}.log",
    benchmark:
        "benchmarks/{run}/score_generations/<job>.{scorer}.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        partial=False,
    message:
        "Score item by item: {wildcards}"
    script:
        "../scripts/score_generations.py"


rule score_baselines:
    input:
        questions=get_questions,
    output:
        baselines="results/{run}/tables/baselines.csv",
    log:
        "logs/{run}/score_baselines/all.log",
    benchmark:
        "benchmarks/{run}/score_baselines/all.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    message:
        "Score the trivial baselines on every test split"
    script:
        "../scripts/score_baselines.py"
