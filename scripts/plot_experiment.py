"""Plot what set traces and contexts do to the answers on one dataset (rule plot_experiment).

input   effects: results/{run}/tables/experiment_effects.csv
output  pdf, svg, png: figures/{run}/experiment_{dataset}.{pdf,svg,png}
params  models, arms: names in config order; experiment; note
log     [0]
"""

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.datasets.rows import Grid
    from tracekd.figures.experiment import plot_experiment
    from tracekd.figures.style import save
    from tracekd.settings.experiment import Experiment

    params, dataset = snakemake.params, snakemake.wildcards.dataset
    figure = plot_experiment(
        read_table(snakemake.input.effects),
        dataset,
        Experiment.model_validate(params.experiment).traces,
        Grid([dataset], params.models, params.arms),
        note=params.note,
    )
    save(figure, snakemake.output.pdf)
