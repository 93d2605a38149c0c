"""Intervention at inference: put a trace into the mouth of a trained model and read the answer that follows.

No correlation tells whether an answer is caused by its trace, for a right retrieval step holds the answer.
Here the trace is set from outside. An answer that is the one which the set trace implies, where that is not
the truth, was copied from it; a true answer behind a false trace ignored it.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracekd.core.errors import DataError
from tracekd.core.records import Generation, Intervention, Question
from tracekd.datasets import get_dataset
from tracekd.scoring.aligned import is_right, read_own_words
from tracekd.scoring.free_text import conclude
from tracekd.scoring.readings import parse_as_asked
from tracekd.traces.build import TEACHER_ARMS, build_trace
from tracekd.traces.prompts import THINK_CLOSE, THINK_OPEN

if TYPE_CHECKING:
    from tracekd.adapters.chat import Prompt


@dataclass(frozen=True, slots=True)
class Setting:
    """What the trace of one item may be made of.

    generated: what the model wrote for it by itself. pool: test questions to borrow from: a model has seen
    the traces of training questions. seed: of the run.
    """

    question: Question
    generated: str
    pool: Sequence[Question]
    seed: int


def _own(setting: Setting) -> str | None:
    """Give the reasoning that the model wrote itself; None where it closed no think tag."""
    head, closed, _ = setting.generated.partition(THINK_CLOSE)
    return head.rpartition(THINK_OPEN)[2].strip() if closed else None


def _foreign(setting: Setting) -> str | None:
    """Give the gold trace of another question of the class; None where there is no other."""
    asked = setting.question
    others = [one for one in setting.pool if one.class_label == asked.class_label and one.id != asked.id]
    if not others:
        return None
    other = random.Random(f"{setting.seed}/foreign/{asked.id}").choice(others)
    return build_trace(other, "correct", setting.seed).text


def _arm(arm: str) -> Callable[[Setting], str]:
    """Give the trace that an arm would train on; one draw of wrong class and facts serves all of them."""
    return lambda setting: build_trace(setting.question, arm, setting.seed, setting.pool).text


CONDITIONS: dict[str, Callable[[Setting], str | None]] = {
    "own": _own,
    "gold": _arm("correct"),
    "wrong_class": _arm("wrong_class"),
    "wrong_facts": _arm("wrong_facts"),
    "wrong_both": _arm("incorrect_matched"),
    "foreign": _foreign,
    "empty": _arm("empty_trace"),
    "filler": _arm("filler"),
}


@dataclass(frozen=True, slots=True)
class Prefill:
    """A trace to put before the answer of one item."""

    item: str
    condition: str
    trace: str

    @property
    def id(self) -> str:
        """Key of the intervention."""
        return f"{self.item}/{self.condition}"


def build_prefills(
    questions: Sequence[Question], generations: Iterable[Generation], conditions: Sequence[str], seed: int
) -> list[Prefill]:
    """Build the traces of all test questions under all conditions, question by question.

    An item is left out of a condition that it has no trace for (`own` where the model wrote none).

    Args:
        questions: of the test split.
        generations: what the model wrote for them by itself.
        conditions: names of `CONDITIONS`.
        seed: of the run; a trace depends on seed, item and pool, so it is the same for every model and arm.

    Raises DataError for a question without a generation.

    """
    texts = {generation.id: generation.text for generation in generations}
    prefills = []
    for question in questions:
        if question.id not in texts:
            raise DataError("the question has no generation", where=question.id, hint="generate anew")
        setting = Setting(question, texts[question.id], questions, seed)
        traces = {condition: CONDITIONS[condition](setting) for condition in conditions}
        prefills += [
            Prefill(question.id, condition, trace) for condition, trace in traces.items() if trace is not None
        ]
    return prefills


def join(
    prefills: Sequence[Prefill], prompts: "Sequence[Prompt]", generations: Sequence[Generation]
) -> list[Intervention]:
    """Put what was written behind each trace to it; all three in the same order."""
    return [
        Intervention(
            **{**generation.to_json(), "text": prompt.text.rpartition(THINK_CLOSE)[2] + generation.text},
            item=one.item,
            condition=one.condition,
            trace=one.trace,
        )
        for one, prompt, generation in zip(prefills, prompts, generations, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer against the truth and against its trace.

    answer: None where it cannot be read. implied: the answer that the facts in the trace imply, or, of a
    trace in free words, what it concludes; None where it names nothing of the kind.
    """

    item: str
    condition: str
    answer: frozenset[str] | None
    true: bool
    implied: frozenset[str] | None
    implied_true: bool | None
    follows: bool | None


def read_outcome(question: Question, intervention: Intervention, arm: str) -> Outcome:
    """Read trace and answer of one intervention as the `aligned` scorer reads a generation of the arm.

    Facts need not be of the question's own context: those of a foreign trace imply an answer, too.
    """
    turn = f"{THINK_OPEN}{intervention.trace}{THINK_CLOSE}{intervention.text}"
    found = parse_as_asked(question, turn)
    answer = read_own_words(question, turn, found.answer) if arm in TEACHER_ARMS else found.answer
    implied = _implied(question, intervention.trace, found.facts)
    return Outcome(
        item=question.id,
        condition=intervention.condition,
        answer=answer,
        true=answer is not None and is_right(question, answer),
        implied=implied,
        implied_true=None if implied is None else is_right(question, implied),
        follows=None if implied is None else answer == implied,
    )


def _implied(question: Question, trace: str, facts: frozenset[str] | None) -> frozenset[str] | None:
    """Name the answer that a trace implies: by its facts if it has a retrieval step, else by its words."""
    if facts is None:
        return conclude(question, trace)
    implied = get_dataset(question.dataset).implied_answer(question, facts) if facts else None
    # a fact of another form names no entity
    return None if implied is None or "" in implied else implied


def read_outcomes(
    questions: Iterable[Question], interventions: Iterable[Intervention], arm: str
) -> list[Outcome]:
    """Read all interventions on one adapter of an arm."""
    by_id = {question.id: question for question in questions}
    return [read_outcome(by_id[one.item], one, arm) for one in interventions]
