"""
Supplied generations: what the user put into the run's folder, counted and scored (`level: outputs`).

in   results/{run}/questions/{dataset}.jsonl
     results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl   `id` and `text` suffice
out  results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv
     results/{run}/tables/inputs.{csv,md,tex}          what the config names, what there is
"""


# no job of the workflow made these generations, so they need not answer every question
ruleorder: score_supplied > score_generations


rule count_supplied:
    input:
        questions=get_questions,
        generations=[path for cell in PLAN.found for path in cell.paths.values()],
    output:
        inputs_csv=report(
            "results/{run}/tables/inputs.csv",
            caption="../resources/captions/inputs.rst",
            category="Tables",
        ),
        inputs_md="results/{run}/tables/inputs.md",
        inputs_tex="results/{run}/tables/inputs.tex",
    log:
        "logs/{run}/count_supplied/all.log",
    benchmark:
        "benchmarks/{run}/count_supplied/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        wanted=[path for cell in PLAN.wanted for path in cell.paths.values()],
        others=find_others(PLAN),
    message:
        "Count the supplied generations"
    script:
        "../scripts/count_supplied.py"


rule score_supplied:
    input:
        questions=get_questions,
        generations=get_generations,
    output:
        scores=get_all_cells(
            "results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv",
            config["arms"],
        ),
    log:
        "logs/{run}/score_supplied/{scorer}.log",
    benchmark:
        "benchmarks/{run}/score_supplied/{scorer}.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        # tables/inputs.csv counts them
        partial=True,
    message:
        "Score the supplied generations: {wildcards.scorer}"
    script:
        "../scripts/score_generations.py"


onsuccess:
    print_counts(PLAN, config["run"])
