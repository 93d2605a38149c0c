"""What sets kinds of traces apart, measured on every training trace: length, facts, readability, truth.

Readability is Flesch's formula (1948) and its grade level (Kincaid et al. 1975): lengths of words and
sentences, blind to what a reader understands.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import textstat

from tracekd.core.normalise import normalise_answer
from tracekd.core.records import Question, Trace
from tracekd.core.texts import write_rows
from tracekd.datasets import get_dataset


@dataclass(frozen=True, slots=True)
class Properties:
    """Of one training trace.

    `tokens` is None without a tokenizer. `facts` counts the context facts that the trace mentions, of
    `context`; `gold_facts` is the share of the gold ones among them, None where there is none. Readability is
    None for an empty trace. `verified` is the verifier's verdict: every step right, or, of a trace in free
    words, that it concludes in the gold answer; None where there is nothing to verify.
    """

    id: str
    words: int
    tokens: int | None
    context: int
    facts: int
    gold_facts: float | None
    reading_ease: float | None
    grade: float | None
    verified: bool | None


COLUMNS = tuple(field.name for field in fields(Properties))


def measure(
    questions: Sequence[Question],
    traces: Iterable[Trace],
    count_tokens: Callable[[str], int] | None = None,
) -> list[Properties]:
    """Measure every trace, in order.

    Args:
        questions: those that the traces belong to.
        traces: of one arm, with verdicts.
        count_tokens: of a text, as a model reads it.

    """
    by_id = {question.id: question for question in questions}
    return [_measure_one(by_id[trace.id], trace, count_tokens) for trace in traces]


def _measure_one(question: Question, trace: Trace, count_tokens: Callable[[str], int] | None) -> Properties:
    """Measure one trace."""
    mentioned = mentioned_facts(question, trace.text)
    gold = frozenset(question.gold_facts)
    verdicts = [verdict for verdict in (trace.verdict or {}).values() if verdict is not None]
    return Properties(
        id=trace.id,
        words=len(trace.text.split()),
        tokens=count_tokens(trace.text) if count_tokens else None,
        context=len(question.context),
        facts=len(mentioned),
        gold_facts=len(gold & mentioned) / len(gold) if gold else None,
        reading_ease=textstat.flesch_reading_ease(trace.text) if trace.text else None,
        grade=textstat.flesch_kincaid_grade(trace.text) if trace.text else None,
        verified=all(verdicts) if verdicts else None,
    )


def mentioned_facts(question: Question, text: str) -> frozenset[int]:
    """Find the context facts that a text quotes, or of which it names what they offer as an answer."""
    dataset, words = get_dataset(question.dataset), f" {normalise_answer(text)} "
    return frozenset(
        index
        for index, (fact, name) in enumerate(zip(question.context, dataset.candidates(question), strict=True))
        if any(part and f" {part} " in words for part in map(normalise_answer, (fact, name)))
    )


def write_properties(properties: Iterable[Properties], path: str | Path) -> None:
    """Write one line a trace: flags as 0/1, None as nothing."""
    write_rows(map(astuple, properties), path, COLUMNS)
