"""Independent reading of bAbI's traces."""

import re
from functools import partial

from tracekd.core import checking
from tracekd.core.checking import are_facts_right, match_steps
from tracekd.core.literals import parse_list, render_list
from tracekd.core.records import Question

STEPS = ("class", "facts")
_REASONING = re.compile(
    r"The category of the question represents what is being asked in that question\. "
    r"The category of the question asked is: (?P<class>\S+)\.\n"
    r"(?:I need to use the following text to answer the question: (?P<facts>.+))?",
    re.DOTALL,
)
# of a correct trace, by white space, without those of its facts
SENTENCE_WORDS = 32


def read(reasoning: str) -> dict[str, str] | None:
    """Take a reasoning text apart: what each step states, in their order; None where it is malformed."""
    return match_steps(_REASONING, reasoning)


def is_step_right(question: Question, step: str, text: str) -> bool:
    """Judge one step; VerificationError where it is neither right nor wrong."""
    if step == "class":
        return text == question.class_label
    quoted = parse_list(text)
    return are_facts_right([text] if quoted is None else quoted, _gold_facts(question), question.id)


def is_gold_answer(question: Question, answer: str) -> bool:
    """Tell whether a final answer is the gold one, untouched."""
    return answer.split(",") == list(question.answers)


def count_words(question: Question) -> int:
    """Count the words of the correct trace, as white space parts them."""
    return SENTENCE_WORDS + len(render_list(_gold_facts(question)).split())


def kinds_of_noise(question: Question, text: str) -> frozenset[str]:
    """Say whether a wrong step states the nearest facts, far ones, both or neither."""
    return checking.kinds_of_noise(
        parse_list(text) or [text],
        question.context,
        _gold_facts(question),
        partial(checking.shared_words, question.question),
    )


def is_swapped(before: Question, after: Question) -> bool:
    """Tell whether the answers, words of the gold sentences, were renamed throughout, and nothing else."""
    new = dict(zip(before.answers, after.answers, strict=True))
    told, retold = (
        [re.findall(r"\w+|\W+", sentence) for sentence in question.context] for question in (before, after)
    )
    if (
        before.question != after.question
        or [[new.get(word, word) for word in words] for words in told] != retold
    ):
        return False
    # in any form: wolf is not renamed where wolves are left
    old_left = any(stem in _all_words(after) for stem in map(_stem, before.answers))
    new_known = any(stem in _all_words(before) for stem in map(_stem, after.answers))
    gold = {word for place in before.gold_facts for word in told[place]}
    return not old_left and not new_known and gold.issuperset(before.answers)


def _all_words(question: Question) -> str:
    """Give context and question in lower case."""
    return " ".join((*question.context, question.question)).lower()


def _stem(word: str) -> str:
    """Give the beginning that all forms of a word share."""
    return word.lower()[:3]


def _gold_facts(question: Question) -> list[str]:
    return [question.context[index] for index in question.gold_facts]
