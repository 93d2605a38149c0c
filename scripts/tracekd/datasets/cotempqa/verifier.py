"""Independent reading of CoTempQA's traces; it finds the gold facts anew (paper, section 3)."""

import re

from tracekd.core.checking import are_facts_right, match_steps
from tracekd.core.literals import parse_list, render_list
from tracekd.core.records import Question

STEPS = ("class", "facts")
_REASONING = re.compile(
    r"The temporal relation between the event in question and the event in context is: (?P<class>\S+)\.\n"
    r"(?:I need to use the following facts to answer the question: (?P<facts>.+))?",
    re.DOTALL,
)
# of a correct trace, by white space, without those of its facts
SENTENCE_WORDS = 26


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
    return parse_list(answer) == list(question.answers)


def count_words(question: Question) -> int:
    """Count the words of the correct trace, as white space parts them."""
    return SENTENCE_WORDS + len(render_list(_gold_facts(question)).split())


def _gold_facts(question: Question) -> list[str]:
    """Find the context facts that hold a gold answer."""
    return [fact for fact in question.context if any(answer in fact for answer in question.answers)]
