"""Plot the training losses of all adapters (rule plot_losses).

input   logs: results/{run}/adapters/{dataset}/{model}/{arm}/seed{seed}/training_log.csv, all of the run
output  pdf, svg, png: figures/{run}/losses.{pdf,svg,png}
params  datasets, models, arms: names in config order; note: what is not real
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.datasets.rows import Grid
    from tracekd.figures.losses import plot_losses, read_training_logs
    from tracekd.figures.style import save

    params = snakemake.params
    grid = Grid(params.datasets, params.models, params.arms)
    figure = plot_losses(read_training_logs(snakemake.input.logs), grid, note=params.note)
    save(figure, snakemake.output.pdf)
