"""What a dataset is: its steps, and everything that only it knows about its questions and answers.

A dataset of a user's own is one subclass of `Dataset` (docs/extending.md). What only some jobs need stands
beside it: its independent verifier, a simulator, its rules for the published scorer.
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from tracekd.core.normalise import normalise_answer, normalise_answers
from tracekd.core.records import Question
from tracekd.settings.base import Settings

# an answer: its items, normalised
Answer = frozenset[str]
# what a step states: a text, or texts in context order; read back, texts are a set
Value = str | tuple[str, ...] | frozenset[str]

# letters of a word that may tell what a question is about; most shorter ones tell nothing
LONG_WORD = 4


@dataclass(frozen=True, slots=True)
class Step:
    """One rule-checkable part of a trace: how it is written, read back, judged, and made wrong.

    Args:
        name: stem of the columns about it: `{name}_ok`, `{name}_acc`, `phi_{name}`.
        title: in tables and figures, before the word "step".
        asks: the question that it settles, e.g. `of which class is the question?`.
        opening: the fixed words that it begins with.
        write: words of a value, behind the opening, with the line break that ends the step if it has one.
        gold: the right value for a question.
        wrong: draws a wrong value in the very form of a right one (question, random numbers, questions from
            which texts may be borrowed).
        parse: reads the value out of a closed reasoning text; None where there is none.
        is_right: whether a value that was read is the right one; equality with `gold` where not given.
        practice: draws any value, right or wrong, for the tiny models' exercises in form; `gold` where not
            given.
        quotes: whether a value is a set of context facts, word for word.
        lenient: other ways to read a value out of a whole output, by the names of `scoring.readings.WAYS`.
        rewording: other words that say what `opening` says, for a paraphrase; empty where there are none.

    """

    name: str
    title: str
    asks: str
    opening: str
    write: Callable[[Value], str]
    gold: Callable[[Question], Value]
    wrong: Callable[[Question, random.Random, Sequence[Question]], Value]
    parse: Callable[[str], Value | None]
    is_right: Callable[[Question, Value], bool] | None = None
    practice: Callable[[Question, random.Random], Value] | None = None
    quotes: bool = False
    lenient: Mapping[str, Callable[[Question, str], Value | None]] = field(default_factory=dict)
    rewording: str = ""

    def render(self, value: Value) -> str:
        """Write the step."""
        return self.opening + self.write(value)

    def paraphrase(self, value: Value) -> str:
        """Write the step in other words; only what it states stays word for word."""
        return self.rewording + self.write(value)

    def judge(self, question: Question, value: Value | None) -> bool:
        """Tell whether a value that was read is right; one that is not there is wrong."""
        if value is None:
            return False
        return self.is_right(question, value) if self.is_right else value == self.gold(question)


class Dataset(ABC):
    """A question-answering dataset whose traces can be checked by rules.

    `steps` are in the order in which a trace states them. `alternatives`: any one gold answer is right, and
    answers are free text; else all gold answers are asked for. `implied_by`: the step from whose value alone
    an answer follows, if there is one. `Options`: what a registry entry may say to its reader. What has a
    body here need not be written anew.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    classes: ClassVar[tuple[str, ...]]
    steps: ClassVar[tuple[Step, ...]]
    alternatives: ClassVar[bool] = False
    implied_by: ClassVar[str | None] = None
    Options: ClassVar[type[Settings]] = Settings

    def step(self, name: str) -> Step | None:
        """Give a step by its name."""
        return next((step for step in self.steps if step.name == name), None)

    @property
    def quoting_step(self) -> Step | None:
        """Give the step that quotes context facts."""
        return next((step for step in self.steps if step.quotes), None)

    @property
    def has_released_recipe(self) -> bool:
        """Tell whether wrong traces can be drawn by the released recipe (arm `incorrect`)."""
        return type(self).released_incorrect is not Dataset.released_incorrect

    @property
    def source_step(self) -> str:
        """Name the step that an answer is taken from: the implying one, else the last."""
        return self.implied_by or self.steps[-1].name

    @abstractmethod
    def read(self, raw: Path, options: Any, seed: int) -> list[Question]:
        """Read the raw folder into questions of both splits; DataError names file and line of a fault.

        Args:
            raw: folder of the raw files.
            options: of the registry entry, as an object of `Options`.
            seed: of the run.

        """

    @abstractmethod
    def user_prompt(self, question: Question) -> str:
        """Write the user turn of SFT and inference."""

    def prompt_only_prompt(self, question: Question) -> str:
        """Write the raw prompt of the baseline without SFT."""
        return self.user_prompt(question)

    @abstractmethod
    def answer_text(self, answers: Sequence[str]) -> str:
        """Write the final answer as the SFT target has it."""

    @abstractmethod
    def parse_answer(self, text: str) -> Answer | None:
        """Read a final answer as the set of its normalised items; None when unreadable."""

    def is_right(self, question: Question, answer: Answer) -> bool:
        """Compare an answer with the gold ones: with any one where they are alternatives, else with all."""
        gold = normalise_answers(question.answers)
        return bool(answer & gold) if self.alternatives else answer == gold

    def candidates(self, question: Question) -> list[str]:
        """Name what each context fact offers as an answer, in context order; '' for nothing (baselines)."""
        return [""] * len(question.context)

    def answer_kind(self, question: Question) -> str:
        """Name the kind of answer that is asked for (baselines)."""
        return question.class_label

    def anchor(self, question: Question) -> str:
        """Name what a question is about; questions of one anchor are not independent of each other.

        Intervals take the anchors for clusters (`tracekd.statistics.clusters`). By default every question has
        its own: independent items.
        """
        return question.id

    def nearness(self, question: Question, fact: str) -> int:
        """Count what a fact has in common with what is asked, 0 for nothing (`wrong_near`, `wrong_far`).

        By default: words of the question, of LONG_WORD letters or more, that the fact holds.
        """
        asked, told = (
            {word for word in normalise_answer(text).split() if len(word) >= LONG_WORD}
            for text in (question.question, fact)
        )
        return len(asked & told)

    def implied_answer(self, question: Question, stated: Mapping[str, Value]) -> Answer | None:
        """Name the answer that follows from what a trace states; None where nothing follows.

        Args:
            question: to which the trace belongs, or before which it was put.
            stated: step name to value, of `implied_by` at least.

        """
        return None

    def released_incorrect(
        self, question: Question, rng: random.Random
    ) -> tuple[dict[str, Value], str] | None:
        """Draw a wrong trace by the released recipe: what it states, and its text; None: there is none."""
        return None

    def tolerant_answer(self, question: Question, text: str) -> Answer | None:
        """Read an answer of looser form than asked for; None where the text gives none."""
        return self.parse_answer(text)
