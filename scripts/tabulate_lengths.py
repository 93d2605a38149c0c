"""Tabulate how long the training examples are, and how many are cut (rule tabulate_lengths).

input   lengths: results/{run}/preflight/{model}.csv, one file per model
output  csv, md: results/{run}/tables/lengths.{csv,md}
params  datasets, models, arms: names in config order
log     [0]
"""

from tracekd.run.jobs import rule_job

CAPTION = (
    "Training examples: the longest in tokens, and how many are cut at max_length, which takes their answer "
    "and end token away."
)

with rule_job(snakemake):
    from tracekd.datasets.rows import Grid
    from tracekd.tables.lengths import lengths_table, show_lengths
    from tracekd.tables.write import write_table

    params, output = snakemake.params, snakemake.output
    table = lengths_table(snakemake.input.lengths, Grid(params.datasets, params.models, params.arms))
    write_table(table, show_lengths(table), csv=output.csv, md=output.md, caption=CAPTION)
