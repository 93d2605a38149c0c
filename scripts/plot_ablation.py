"""Plot what each quirk of the published scorer moves (rule plot_ablation).

input   ablation: results/{run}/tables/scorer_ablation.csv
output  pdf, svg, png: figures/{run}/scorer_ablation_{dataset}.{pdf,svg,png}, one for each dataset
params  datasets, models, arms: names in config order; note: what is not real
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
    ablation = read_table(snakemake.input.ablation)
    for dataset, pdf in zip(params.datasets, snakemake.output.pdf, strict=True):
        save(plot_ablation(ablation, dataset, grid, note=params.note), pdf)
