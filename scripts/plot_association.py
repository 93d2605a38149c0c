"""Plot what the association of trace and answer is made of (rule plot_association).

input   copying: results/{run}/tables/copying.csv
output  pdf, svg, png: figures/{run}/association.{pdf,svg,png}
params  datasets, models, arms: names in config order; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.association import plot_association
    from tracekd.figures.style import save

    params = snakemake.params
    figure = plot_association(
        read_table(snakemake.input.copying),
        Grid(params.datasets, params.models, params.arms),
        note=params.note,
    )
    save(figure, snakemake.output.pdf)
