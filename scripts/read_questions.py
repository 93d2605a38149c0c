"""Read the raw files of one dataset into questions of both splits (rule read_questions)."""

from pathlib import Path

from tracekd.datasets import get_dataset
from tracekd.logs import logger, rule_log
from tracekd.records import write_records

with rule_log(snakemake.log[0]):
    dataset = get_dataset(snakemake.wildcards.dataset)
    questions = dataset.read(Path(snakemake.input.raw), snakemake.params.options, snakemake.params.seed)
    write_records(questions, snakemake.output.questions)
    logger.info("%d questions read", len(questions))
