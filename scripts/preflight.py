"""Check machine, base model and training set-up before the long jobs (rule preflight)."""

import json
from dataclasses import asdict
from pathlib import Path

from tracekd.adapters.chat import sft_conversations
from tracekd.adapters.preflight import check_all, require
from tracekd.core.files import atomic_write
from tracekd.core.logs import logger
from tracekd.core.records import read_questions, read_traces
from tracekd.models.loading import load_quantised, load_tokenizer
from tracekd.run.jobs import rule_job
from tracekd.settings.config import Chat, Quantisation
from tracekd.settings.training import TrainingPlan

# items of each dataset and arm that are looked at
SAMPLE = 8

with rule_job(snakemake):
    source, params = snakemake.input, snakemake.params
    questions = [question for path in source.questions for question in read_questions(path, split="train")]
    sample = [
        messages
        for path in source.traces
        for messages in sft_conversations(questions, read_traces(path)[:SAMPLE], params.persona)
    ]
    checks = []
    for check in check_all(
        load_quantised(source.model, Quantisation.model_validate(params.quantisation)),
        load_tokenizer(source.model),
        sample,
        TrainingPlan.model_validate(params.training).longest(params.target_modules),
        Chat.model_validate(params.chat),
        params.adapters,
        Path(snakemake.output.checks).parent,
    ):
        logger.info("%s: %s (%s)", check.name, check.measured, check.limit)
        require(check, where=source.model)
        checks.append(asdict(check))
    with atomic_write(snakemake.output.checks) as stream:
        json.dump(checks, stream, indent=2)
        stream.write("\n")
