"""
Readings: what each trace names, what follows from it, and what the answer makes of it.

in   results/{run}/questions/{dataset}.jsonl, generations of the arms with both steps,
     results/{run}/tables/trace_answer_matrix.csv
out  results/{run}/readings/{dataset}/{model}/{arm}/seed{seed}.csv     one line a generation and way of reading
     results/{run}/tables/{follow,copying,definitions}.{csv,md,tex}
     figures/{run}/follow_rate.{pdf,png}, figures/{run}/association.{pdf,png}
"""


rule derive_readings:
    input:
        questions=get_questions,
        generations=get_all_cells(
            "results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl",
            TRACED_ARMS,
        ),
    output:
        readings=get_all_cells(
            "results/{run}/readings/{dataset}/{model}/{arm}/seed{seed}.csv",
            TRACED_ARMS,
        ),
    log:
        "logs/{run}/derive_readings/all.log",
    benchmark:
        "benchmarks/{run}/derive_readings/all.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    message:
        "Read what each trace names and whether its answer follows"
    script:
        "../scripts/derive_readings.py"


rule tabulate_readings:
    input:
        readings=rules.derive_readings.output.readings,
        matrix="results/{run}/tables/trace_answer_matrix.csv",
    output:
        follow_csv=report(
            "results/{run}/tables/follow.csv",
            caption="../resources/captions/follow.rst",
            category="Tables",
        ),
        follow_md="results/{run}/tables/follow.md",
        follow_tex="results/{run}/tables/follow.tex",
        copying_csv=report(
            "results/{run}/tables/copying.csv",
            caption="../resources/captions/copying.rst",
            category="Tables",
        ),
        copying_md="results/{run}/tables/copying.md",
        copying_tex="results/{run}/tables/copying.tex",
        definitions_csv=report(
            "results/{run}/tables/definitions.csv",
            caption="../resources/captions/definitions.rst",
            category="Tables",
        ),
        definitions_md="results/{run}/tables/definitions.md",
        definitions_tex="results/{run}/tables/definitions.tex",
    log:
        "logs/{run}/tabulate_readings/all.log",
    benchmark:
        "benchmarks/{run}/tabulate_readings/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        datasets=lookup(within=config, dpath="datasets"),
        models=lookup(within=config, dpath="models"),
        arms=lookup(within=config, dpath="arms"),
    message:
        "Tabulate follow rates, copying and definitions of a correct trace"
    script:
        "../scripts/tabulate_readings.py"


rule plot_follow_rate:
    input:
        matrix="results/{run}/tables/trace_answer_matrix.csv",
        follow="results/{run}/tables/follow.csv",
    output:
        pdf="figures/{run}/follow_rate.pdf",
        png=report(
            "figures/{run}/follow_rate.png",
            caption="../resources/captions/follow_rate.rst",
            category="Headline",
            labels={"figure": "does the answer follow the trace"},
        ),
    log:
        "logs/{run}/plot_follow_rate/all.log",
    benchmark:
        "benchmarks/{run}/plot_follow_rate/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        # the scorer that the run names first draws the matrices
        scorer=lookup(within=config, dpath="scorers/0"),
        datasets=lookup(within=config, dpath="datasets"),
        models=lookup(within=config, dpath="models"),
        arms=lookup(within=config, dpath="arms"),
        note=get_note(),
    message:
        "Plot how often answers follow wrong traces"
    script:
        "../scripts/plot_follow_rate.py"


rule plot_association:
    input:
        copying="results/{run}/tables/copying.csv",
    output:
        pdf="figures/{run}/association.pdf",
        png=report(
            "figures/{run}/association.png",
            caption="../resources/captions/association.rst",
            category="Figures",
            labels={"figure": "what the association is made of"},
        ),
    log:
        "logs/{run}/plot_association/all.log",
    benchmark:
        "benchmarks/{run}/plot_association/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        datasets=lookup(within=config, dpath="datasets"),
        models=lookup(within=config, dpath="models"),
        arms=lookup(within=config, dpath="arms"),
        note=get_note(),
    message:
        "Plot what the association of trace and answer is made of"
    script:
        "../scripts/plot_association.py"
