"""
Evaluation: adapters in, generations and item scores out.

in   results/{run}/questions/{dataset}.jsonl, results/{run}/models/{model}/, adapters
out  results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl   schemas/generation.schema.json
     results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv
     results/{run}/tables/baselines.csv
"""

GENERATIONS = "results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl"
SCORES = "results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv"


rule generate:
    input:
        questions="results/{run}/questions/{dataset}.jsonl",
        model="results/{run}/models/{model}",
        adapters=get_adapters,
    output:
        generations=per_cell(GENERATIONS, config["arms"]),
    log:
        "logs/{run}/generate/<job>.log",
    benchmark:
        "benchmarks/{run}/generate/<job>.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        generation=lookup(within=config, dpath="generation"),
        quantisation=lookup(within=config, dpath="quantisation"),
        chat=lookup(within=config, dpath="chat"),
        persona=get_persona,
        work="work/{run}/generate/{dataset}.{model}",
    message:
        "Generate answers: {wildcards}"
    script:
        "../scripts/generate.py"


rule score_generations:
    input:
        questions="results/{run}/questions/{dataset}.jsonl",
        generations=per_cell(GENERATIONS, config["arms"]),
    output:
        scores=per_cell(SCORES, config["arms"]),
    log:
        "logs/{run}/score_generations/<job>.{scorer}.log",
    benchmark:
        "benchmarks/{run}/score_generations/<job>.{scorer}.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        released=IS_REPLAY,
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
        mem_mb=1000,
        runtime=10,
    message:
        "Score the trivial baselines on every test split"
    script:
        "../scripts/score_baselines.py"
