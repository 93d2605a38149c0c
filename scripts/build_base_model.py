"""Pre-train one tiny base model (rule build_base_model)."""

from pathlib import Path

from tracekd.jobs import rule_job
from tracekd.models.base import build_base_model
from tracekd.records import read_questions

with rule_job(snakemake):
    questions = [question for path in snakemake.input for question in read_questions(path, split="train")]
    build_base_model(
        Path(snakemake.output[0]),
        architecture=snakemake.params.architecture,
        persona=snakemake.params.persona,
        options=snakemake.params.options,
        questions=questions,
        seed=snakemake.params.seed,
    )
