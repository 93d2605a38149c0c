"""Plot accuracy against the share of correct traces (rule plot_dose).

input   dose, trend, contrasts: results/{run}/tables/dose.csv, dose_trend.csv and dose_contrasts.csv
output  pdf, svg, png: figures/{run}/dose.{scorer}.{pdf,svg,png}
params  datasets, models, arms: names in config order; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.dose import plot_dose
    from tracekd.figures.style import save

    params = snakemake.params
    figure = plot_dose(
        read_table(snakemake.input.dose),
        read_table(snakemake.input.trend),
        read_table(snakemake.input.contrasts),
        snakemake.wildcards.scorer,
        Grid(params.datasets, params.models, params.arms),
        note=params.note,
    )
    save(figure, snakemake.output.pdf)
