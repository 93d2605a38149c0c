"""Plot what each quirk of the published scorer moves (rule plot_ablation).

input   ablation: results/{run}/tables/scorer_ablation.csv
output  pdf, png: figures/{run}/scorer_ablation_{dataset}.{pdf,png}
params  dataset: what to show; datasets, models, arms: names in config order; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.ablation import plot_ablation
    from tracekd.figures.style import save

    params = snakemake.params
    grid = Grid(params.datasets, params.models, params.arms)
    figure = plot_ablation(read_table(snakemake.input.ablation), params.dataset, grid, note=params.note)
    save(figure, snakemake.output.pdf, snakemake.output.png)
