"""Plot how often answers follow wrong traces (rule plot_follow_rate).

input   matrix: results/{run}/tables/trace_answer_matrix.csv; follow: results/{run}/tables/follow.csv
output  pdf, svg, png: figures/{run}/follow_rate.{pdf,svg,png}
params  scorer: of the matrices; datasets, models, arms: names in config order; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.follow_rate import plot_follow_rate
    from tracekd.figures.style import save

    params = snakemake.params
    figure = plot_follow_rate(
        read_table(snakemake.input.matrix),
        read_table(snakemake.input.follow),
        params.scorer,
        Grid(params.datasets, params.models, params.arms),
        note=params.note,
    )
    save(figure, snakemake.output.pdf)
