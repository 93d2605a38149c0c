"""Tabulate the settings of training and generation (rule tabulate_hyperparameters).

input   none
output  csv, md, tex: results/{run}/tables/hyperparameters.{csv,md,tex}
params  training, quantisation, generation: these sections of the config
        models: what the registry says of each model's persona and target modules
log     [0]
"""

from tracekd.run.jobs import rule_job
from tracekd.tables.hyperparameters import hyperparameters_table, show_hyperparameters
from tracekd.tables.write import write_table

CAPTION = "Settings of training, quantisation and generation."

with rule_job(snakemake):
    params, output = snakemake.params, snakemake.output
    sections = {
        "training": params.training,
        "quantisation": params.quantisation,
        "generation": params.generation,
        "models": params.models,
    }
    table = hyperparameters_table(sections)
    write_table(
        table, show_hyperparameters(table), csv=output.csv, md=output.md, tex=output.tex, caption=CAPTION
    )
