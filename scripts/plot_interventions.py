"""Plot answers after set traces of one dataset (rule plot_interventions).

input   interventions: results/{run}/tables/interventions.csv
output  pdf, svg, png: figures/{run}/interventions_{dataset}.{pdf,svg,png}
params  models, arms, conditions: names in config order; note
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.interventions import plot_interventions
    from tracekd.figures.style import save

    params, dataset = snakemake.params, snakemake.wildcards.dataset
    figure = plot_interventions(
        read_table(snakemake.input.interventions),
        dataset,
        params.conditions,
        Grid([dataset], params.models, params.arms),
        note=params.note,
    )
    save(figure, snakemake.output.pdf)
