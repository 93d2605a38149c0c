"""
Trade-off: accuracy of every arm against how people rate its traces, joined by arm.

in   results/{run}/tables/results.csv
     resources/published_ratings.csv                  constants, with their sources
     results/{run}/tables/study_ratings.csv           where the run has a study
out  figures/{run}/trade_off_{dataset}.{pdf,svg,png}      study_SIMULATED_trade_off_… of simulated ratings
"""

from tracekd.workflow import study_analysis, trade_off

if trade_off.has_ratings(RUN):

    TARGETS += RUN.every(
        "figures/{run}/{trade_off}_{dataset}.pdf",
        trade_off=[trade_off.get_stem(RUN)],
        dataset=trade_off.get_rated_datasets(RUN),
    )

    pathvars:
        trade_off=trade_off.get_stem(RUN),

    rule plot_trade_off:
        input:
            results="results/{run}/tables/results.csv",
            published=paths.PUBLISHED_RATINGS,
            ratings=trade_off.get_own_ratings(RUN),
        output:
            **figure(
                "<trade_off>_{dataset}",
                "accuracy against ratings",
                caption="trade_off",
            ),
        conda:
            "../envs/plot.yaml"
        params:
            scorer=trade_off.get_scorer(RUN),
            note=study_analysis.get_note(RUN),
        message:
            "Plot the accuracy of {wildcards.dataset}'s arms against the ratings of their traces"
        script:
            "../scripts/plot_trade_off.py"
