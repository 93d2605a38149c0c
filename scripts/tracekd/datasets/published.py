"""What a dataset has to say to the `published` scorer: the rules of the released evaluation for it.

They stand in the room of the dataset, in `published`; a dataset without them cannot be judged by that scorer.
"""

import string
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from typing import Protocol

from tracekd.core.normalise import MOST_REMEMBERED, collapse
from tracekd.core.records import Question
from tracekd.core.registry import Registry
from tracekd.datasets import BUILT_IN
from tracekd.datasets.quirks import Quirk

Off = Set[Quirk]


@dataclass(frozen=True, slots=True)
class AnswerScore:
    """Exact match, and overlap of the lists of answers."""

    exact: bool = False
    f1: float = 0.0
    precision: float = 0.0
    recall: float = 0.0


WRONG = AnswerScore()
_PUNCTUATION = str.maketrans("", "", string.punctuation)


class PublishedRules(Protocol):
    """What the `published` of a dataset offers."""

    FILE_PER_CLASS: (
        bool  # whether it was released as one file for each class: its headline is their mean (Q8)
    )

    def score_answer(self, question: Question, answer: str, off: Off) -> AnswerScore:
        """Score what counts as the answer, in lower case."""

    def is_unanswerable(self, question: Question) -> bool:
        """Tell whether the gold answer says that there is none: then the whole output is searched."""

    def answer_cell(self, question: Question) -> str:
        """Write the answer as the released test file has it."""

    def sought_answer(self, question: Question) -> str:
        """Give the text by which the gold row of an item is looked for among the answer cells."""

    def is_class_right(self, row: Question, trace: str) -> bool:
        """Tell whether the row's class occurs in the sentence of the trace that should name it."""


RULES: Registry[PublishedRules] = Registry("rules of the published scorer for dataset")


def _load(dataset: str) -> PublishedRules:
    """Load the rules of a dataset of the paper."""
    rules: PublishedRules = import_module(f"tracekd.datasets.{dataset}.published")
    return rules


for _name in BUILT_IN:
    RULES.add(_name, partial(_load, _name))


@lru_cache(MOST_REMEMBERED)
def strip_marks(text: str) -> str:
    """Normalise as the released evaluation does: lower case, no ASCII punctuation at all, single blanks."""
    return collapse(text.lower().translate(_PUNCTUATION))


def compare(found: Sequence[str], golds: Sequence[str]) -> AnswerScore:
    """Compare two bags of normalised answers."""
    # bags of a few: making two Counters takes three times as long
    shared = sum(min(found.count(text), golds.count(text)) for text in set(found))
    if not shared:
        return WRONG
    precision, recall = shared / len(found), shared / len(golds)
    f1 = 2 * precision * recall / (precision + recall)
    return AnswerScore(sorted(found) == sorted(golds), f1, precision, recall)


def find_whole(answer: str, golds: Collection[str]) -> list[str]:
    """Give the normalised text as the one answer when it contains a gold answer, else no answer."""
    return [strip_marks(answer)] if any(gold in answer for gold in golds) else []


def is_class_in_second_sentence(row: Question, trace: str) -> bool:
    """Tell whether the row's class occurs in the second sentence, which names it in two of the datasets."""
    sentences = trace.split(".", 2)
    return row.class_label.lower() in sentences[min(1, len(sentences) - 1)].lower()
