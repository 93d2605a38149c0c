"""The released evaluation's rules for bAbI."""

from tracekd.core.records import Question
from tracekd.datasets.published import (
    AnswerScore,
    Off,
    compare,
    find_whole,
    strip_marks,
)
from tracekd.datasets.published import (
    is_class_in_second_sentence as is_class_right,
)

__all__ = ["answer_cell", "is_class_right", "is_unanswerable", "score_answer", "sought_answer"]

FILE_PER_CLASS = False


def score_answer(question: Question, answer: str, off: Off) -> AnswerScore:
    """Compare the whole text, when it contains the gold answer, with the gold answer."""
    gold = answer_cell(question).lower()
    return compare(find_whole(answer, [gold]), [strip_marks(gold)])


def is_unanswerable(question: Question) -> bool:
    """Every question has an answer."""
    return False


def answer_cell(question: Question) -> str:
    """Join the gold answers by commas, as the raw file does."""
    return ",".join(question.answers)


sought_answer = answer_cell
