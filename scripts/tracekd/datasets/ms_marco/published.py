"""The released evaluation's rules for MS MARCO; no released generations were at hand to test them."""

from tracekd.core.literals import render_list
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
from tracekd.datasets.quirks import Quirk

__all__ = ["answer_cell", "is_class_right", "is_unanswerable", "score_answer", "sought_answer"]

FILE_PER_CLASS = False
NO_ANSWER = "no answer present"


def score_answer(question: Question, answer: str, off: Off) -> AnswerScore:
    """Compare the whole text, when it contains a gold answer, with all gold answers (Q9 off: with each)."""
    golds = [gold.lower() for gold in question.answers]
    found = find_whole(answer, golds)
    distinct = list(dict.fromkeys(map(strip_marks, golds)))
    if Quirk.ALL_ALTERNATIVES_NEEDED in off:
        return max((compare(found, [gold]) for gold in distinct), key=lambda score: score.exact)
    return compare(found, distinct)


def is_unanswerable(question: Question) -> bool:
    """Tell whether the first reference says that the passages hold no answer."""
    return NO_ANSWER in question.answers[0].lower()


def answer_cell(question: Question) -> str:
    """Write the list literal of all reference answers."""
    return render_list(question.answers)


sought_answer = answer_cell
