"""How much the experiment reads and writes under one adapter: what a forecast of it rests on."""

from typing import NamedTuple

from tracekd.experiment.design import crossing, written_traces
from tracekd.settings.experiment import Experiment

# of CoTempQA: tokens of a set trace, and of an answer that is weighed behind it
TRACE_TOKENS, ANSWER_TOKENS = 70, 8
# behind all traces of a context but the first
ANSWERS = 2


class Effort(NamedTuple):
    """Tokens that are read, and traces that are written, for all items of a dataset."""

    tokens: float
    written: float


def count_effort(settings: Experiment, test: float, question_tokens: float, has_tags: bool) -> Effort:
    """Count what is asked of one adapter; of one without think tags only the answers behind no trace.

    Args:
        settings: of the experiment.
        test: test questions of the dataset.
        question_tokens: mean tokens of a question with its context.
        has_tags: whether the adapter's arm writes traces.

    """
    items = min(settings.items or test, test)
    probed = min(settings.battery_items or items, items)
    plain = settings.model_copy(update={"battery": []})
    parts = [(items - probed, plain), (probed, settings)]
    tokens = written = 0.0
    for count, asked in parts:
        for traces in crossing(asked).values():
            behind = len(traces) if has_tags else 1
            tokens += count * (question_tokens + behind * (TRACE_TOKENS + ANSWERS * ANSWER_TOKENS))
        written += count * len(written_traces(asked)) * has_tags
    return Effort(tokens, written)
