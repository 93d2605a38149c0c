"""Intervention at inference: put a trace into the mouth of a trained model and read the answer that follows.

No correlation tells whether an answer is caused by its trace, for a right retrieval step contains the answer.
Here the trace is set from outside. An answer that is the one which the set trace implies, where that is not
the truth, was copied from it; a true answer behind a false trace ignored it.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracekd.core.errors import DataError
from tracekd.core.records import Generation, Intervention, Question
from tracekd.core.registry import Registry
from tracekd.datasets.interface import Dataset
from tracekd.traces.arms import get_arm
from tracekd.traces.build import build_trace
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
    """Give the reasoning that the model wrote itself; None where it closed no think tag.

    With the line break that may end its last step: without it the model would answer behind other tokens.
    """
    head, closed, _ = setting.generated.partition(THINK_CLOSE)
    return head.rpartition(THINK_OPEN)[2] if closed else None


def _foreign(setting: Setting) -> str | None:
    """Give the gold trace of another question of the class; None where there is no other."""
    asked = setting.question
    others = [one for one in setting.pool if one.class_label == asked.class_label and one.id != asked.id]
    if not others:
        return None
    other = random.Random(f"{setting.seed}/foreign/{asked.id}").choice(others)
    return build_trace(other, "correct", setting.seed).text


@dataclass(frozen=True, slots=True)
class Condition:
    """One way to set a trace.

    Args:
        name: in configs and tables.
        title: in tables and figures.
        arm: whose trace is set; None where `write` says it.
        write: gives the trace; None where an item has none.

    """

    name: str
    title: str
    arm: str | None = None
    write: Callable[[Setting], str | None] | None = None

    def prefill(self, setting: Setting) -> str | None:
        """Give the trace of an item; one draw of wrong steps serves all conditions and arms."""
        if self.write:
            return self.write(setting)
        return build_trace(setting.question, str(self.arm), setting.seed, setting.pool).text

    def check_dataset(self, dataset: Dataset) -> None:
        """Raise ConfigError where the arm of this condition has no trace for a dataset."""
        if self.arm:
            get_arm(self.arm).truths(dataset)


CONDITIONS: Registry[Condition] = Registry("condition")


def add_condition(condition: Condition) -> None:
    """Add a condition."""
    CONDITIONS.add(condition.name, lambda: condition)


def condition_title(name: str) -> str:
    """Write a condition for readers."""
    return CONDITIONS.get(name).title


for _condition in (
    Condition("own", "own trace", write=_own),
    Condition("gold", "gold trace", arm="correct"),
    Condition("wrong_class", "wrong class", arm="wrong_class"),
    Condition("wrong_facts", "wrong facts", arm="wrong_facts"),
    Condition("wrong_both", "both wrong", arm="incorrect_matched"),
    Condition("foreign", "foreign trace", write=_foreign),
    Condition("empty", "empty trace", arm="empty_trace"),
    Condition("filler", "filler", arm="filler"),
):
    add_condition(_condition)


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
        traces = {condition: CONDITIONS.get(condition).prefill(setting) for condition in conditions}
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
