"""
Generation: adapters in, generations out.

in   results/{run}/questions/{dataset}.jsonl, results/{run}/models/{model}/, adapters
out  results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl   schemas/generation.schema.json
"""


rule generate:
    input:
        questions="results/{run}/questions/{dataset}.jsonl",
        model="results/{run}/models/{model}",
        adapters=get_adapters,
    output:
        generations=per_cell(
            "results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl",
            config["arms"],
        ),
    log:
        "logs/{run}/generate/<job>.log",
    benchmark:
        "benchmarks/{run}/generate/<job>.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(60),
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
