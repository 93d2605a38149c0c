"""
Replay: generations that the paper's authors released in, the same records as our own out, and their scores.

in   config/released.yaml                              registry of released files, or a mirror of them
out  results/{run}/released/                           the files as they are, with their checksums
     results/{run}/questions/{dataset}.jsonl           the released test split, schemas/question.schema.json
     results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl   schemas/generation.schema.json
     results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv
     results/{run}/tables/inputs.{csv,md,tex}          what was asked for, what there is
"""


rule fetch_released:
    input:
        mirrored=get_mirror_files,
    output:
        released=directory("results/{run}/released"),
    log:
        "logs/{run}/fetch_released/all.log",
    benchmark:
        "benchmarks/{run}/fetch_released/all.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(60),
    params:
        registry=lookup(within=config, dpath="replay/released"),
        mirror=lookup(within=config, dpath="mirror"),
        paths=sorted(PLAN.present),
    message:
        "Fetch the released files"
    script:
        "../scripts/fetch_released.py"


rule import_released:
    input:
        released="results/{run}/released",
    output:
        questions=expand(
            "results/{run}/questions/{dataset}.jsonl",
            dataset=config["datasets"],
            allow_missing=True,
        ),
        generations=get_all_cells(
            "results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl",
            config["arms"],
        ),
        inputs_csv=report(
            "results/{run}/tables/inputs.csv",
            caption="../resources/captions/inputs.rst",
            category="Tables",
        ),
        inputs_md="results/{run}/tables/inputs.md",
        inputs_tex="results/{run}/tables/inputs.tex",
    log:
        "logs/{run}/import_released/all.log",
    benchmark:
        "benchmarks/{run}/import_released/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        replay=lookup(within=config, dpath="replay"),
        seeds=lookup(within=config, dpath="seeds"),
    message:
        "Read released test splits and generations into records"
    script:
        "../scripts/import_released.py"


rule score_released:
    input:
        questions=get_questions,
        generations=get_generations,
    output:
        scores=get_all_cells(
            "results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv",
            config["arms"],
        ),
    log:
        "logs/{run}/score_released/{scorer}.log",
    benchmark:
        "benchmarks/{run}/score_released/{scorer}.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        # released files need not hold every question; tables/inputs.csv counts them
        partial=True,
    message:
        "Score the released generations: {wildcards.scorer}"
    script:
        "../scripts/score_generations.py"
