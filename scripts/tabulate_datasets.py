"""Tabulate the datasets (rule tabulate_datasets).

input   questions: results/{run}/questions/{dataset}.jsonl, one file per dataset in config order
output  csv, md: results/{run}/tables/datasets.{csv,md}
params  licences: licence by dataset, {} if none is known
        limits: part of a dataset that the run takes, by dataset
log     [0]
"""

from itertools import chain

from tracekd.run.jobs import rule_job

CAPTION = "Questions per class and split; facts, gold facts and gold answers are means per question."

with rule_job(snakemake):
    from tracekd.core.records import read_questions
    from tracekd.settings.config import Limit
    from tracekd.tables.datasets import datasets_table, show_datasets
    from tracekd.tables.write import write_table

    questions = list(chain.from_iterable(map(read_questions, snakemake.input.questions)))
    limits = {name: Limit.model_validate(one) for name, one in snakemake.params.limits.items()}
    table = datasets_table(questions, snakemake.params.licences, limits)
    output = snakemake.output
    write_table(table, show_datasets(table), csv=output.csv, md=output.md, caption=CAPTION)
