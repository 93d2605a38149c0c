"""bAbI v1.2 English: eleven of the twenty toy tasks, first question of each story (paper, section 2)."""

import random
from collections.abc import Sequence

from tracekd.literals import render_list
from tracekd.normalise import normalise_answer
from tracekd.records import Question

TITLE = "bAbI"
TASKS = {
    "single-supporting-fact": 1,
    "two-supporting-facts": 2,
    "two-arg-relations": 4,
    "counting": 7,
    "lists-sets": 8,
    "conjunction": 12,
    "time-reasoning": 14,
    "basic-deduction": 15,
    "basic-induction": 16,
    "positional-reasoning": 17,
    "size-reasoning": 18,
}
CLASSES = tuple(TASKS)
ALTERNATIVE_ANSWERS = False
QUOTES_A_LIST = True

CLASS_SENTENCE = (
    "The category of the question represents what is being asked in that question. "
    "The category of the question asked is: "
)
RETRIEVAL_SENTENCE = "I need to use the following text to answer the question: "


def user_prompt(question: Question) -> str:
    """Context one sentence a line, one blank before the instruction (paper, section 3)."""
    facts = "\n".join(question.context)
    return (
        f"Answer the question based on the context:\n{facts}\n"
        f"Question: {question.question} Only return the answer.\n"
    )


def prompt_only_prompt(question: Question) -> str:
    """The same text: bAbI prints its context one sentence a line in every arm."""
    return user_prompt(question)


def class_step(label: str) -> str:
    """Name the task."""
    return f"{CLASS_SENTENCE}{label}.\n"


def retrieval_step(facts: Sequence[str]) -> str:
    """Quote sentences as a list literal."""
    return RETRIEVAL_SENTENCE + render_list(facts)


def gold_texts(question: Question) -> tuple[str, ...]:
    """Give the supporting sentences."""
    return tuple(question.context[index] for index in question.gold_facts)


def published_incorrect_step(question: Question, rng: random.Random) -> tuple[tuple[int, ...], str]:
    """As many random other sentences as there are gold ones (fewer if not available), lower-cased."""
    gold = gold_texts(question)
    wrong = [index for index, fact in enumerate(question.context) if fact not in gold]
    drawn = rng.sample(wrong, min(len(question.gold_facts), len(wrong)))
    return tuple(drawn), retrieval_step([question.context[index].lower() for index in drawn])


def answer_text(answers: Sequence[str]) -> str:
    """Write a word, yes or no, or a list joined by commas, as in the raw file."""
    return ",".join(answers)


def parse_answer(text: str) -> frozenset[str] | None:
    """Read the comma list as a set: bAbI's lists have no order."""
    return frozenset(normalise_answer(item) for item in text.split(","))
