"""Plot final-answer accuracy per class (rule plot_classes).

input   classes: results/{run}/tables/classes.csv
output  pdf, svg, png: figures/{run}/classes.{scorer}.{pdf,svg,png}, one for each scorer
params  scorers: to show; datasets, models, arms: names in config order; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.classes import plot_classes
    from tracekd.figures.style import save

    params = snakemake.params
    grid = Grid(params.datasets, params.models, params.arms)
    classes = read_table(snakemake.input.classes)
    for scorer, pdf in zip(params.scorers, snakemake.output.pdf, strict=True):
        save(plot_classes(classes, scorer, grid, note=params.note), pdf)
