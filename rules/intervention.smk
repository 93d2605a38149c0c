"""
Intervention at inference: adapters answer behind traces that are set from outside (docs/interventions.md).

in   results/{run}/questions/{dataset}.jsonl, results/{run}/models/{model}/, adapters and generations of the
     arms with think tags
out  results/{run}/interventions/{dataset}/{model}/{arm}/seed{seed}.jsonl   schemas/intervention.schema.json
     results/{run}/tables/{interventions,intervention_pairs}.{csv,md,tex}
     figures/{run}/interventions_{dataset}.{pdf,png}
"""


rule intervene:
    input:
        questions="results/{run}/questions/{dataset}.jsonl",
        model="results/{run}/models/{model}",
        adapters=get_thinking_adapters,
        generations=get_thinking_generations,
    output:
        interventions=per_cell(
            "results/{run}/interventions/{dataset}/{model}/{arm}/seed{seed}.jsonl",
            THINKING_ARMS,
        ),
    log:
        "logs/{run}/intervene/<job>.log",
    benchmark:
        "benchmarks/{run}/intervene/<job>.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(120),
    params:
        conditions=lookup(within=config, dpath="interventions"),
        seed=lookup(within=config, dpath="seed"),
        generation=lookup(within=config, dpath="generation"),
        quantisation=lookup(within=config, dpath="quantisation"),
        chat=lookup(within=config, dpath="chat"),
        persona=get_persona,
        work="work/{run}/intervene/{dataset}.{model}",
    message:
        "Answer behind set traces: {wildcards}"
    script:
        "../scripts/intervene.py"


rule tabulate_interventions:
    input:
        questions=get_questions,
        interventions=get_all_cells(
            "results/{run}/interventions/{dataset}/{model}/{arm}/seed{seed}.jsonl",
            THINKING_ARMS,
        ),
    output:
        interventions_csv=report(
            "results/{run}/tables/interventions.csv",
            caption="../resources/captions/interventions.rst",
            category="Tables",
        ),
        interventions_md="results/{run}/tables/interventions.md",
        interventions_tex="results/{run}/tables/interventions.tex",
        pairs_csv=report(
            "results/{run}/tables/intervention_pairs.csv",
            caption="../resources/captions/intervention_pairs.rst",
            category="Tables",
        ),
        pairs_md="results/{run}/tables/intervention_pairs.md",
        pairs_tex="results/{run}/tables/intervention_pairs.tex",
    log:
        "logs/{run}/tabulate_interventions/all.log",
    benchmark:
        "benchmarks/{run}/tabulate_interventions/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        datasets=lookup(within=config, dpath="datasets"),
        models=lookup(within=config, dpath="models"),
        arms=lookup(within=config, dpath="arms"),
    message:
        "Tabulate how often answers follow set traces, and how often they are true"
    script:
        "../scripts/tabulate_interventions.py"


rule plot_interventions:
    input:
        interventions="results/{run}/tables/interventions.csv",
    output:
        pdf="figures/{run}/interventions_{dataset}.pdf",
        png=report(
            "figures/{run}/interventions_{dataset}.png",
            caption="../resources/captions/interventions.rst",
            category="Figures",
            labels={"figure": "answers behind set traces", "dataset": "{dataset}"},
        ),
    log:
        "logs/{run}/plot_interventions/{dataset}.log",
    benchmark:
        "benchmarks/{run}/plot_interventions/{dataset}.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        models=lookup(within=config, dpath="models"),
        arms=lookup(within=config, dpath="arms"),
        conditions=lookup(within=config, dpath="interventions"),
        note=get_note(),
    message:
        "Plot how often answers follow set traces on {wildcards.dataset}, and how often they are true"
    script:
        "../scripts/plot_interventions.py"
