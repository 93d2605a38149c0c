"""Read the raw files of one dataset into questions of both splits (rule read_questions)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.logs import logger
    from tracekd.core.records import write_records
    from tracekd.datasets import get_dataset

    dataset = get_dataset(snakemake.wildcards.dataset)
    options = dataset.Options.model_validate(snakemake.params.options)
    questions = dataset.read(Path(snakemake.input.raw), options, snakemake.params.seed)
    write_records(questions, snakemake.output.questions)
    logger.info("%d questions read", len(questions))
