"""
Dose and response: scores of the mixed and perturbed arms in, accuracy against the share of correct traces out.

in   results/{run}/scores/** of the arms with SFT, config/statistics.yaml
out  results/{run}/tables/dose.{csv,md,tex}          one row an arm, docs/dose.md
     results/{run}/tables/dose_trend.{csv,md,tex}    one row a dataset, model and scorer
     figures/{run}/dose.{scorer}.{pdf,png}
"""


rule tabulate_dose:
    input:
        scores=get_dose_scores,
        settings=STATISTICS,
    output:
        dose_csv=report(
            "results/{run}/tables/dose.csv",
            caption="../resources/captions/dose.rst",
            category="Tables",
        ),
        dose_md="results/{run}/tables/dose.md",
        dose_tex="results/{run}/tables/dose.tex",
        trend_csv=report(
            "results/{run}/tables/dose_trend.csv",
            caption="../resources/captions/dose_trend.rst",
            category="Tables",
        ),
        trend_md="results/{run}/tables/dose_trend.md",
        trend_tex="results/{run}/tables/dose_trend.tex",
    log:
        "logs/{run}/tabulate_dose/all.log",
    benchmark:
        "benchmarks/{run}/tabulate_dose/all.tsv"
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
        "Tabulate accuracy against the share of correct traces"
    script:
        "../scripts/tabulate_dose.py"


rule plot_dose:
    input:
        dose="results/{run}/tables/dose.csv",
        trend="results/{run}/tables/dose_trend.csv",
    output:
        pdf="figures/{run}/dose.{scorer}.pdf",
        png=report(
            "figures/{run}/dose.{scorer}.png",
            caption="../resources/captions/dose_figure.rst",
            category="Headline",
            labels={"figure": "dose and response, {scorer} scorer"},
        ),
    log:
        "logs/{run}/plot_dose/{scorer}.log",
    benchmark:
        "benchmarks/{run}/plot_dose/{scorer}.tsv"
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
        "Plot accuracy against the share of correct traces ({wildcards.scorer})"
    script:
        "../scripts/plot_dose.py"
