"""Plot final-answer accuracy per class (rule plot_classes).

input   classes: results/{run}/tables/classes.csv
output  pdf, png: figures/{run}/classes.{pdf,png}
params  scorer: what to show; datasets, models, arms: names in config order; simulated: true for the demo
log     [0]
"""

import pandas as pd
from tracekd.figures.classes import plot_classes
from tracekd.figures.style import save
from tracekd.logs import rule_log
from tracekd.tables.order import Grid

with rule_log(snakemake.log[0]):
    params = snakemake.params
    grid = Grid(params.datasets, params.models, params.arms)
    figure = plot_classes(
        pd.read_csv(snakemake.input.classes), params.scorer, grid, simulated=params.simulated
    )
    save(figure, snakemake.output.pdf, snakemake.output.png)
