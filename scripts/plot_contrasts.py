"""Plot the differences of arms under every judgement (rule plot_contrasts).

input   contrasts: results/{run}/tables/contrasts.csv
output  pdf, svg, png: figures/{run}/contrasts.{pdf,svg,png}
params  datasets, models, arms: names in config order; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.contrasts import plot_contrasts
    from tracekd.figures.style import save

    params = snakemake.params
    grid = Grid(params.datasets, params.models, params.arms)
    figure = plot_contrasts(read_table(snakemake.input.contrasts), grid, note=params.note)
    save(figure, snakemake.output.pdf)
