"""Tabulate the settings of training and generation (rule tabulate_hyperparameters).

input   none
output  csv, md: results/{run}/tables/hyperparameters.{csv,md}
params  training, quantisation, generation: these sections of the config
        models: what the registry says of each model's persona and target modules
log     [0]
"""

from tracekd.run.jobs import rule_job

CAPTION = "Settings of training, quantisation and generation."

with rule_job(snakemake):
    from tracekd.settings.config import Generation, Quantisation
    from tracekd.settings.training import TrainingPlan
    from tracekd.tables.hyperparameters import hyperparameters_table, show_hyperparameters
    from tracekd.tables.write import write_table

    params, output = snakemake.params, snakemake.output
    sections = {
        "training": TrainingPlan.model_validate(params.training).model_dump(exclude_none=True),
        "quantisation": Quantisation.model_validate(params.quantisation).model_dump(),
        "generation": Generation.model_validate(params.generation).model_dump(),
        "models": params.models,
    }
    table = hyperparameters_table(sections)
    write_table(table, show_hyperparameters(table), csv=output.csv, md=output.md, caption=CAPTION)
