"""Plot phi of trace and answer with its intervals (rule plot_forest).

input   statistics: results/{run}/tables/statistics.csv; settings: config/statistics.yaml
output  pdf, svg, png: figures/{run}/forest.{pdf,svg,png}
params  datasets, models, arms: names in config order; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.forest import plot_forest
    from tracekd.figures.style import save
    from tracekd.statistics.settings import read_settings

    params = snakemake.params
    figure = plot_forest(
        read_table(snakemake.input.statistics),
        read_settings(snakemake.input.settings).margins.phi,
        Grid(params.datasets, params.models, params.arms),
        note=params.note,
    )
    save(figure, snakemake.output.pdf)
