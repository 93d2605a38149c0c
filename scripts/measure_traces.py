"""Measure length, facts, readability and correctness of an arm's training traces (rule measure_traces).

input   questions: results/{run}/questions/{dataset}.jsonl
        traces: results/{run}/traces/{dataset}/{arm}.jsonl
        model: results/{run}/models/{model}, whose tokenizer counts; none where the run has no models
output  properties: results/{run}/trace_properties/{dataset}/{arm}.csv
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job


def token_counter(model):
    """Give what counts the tokens of a text as the model in a folder reads it."""
    tokenizer = Tokenizer.from_file(str(Path(model) / "tokenizer.json"))
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


with rule_job(snakemake):
    from tokenizers import Tokenizer
    from tracekd.core.records import read_questions, read_traces
    from tracekd.traces.properties import measure, write_properties

    source = snakemake.input
    properties = measure(
        read_questions(source.questions, split="train"),
        read_traces(source.traces),
        token_counter(source.model) if source.model else None,
    )
    write_properties(properties, snakemake.output.properties)
