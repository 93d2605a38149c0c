"""
Statistics: item scores in; association of trace and answer, paired comparisons and their forest plot out.

in   results/{run}/scores/**, config/statistics.yaml (alpha, margins, families)
out  results/{run}/tables/statistics.{csv,md,tex}     one 2x2 table a row, docs/statistics.md
     results/{run}/tables/comparisons.{csv,md,tex}    arms and models on the same items
     figures/{run}/forest.{pdf,png}
"""

STATISTICS = "config/statistics.yaml"


rule tabulate_statistics:
    input:
        scores=get_scores,
        settings=STATISTICS,
    output:
        statistics_csv=report(
            "results/{run}/tables/statistics.csv",
            caption="../resources/captions/statistics.rst",
            category="Tables",
        ),
        statistics_md="results/{run}/tables/statistics.md",
        statistics_tex="results/{run}/tables/statistics.tex",
        comparisons_csv=report(
            "results/{run}/tables/comparisons.csv",
            caption="../resources/captions/comparisons.rst",
            category="Tables",
        ),
        comparisons_md="results/{run}/tables/comparisons.md",
        comparisons_tex="results/{run}/tables/comparisons.tex",
    log:
        "logs/{run}/tabulate_statistics/all.log",
    benchmark:
        "benchmarks/{run}/tabulate_statistics/all.tsv"
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
        "Test the association of trace and answer, and compare arms and models on the same items"
    script:
        "../scripts/tabulate_statistics.py"


rule plot_forest:
    input:
        statistics="results/{run}/tables/statistics.csv",
        settings=STATISTICS,
    output:
        pdf="figures/{run}/forest.pdf",
        png=report(
            "figures/{run}/forest.png",
            caption="../resources/captions/forest.rst",
            category="Figures",
            labels={"figure": "association of trace and answer"},
        ),
    log:
        "logs/{run}/plot_forest/all.log",
    benchmark:
        "benchmarks/{run}/plot_forest/all.tsv"
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
        "Plot phi of trace and answer with its intervals"
    script:
        "../scripts/plot_forest.py"
