"""Independent reading of the traces of word problems: shares no code with `dataset`."""

import re
from functools import partial

from tracekd.core import checking
from tracekd.core.checking import are_facts_right
from tracekd.core.literals import parse_list, render_list
from tracekd.core.records import Question

STEPS = ("facts", "operation", "equation")
_LINES = {
    "facts": re.compile(r"The facts that matter are: (\[.*\])"),
    "operation": re.compile(r"The operation is: (\w+)\."),
    "equation": re.compile(r"The equation is: (\d+ [-+*] \d+ = \d+)"),
}
SIGNS = {"addition": "+", "subtraction": "-", "multiplication": "*"}


def read(reasoning: str) -> dict[str, str] | None:
    """Read one step per line, in the order in which they stand; None where a line is none of them."""
    stated = {}
    for line in reasoning.removesuffix("\n").split("\n"):
        step = next((name for name, form in _LINES.items() if form.fullmatch(line)), None)
        if step is None or step in stated:
            return None
        stated[step] = _LINES[step].fullmatch(line)[1]
    return stated


def is_step_right(question: Question, step: str, text: str) -> bool:
    """Judge one step by the numbers in the gold facts and the answer of the question."""
    if step == "facts":
        return are_facts_right(parse_list(text) or [], _gold_facts(question), question.id)
    if step == "operation":
        return text == question.class_label
    numbers = [int(number) for fact in _gold_facts(question) for number in re.findall(r"\d+", fact)]
    left, _, right = text.partition(" = ")
    first, sign, second = left.split(" ")
    is_of_story = sorted(numbers) == sorted((int(first), int(second))) and sign == SIGNS[question.class_label]
    return is_of_story and (right,) == question.answers


def is_gold_answer(question: Question, answer: str) -> bool:
    """Tell whether a final answer is the gold one."""
    return (answer,) == question.answers


def count_words(question: Question) -> int:
    """Count the words of the correct trace."""
    # five before the facts, four for the operation, three and five for the equation
    return 5 + len(render_list(_gold_facts(question)).split()) + 4 + 3 + 5


def kinds_of_noise(question: Question, text: str) -> frozenset[str]:
    """Say whether a wrong step states the nearest facts, far ones, both or neither."""
    nearness = partial(checking.shared_words, question.question)
    return checking.kinds_of_noise(parse_list(text) or [], question.context, _gold_facts(question), nearness)


def _gold_facts(question: Question) -> list[str]:
    return [question.context[index] for index in question.gold_facts]
