"""Trivial answer baselines: what a guesser scores who reads no more than the form of the questions.

Every value is an expectation computed exactly, so there is no seed. An answer counts by the rule of the
`aligned` scorer: any one gold answer where they are alternatives, else the whole set of them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from tracekd.core.normalise import normalise_answer, normalise_answers
from tracekd.core.records import Question
from tracekd.datasets import get_dataset
from tracekd.datasets.interface import Answer, Dataset


@dataclass(frozen=True)
class TrainAnswers:
    """What the train split teaches about answers, before any question of the test split is read."""

    dataset: Dataset
    questions: Sequence[Question]

    @cached_property
    def majority(self) -> Answer:
        """The most frequent answer."""
        return _most_frequent(target_answer(question, self.dataset) for question in self.questions)

    @cached_property
    def by_kind(self) -> dict[str, list[Answer]]:
        """All answers to each kind of question, in file order."""
        answers: dict[str, list[Answer]] = defaultdict(list)
        for question in self.questions:
            answers[self.dataset.answer_kind(question)].append(target_answer(question, self.dataset))
        return dict(answers)

    @cached_property
    def majority_by_kind(self) -> dict[str, Answer]:
        """The most frequent answer to each kind of question."""
        return {kind: _most_frequent(answers) for kind, answers in self.by_kind.items()}

    @cached_property
    def items_by_kind(self) -> dict[str, set[str]]:
        """The single items that occur in answers to each kind of question."""
        return {
            kind: {item for answer in answers for item in answer} for kind, answers in self.by_kind.items()
        }


def majority(question: Question, train: TrainAnswers) -> float:
    """Always give the most frequent train answer."""
    return train.dataset.is_right(question, train.majority)


def majority_per_kind(question: Question, train: TrainAnswers) -> float:
    """Give the most frequent train answer to this kind of question, of all questions for an unseen kind."""
    answer = train.majority_by_kind.get(train.dataset.answer_kind(question), train.majority)
    return train.dataset.is_right(question, answer)


def random_fact(question: Question, train: TrainAnswers) -> float:
    """Give the entity of a context fact drawn with equal chance."""
    return _expected(map(_single, train.dataset.candidates(question)), question, train.dataset)


def last_fact(question: Question, train: TrainAnswers) -> float:
    """Give the entity of the last context fact."""
    return _expected(map(_single, train.dataset.candidates(question)[-1:]), question, train.dataset)


def type_consistent(question: Question, train: TrainAnswers) -> float:
    """Give one of the distinct context entities that train knows as answers to this kind of question.

    Where the context offers none, give one of the distinct train answers to this kind.
    """
    kind = train.dataset.answer_kind(question)
    known = train.items_by_kind.get(kind, set())
    fitting = {normalise_answer(entity) for entity in train.dataset.candidates(question)} & known
    guesses = map(_single, fitting) if fitting else set(train.by_kind.get(kind, ()))
    return _expected(guesses, question, train.dataset)


BASELINES: dict[str, Callable[[Question, TrainAnswers], float]] = {
    "majority": majority,
    "majority_per_kind": majority_per_kind,
    "random_fact": random_fact,
    "last_fact": last_fact,
    "type_consistent": type_consistent,
}


def score_baselines(questions: Sequence[Question]) -> pd.DataFrame:
    """Score all baselines on the test split of one dataset, learning from its train split.

    Returns columns dataset, baseline, n (test questions), answer_acc (expected accuracy in [0, 1]); no row
    where there is no train split to learn from.
    """
    dataset = get_dataset(questions[0].dataset)
    train = TrainAnswers(dataset, [question for question in questions if question.split == "train"])
    test = [question for question in questions if question.split == "test"]
    rows = [
        (test[0].dataset, name, len(test), sum(baseline(question, train) for question in test) / len(test))
        for name, baseline in (BASELINES if train.questions else {}).items()
    ]
    return pd.DataFrame(rows, columns=["dataset", "baseline", "n", "answer_acc"])


def target_answer(question: Question, dataset: Dataset) -> Answer:
    """Give the answer as the SFT target has it: all gold items, or the first of the alternatives."""
    answers = question.answers[:1] if dataset.alternatives else question.answers
    return normalise_answers(answers)


def _expected(guesses: Iterable[Answer], question: Question, dataset: Dataset) -> float:
    """Share of right guesses; 0 when there is nothing to guess."""
    right = [dataset.is_right(question, guess) for guess in guesses]
    return sum(right) / len(right) if right else 0.0


def _most_frequent(answers: Iterable[Answer]) -> Answer:
    """The most frequent answer; the first in the alphabet among equals."""
    return min(Counter(answers).items(), key=lambda entry: (-entry[1], sorted(entry[0])))[0]


def _single(entity: str) -> Answer:
    """An entity as a one-item answer."""
    return frozenset([normalise_answer(entity)])
