"""The score of one generation, and the CSV file in which scores travel."""

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from tracekd.core.files import atomic_write


@dataclass(frozen=True, slots=True)
class Score:
    """What a scorer found: each step right or not; None where the arm has no such step.

    f1, precision and recall compare the answer with the gold answers as sets of items (as bags of tokens
    where the answer is free text). `parsed` tells whether the output had the form that was asked for.
    `rouge_l` is the F-measure of ROUGE-L, None where answers are no free text or the scorer does not
    count it.
    """

    id: str
    class_label: str
    answer_ok: bool
    f1: float
    precision: float
    recall: float
    class_ok: bool | None
    facts_ok: bool | None
    trace_ok: bool | None
    parsed: bool
    rouge_l: float | None = None


COLUMNS = tuple("class" if f.name == "class_label" else f.name for f in fields(Score))


def write_scores(scores: Iterable[Score], path: str | Path) -> None:
    """Write one line an item: flags as 0/1, empty where there is no such step, fractions in full."""
    with atomic_write(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(map(_cells, scores))


def _cells(score: Score) -> list[str]:
    """Format one score."""
    return [_cell(value) for value in astuple(score)]


def _cell(value: str | bool | float | None) -> str:
    """Format one value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return repr(value) if isinstance(value, float) else value
