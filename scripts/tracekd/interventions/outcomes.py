"""What became of an intervention: one answer against the truth, and against what its trace implies."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracekd.core.records import Intervention, Question
from tracekd.datasets import get_dataset
from tracekd.datasets.free_text import conclude
from tracekd.datasets.interface import Answer
from tracekd.scoring.aligned import read_own_words
from tracekd.scoring.outputs import Parsed, parse_as_asked
from tracekd.traces.arms import Form, get_arm
from tracekd.traces.prompts import THINK_CLOSE, THINK_OPEN


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer against the truth and against its trace.

    answer: None where it cannot be read. implied: the answer that follows from what the trace states, or, of
    a trace in free words, what it concludes; None where it names nothing of the kind.
    """

    item: str
    condition: str
    answer: Answer | None
    true: bool
    implied: Answer | None
    implied_true: bool | None
    follows: bool | None


def read_outcome(question: Question, intervention: Intervention, arm: str) -> Outcome:
    """Read trace and answer of one intervention as the `aligned` scorer reads a generation of the arm.

    Facts need not be of the question's own context: those of a foreign trace imply an answer, too.
    """
    turn = f"{THINK_OPEN}{intervention.trace}{THINK_CLOSE}{intervention.text}"
    found = parse_as_asked(question, turn)
    free = get_arm(arm).form is Form.TEACHER
    answer = read_own_words(question, turn, found.answer) if free else found.answer
    implied = _implied(question, intervention.trace, found)
    is_right = get_dataset(question.dataset).is_right
    return Outcome(
        item=question.id,
        condition=intervention.condition,
        answer=answer,
        true=answer is not None and is_right(question, answer),
        implied=implied,
        implied_true=None if implied is None else is_right(question, implied),
        follows=None if implied is None else answer == implied,
    )


def _implied(question: Question, trace: str, found: Parsed) -> Answer | None:
    """Name the answer that a trace implies: by the step that an answer is taken from, else by its words."""
    dataset = get_dataset(question.dataset)
    stated = {name: value for name, value in found.stated.items() if value is not None}
    source = stated.get(dataset.source_step)
    if source is None:
        return conclude(question, trace)
    implied = dataset.implied_answer(question, stated) if source else None
    # a fact of another form names no entity
    return None if implied is None or "" in implied else implied


def read_outcomes(
    questions: Iterable[Question], interventions: Iterable[Intervention], arm: str
) -> list[Outcome]:
    """Read all interventions on one adapter of an arm."""
    by_id = {question.id: question for question in questions}
    return [read_outcome(by_id[one.item], one, arm) for one in interventions]
