"""Read the raw files of one dataset into questions of both splits (rule read_questions)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.logs import logger
    from tracekd.core.records import write_records
    from tracekd.datasets import get_dataset
    from tracekd.datasets.splits import limit_questions
    from tracekd.settings.config import Limit

    dataset = get_dataset(snakemake.wildcards.dataset)
    options = dataset.Options.model_validate(snakemake.params.options)
    seed, limit = snakemake.params.seed, Limit.model_validate(snakemake.params.limit)
    questions = dataset.read(Path(snakemake.input.raw), options, seed)
    kept = limit_questions(questions, limit, seed)
    write_records(kept, snakemake.output.questions)
    logger.info("%d questions read, %d of them kept", len(questions), len(kept))
