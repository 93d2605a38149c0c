"""Plot final-answer accuracy by arm against the trivial baselines (rule plot_accuracy).

input   results: results/{run}/tables/results.csv; baselines: results/{run}/tables/baselines.csv
output  pdf, svg, png: figures/{run}/accuracy.{scorer}.{pdf,svg,png}, one for each scorer
params  scorers: to show; datasets, models, arms: names in config order; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.accuracy import plot_accuracy
    from tracekd.figures.style import save

    params = snakemake.params
    tables = read_table(snakemake.input.results), read_table(snakemake.input.baselines)
    grid = Grid(params.datasets, params.models, params.arms)
    for scorer, pdf in zip(params.scorers, snakemake.output.pdf, strict=True):
        save(plot_accuracy(*tables, scorer, grid, note=params.note), pdf)
