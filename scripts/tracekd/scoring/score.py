"""The score of one generation, and the CSV file in which scores travel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracekd.core.texts import write_rows


@dataclass(frozen=True, slots=True)
class Score:
    """What a scorer found.

    Args:
        id, class_label: of the question.
        answer_ok: whether the final answer is right.
        measures: numbers that the scorer adds, each in [0, 1]; None where it has no value for the item.
        steps: whether each step of the trace is right; None where the item enters no matrix. Steps that the
            arm does not have are not there.
        readable: whether the output had the form that was asked for.

    """

    id: str
    class_label: str
    answer_ok: bool
    measures: Mapping[str, float | None]
    steps: Mapping[str, bool | None]
    readable: bool

    @property
    def trace_ok(self) -> bool | None:
        """Whether all steps are right; None without a step."""
        judged = [ok for ok in self.steps.values() if ok is not None]
        return all(judged) if judged else None


def write_scores(
    scores: Iterable[Score], path: str | Path, measures: Sequence[str], steps: Sequence[str]
) -> None:
    """Write one line per item: flags as 0/1, empty where there is no such step, fractions in full.

    Columns: id, class, answer_ok, the measures of the scorer, `{step}_ok` of every step of the dataset,
    trace_ok, readable.
    """
    columns = [
        "id",
        "class",
        "answer_ok",
        *measures,
        *[f"{step}_ok" for step in steps],
        "trace_ok",
        "readable",
    ]
    rows = (
        (
            score.id,
            score.class_label,
            score.answer_ok,
            *(_fraction(score.measures.get(name)) for name in measures),
            *(score.steps.get(name) for name in steps),
            score.trace_ok,
            score.readable,
        )
        for score in scores
    )
    write_rows(rows, path, columns)


def _fraction(value: float | None) -> float | None:
    """Give a number as a fraction: a judge may count in whole numbers."""
    return None if value is None else float(value)
