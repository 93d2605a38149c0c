"""Check machine, base model and training set-up before the long jobs (rule preflight)."""

import json
from dataclasses import asdict, astuple, fields
from itertools import chain
from pathlib import Path

from tracekd.run.jobs import rule_job

# items of each dataset and arm that are looked at closely
SAMPLE = 8

with rule_job(snakemake):
    from tracekd.adapters.chat import sft_conversations
    from tracekd.adapters.preflight import Lengths, check_all, check_cut, measure_lengths, require
    from tracekd.core.files import atomic_write
    from tracekd.core.logs import logger
    from tracekd.core.records import read_questions, read_traces
    from tracekd.core.texts import write_rows
    from tracekd.models.loading import load_quantised, load_tokenizer
    from tracekd.settings.config import Chat, Quantisation
    from tracekd.settings.training import TrainingPlan

    source, params, output = snakemake.input, snakemake.params, snakemake.output
    plan = TrainingPlan.model_validate(params.training)
    chat = Chat.model_validate(params.chat)
    tokenizer = load_tokenizer(source.model)
    questions = [question for path in source.questions for question in read_questions(path, split="train")]
    sample, lengths = [], []
    for path in map(Path, source.traces):
        dataset, arm = path.parent.name, path.stem
        conversations = sft_conversations(questions, read_traces(path), params.persona)
        sample += conversations[:SAMPLE]
        max_length = plan.of(dataset, arm, params.target_modules).max_length
        lengths.append(measure_lengths(tokenizer, dataset, arm, conversations, max_length, chat))
    write_rows(map(astuple, lengths), output.lengths, [field.name for field in fields(Lengths)])
    checks = []
    for check in chain(
        [check_cut(lengths, plan.max_cut)],
        check_all(
            load_quantised(source.model, Quantisation.model_validate(params.quantisation)),
            tokenizer,
            sample,
            plan.longest(params.target_modules),
            chat,
            params.adapters,
            Path(output.checks).parent,
        ),
    ):
        logger.info("%s: %s (%s)", check.name, check.measured, check.limit)
        require(check, where=source.model)
        checks.append(asdict(check))
    with atomic_write(output.checks) as stream:
        json.dump(checks, stream, indent=2)
        stream.write("\n")
