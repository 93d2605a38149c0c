"""What a text in free words concludes: teachers answer in sentences, with reasons and markdown.

The last sentence that names anything that could answer the question decides, and what it names is the
answer. Names are compared as whole words after the usual normalisation; what the question itself names is no
answer. Misread are sentences that weigh one more name after the conclusion, and questions that name their
own answer.
"""

import re
from collections.abc import Sequence

from tracekd.core.normalise import normalise_answer, normalise_answers
from tracekd.core.records import Question
from tracekd.datasets import get_dataset

# ends of sentences, but not the full stop of an initial or an abbreviation of one letter
_ENDS = re.compile(r"\n+|(?<=[^\W\d_]{2}[.!?])\s+|(?<=[\d)\]*'\"][.!?])\s+")
# answers that no context names, by kind: of each, the whole set stands against the one that is right
CLOSED = (frozenset({"yes", "no", "maybe"}), frozenset({"none", "one", "two", "three", "four", "nothing"}))


def conclude(question: Question, text: str) -> frozenset[str] | None:
    """Give the normalised answers that the last telling sentence of a text names; None where none does."""
    names = possible_answers(question)
    for sentence in reversed(_ENDS.split(text)):
        if named := find_names(normalise_answer(sentence), names):
            return named
    return None


def possible_answers(question: Question) -> frozenset[str]:
    """Name everything that could be an answer, normalised: gold, what the facts offer, closed answers."""
    gold = normalise_answers(question.answers)
    if get_dataset(question.dataset).alternatives:
        return gold
    offered = normalise_answers(get_dataset(question.dataset).candidates(question))
    asked = f" {normalise_answer(question.question)} "
    closed = frozenset().union(*(words for words in CLOSED if words & gold))
    return gold | closed | frozenset(name for name in offered if f" {name} " not in asked)


def find_names(text: str, names: Sequence[str] | frozenset[str]) -> frozenset[str]:
    """Find names as whole words in a normalised text, the longest first: a part of a found one is none."""
    left, found = f" {text} ", set()
    for name in sorted(names, key=lambda name: (-len(name), name)):
        if f" {name} " in left:
            found.add(name)
            left = left.replace(f" {name} ", " | ")
    return frozenset(found)
