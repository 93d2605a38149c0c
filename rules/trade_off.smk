"""
Trade-off: accuracy of every arm against how people rate its traces, joined by arm.

in   results/{run}/tables/results.csv
     resources/published_ratings.csv                  constants, with their sources
     results/{run}/tables/study_ratings.csv           where the run has a study
out  figures/{run}/trade_off_{dataset}.{pdf,png}      study_SIMULATED_trade_off_… of simulated ratings
"""


pathvars:
    trade_off=TRADE_OFF,


rule plot_trade_off:
    input:
        results="results/{run}/tables/results.csv",
        published=PUBLISHED_RATINGS,
        ratings=get_study_ratings,
    output:
        pdf="figures/{run}/<trade_off>_{dataset}.pdf",
        png=report(
            "figures/{run}/<trade_off>_{dataset}.png",
            caption="../resources/captions/trade_off.rst",
            category="Figures",
            labels={"figure": "accuracy against ratings", "dataset": "{dataset}"},
        ),
    log:
        "logs/{run}/plot_trade_off/{dataset}.log",
    benchmark:
        "benchmarks/{run}/plot_trade_off/{dataset}.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        scorer=TRADE_OFF_SCORER,
        note=get_study_note(),
    message:
        "Plot the accuracy of {wildcards.dataset}'s arms against the ratings of their traces"
    script:
        "../scripts/plot_trade_off.py"
