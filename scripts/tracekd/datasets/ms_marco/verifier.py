"""Independent reading of MS MARCO's traces."""

import re
from functools import partial

from tracekd.core import checking
from tracekd.core.checking import are_facts_right, match_steps
from tracekd.core.literals import parse_list
from tracekd.core.records import Question

STEPS = ("class", "facts")
_REASONING = re.compile(
    r"The category of the question represents what is being asked in that question\. "
    r"The category of the question asked is: (?P<class>\S+)\.\n"
    r"(?:I need to use the following text to answer the question: (?P<facts>.+))?",
    re.DOTALL,
)
# of a correct trace, by white space, without those of its passage
SENTENCE_WORDS = 32


def read(reasoning: str) -> dict[str, str] | None:
    """Take a reasoning text apart: what each step states, in their order; None where it is malformed."""
    return match_steps(_REASONING, reasoning)


def is_step_right(question: Question, step: str, text: str) -> bool:
    """Judge one step; VerificationError where it is neither right nor wrong."""
    if step == "class":
        return text == question.class_label
    # a passage may look like a list; only the released recipe's empty list is one
    quoted = parse_list(text) if text == "[]" else [text]
    return are_facts_right(quoted or [], [_gold_passage(question)], question.id)


def is_gold_answer(question: Question, answer: str) -> bool:
    """Tell whether a final answer is the first reference answer, untouched."""
    return answer == question.answers[0]


def count_words(question: Question) -> int:
    """Count the words of the correct trace, as white space parts them."""
    return SENTENCE_WORDS + len(_gold_passage(question).split())


def kinds_of_noise(question: Question, text: str) -> frozenset[str]:
    """Say whether a wrong step states the nearest passage, a far one, both or neither."""
    return checking.kinds_of_noise(
        [text],
        question.context,
        [_gold_passage(question)],
        partial(checking.shared_words, question.question),
    )


def _gold_passage(question: Question) -> str:
    """Give the gold passage, or what stands in its place for an unanswerable question."""
    return question.context[question.gold_facts[0]] if question.gold_facts else "No Answer Present."
