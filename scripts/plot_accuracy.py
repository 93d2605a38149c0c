"""Plot final-answer accuracy by arm against the trivial baselines (rule plot_accuracy).

input   results: results/{run}/tables/results.csv; baselines: results/{run}/tables/baselines.csv
output  pdf, png: figures/{run}/accuracy.{scorer}.{pdf,png}
params  scorer: what to show; datasets, models, arms: names in config order; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.accuracy import plot_accuracy
    from tracekd.figures.style import save

    params = snakemake.params
    figure = plot_accuracy(
        read_table(snakemake.input.results),
        read_table(snakemake.input.baselines),
        params.scorer,
        Grid(params.datasets, params.models, params.arms),
        note=params.note,
    )
    save(figure, snakemake.output.pdf, snakemake.output.png)
