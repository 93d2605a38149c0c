"""CoTempQA: co-temporal questions over facts with dates (Su et al., ACL 2024; paper, section 2)."""

import random
from collections.abc import Sequence

from tracekd.literals import parse_list, render_list
from tracekd.normalise import normalise_answer
from tracekd.records import Question

TITLE = "CoTempQA"
CLASSES = ("during", "equal", "mix", "overlap")
ALTERNATIVE_ANSWERS = False
QUOTES_A_LIST = True

CLASS_SENTENCE = "The temporal relation between the event in question and the event in context is: "
RETRIEVAL_SENTENCE = "I need to use the following facts to answer the question: "


def user_prompt(question: Question) -> str:
    """Context as a list literal, one blank before the instruction (paper, section 3)."""
    return _prompt(question, render_list(question.context))


def prompt_only_prompt(question: Question) -> str:
    """The same with newline-joined facts: the released prompting baseline prints them so."""
    return _prompt(question, "\n".join(question.context))


def _prompt(question: Question, facts: str) -> str:
    return (
        f"Answer the question based on the context:\n{facts}\n"
        f"Question: {question.question} Only return the answer.\n"
    )


def class_step(label: str) -> str:
    """Name the temporal relation."""
    return f"{CLASS_SENTENCE}{label}.\n"


def retrieval_step(facts: Sequence[str]) -> str:
    """Quote facts as a list literal."""
    return RETRIEVAL_SENTENCE + render_list(facts)


def gold_texts(question: Question) -> tuple[str, ...]:
    """Give the context facts that hold a gold answer."""
    return tuple(question.context[index] for index in question.gold_facts)


def published_incorrect_step(question: Question, rng: random.Random) -> tuple[tuple[int, ...], str]:
    """One random fact without a gold answer, as a bare string; `[]` when every fact holds one."""
    gold = gold_texts(question)
    wrong = [index for index, fact in enumerate(question.context) if fact not in gold]
    if not wrong:
        return (), f"{RETRIEVAL_SENTENCE}[]"
    index = rng.choice(wrong)
    return (index,), RETRIEVAL_SENTENCE + question.context[index]


def answer_text(answers: Sequence[str]) -> str:
    """Write all gold answers as a list literal."""
    return render_list(answers)


def parse_answer(text: str) -> frozenset[str] | None:
    """Read the list literal of the answer; text of another form is unreadable."""
    items = parse_list(text)
    return None if items is None else frozenset(map(normalise_answer, items))
