"""
Dose and response: scores of the mixed and perturbed arms in, accuracy against the share of correct traces out.

in   results/{run}/scores/** of the arms with SFT, results/{run}/questions/{dataset}.jsonl, config/statistics.yaml
out  results/{run}/tables/dose.{csv,md}          one row per arm, docs/dose.md
     results/{run}/tables/dose_trend.{csv,md}    one row per dataset, model and scorer
     results/{run}/tables/dose_contrasts.{csv,md}    one row per share and the next one
     figures/{run}/dose.{scorer}.{pdf,svg,png}
"""

from tracekd.workflow import dose

if dose.has_dose(RUN):

    TARGETS += RUN.every(
        "results/{run}/tables/dose.csv",
        "results/{run}/tables/dose_trend.csv",
        "results/{run}/tables/dose_contrasts.csv",
        "figures/{run}/dose.{scorer}.pdf",
    )

    rule tabulate_dose:
        input:
            scores=RUN.get_scores(RUN.sft_arms),
            questions=RUN.every(paths.QUESTIONS),
            settings=paths.STATISTICS,
        output:
            **tables("dose", trend="dose_trend", contrasts="dose_contrasts"),
        conda:
            "../envs/plot.yaml"
        params:
            **GRID,
        message:
            "Tabulate accuracy against the share of correct traces"
        script:
            "../scripts/tabulate_dose.py"

    rule plot_dose:
        input:
            dose="results/{run}/tables/dose.csv",
            trend="results/{run}/tables/dose_trend.csv",
            contrasts="results/{run}/tables/dose_contrasts.csv",
        output:
            **figure(
                "dose.{scorer}",
                "dose and response",
                caption="dose_figure",
                category="Headline",
            ),
        conda:
            "../envs/plot.yaml"
        params:
            **GRID,
            note=RUN.note,
        message:
            "Plot accuracy against the share of correct traces ({wildcards.scorer})"
        script:
            "../scripts/plot_dose.py"
