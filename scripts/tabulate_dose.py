"""Tabulate accuracy against the share of correct traces (rule tabulate_dose).

input   scores: results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv of the arms with SFT
        questions: .../questions/{dataset}.jsonl
        settings: config/statistics.yaml
output  dose_csv, dose_md: .../tables/dose.{csv,md}
        trend_csv, trend_md: .../tables/dose_trend.{csv,md}
        contrasts_csv, contrasts_md: .../tables/dose_contrasts.{csv,md}
params  datasets, models, arms: names in config order
log     [0]
"""

from tracekd.run.jobs import rule_job

INTERVALS = "95 % intervals over seeds and clusters of items (docs/dose.md)."
CAPTIONS = {
    "dose": (
        "Final-answer accuracy by what the training traces are, mean over seeds; n test items per seed; "
        f"{INTERVALS} Steps: share of outputs in which they are right."
    ),
    "trend": (
        "Trend over the shares of correct traces, from none to all: slope of accuracy in points, "
        f"{INTERVALS} Odds ratio of a right answer with 95 % interval and p: logistic regression by "
        "generalised estimating equations, questions about one thing as a cluster."
    ),
    "contrasts": (
        f"Each share of correct traces against the next one: difference in accuracy, {INTERVALS} Beyond a "
        "line: by how much this step rises more than the straight line from none to all would. Change point: "
        "the step of the greatest excess, where its p, by Holm over the steps, is below 5 %."
    ),
}

with rule_job(snakemake):
    from tracekd.datasets.anchors import join_anchors
    from tracekd.datasets.rows import Grid
    from tracekd.statistics.settings import read_settings
    from tracekd.tables.dose import dose_tables, show_contrasts, show_dose, show_trend
    from tracekd.tables.estimates import exact_p_values
    from tracekd.tables.scores import read_scores
    from tracekd.tables.write import table_paths, write_table

    grid = Grid(snakemake.params.datasets, snakemake.params.models, snakemake.params.arms)
    settings = read_settings(snakemake.input.settings)
    scores = join_anchors(read_scores(snakemake.input.scores), snakemake.input.questions)
    arms, trends, contrasts = dose_tables(scores, grid, settings)
    shown = {
        "dose": (arms, show_dose(arms)),
        "trend": (exact_p_values(trends), show_trend(trends)),
        "contrasts": (exact_p_values(contrasts), show_contrasts(contrasts)),
    }
    for name, tables in shown.items():
        write_table(*tables, **table_paths(snakemake.output, name), caption=CAPTIONS[name])
