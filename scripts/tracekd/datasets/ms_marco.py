"""MS MARCO QA v2.1: web questions of five types over ten passages (paper, section 2)."""

import random
from collections.abc import Sequence

from tracekd.literals import render_list
from tracekd.normalise import normalise_answer
from tracekd.records import Question

TITLE = "MS MARCO"
CLASSES = ("DESCRIPTION", "ENTITY", "NUMERIC", "LOCATION", "PERSON")
ALTERNATIVE_ANSWERS = True
QUOTES_A_LIST = False
NO_ANSWER = "No Answer Present."

CLASS_SENTENCE = (
    "The category of the question represents what is being asked in that question. "
    "The category of the question asked is: "
)
RETRIEVAL_SENTENCE = "I need to use the following text to answer the question: "
# a passage is drawn as wrong only if it shares fewer white-space tokens with the gold one (paper, section 3)
MAX_SHARED_TOKENS = 8


def user_prompt(question: Question) -> str:
    """Passages as a list literal, the instruction on a line of its own (paper, section 3)."""
    return (
        f"Answer the question based on the context:\n{render_list(question.context)}\n"
        f"Question: {question.question}\nOnly return the answer.\n"
    )


def prompt_only_prompt(question: Question) -> str:
    """The same text: no other form of the MS MARCO prompt is known."""
    return user_prompt(question)


def class_step(label: str) -> str:
    """Name the query type."""
    return f"{CLASS_SENTENCE}{label}.\n"


def retrieval_step(facts: Sequence[str]) -> str:
    """Quote one passage as it is."""
    return RETRIEVAL_SENTENCE + "\n".join(facts)


def gold_texts(question: Question) -> tuple[str, ...]:
    """Give the gold passage; an unanswerable question has the no-answer string in its place."""
    return tuple(question.context[index] for index in question.gold_facts) or (NO_ANSWER,)


def published_incorrect_step(question: Question, rng: random.Random) -> tuple[tuple[int, ...], str]:
    """A random passage that shares few words with the gold one; any passage for an unanswerable question."""
    gold = (
        {token for text in gold_texts(question) for token in text.split()} if question.gold_facts else set()
    )
    wrong = [
        index
        for index, passage in enumerate(question.context)
        if passage not in gold_texts(question) and len(gold & set(passage.split())) < MAX_SHARED_TOKENS
    ]
    if not wrong:
        return (), f"{RETRIEVAL_SENTENCE}[]"
    index = rng.choice(wrong)
    return (index,), retrieval_step([question.context[index]])


def answer_text(answers: Sequence[str]) -> str:
    """Write the first reference answer: the released training rows hold no other."""
    return answers[0]


def parse_answer(text: str) -> frozenset[str] | None:
    """Read free text as one item."""
    return frozenset([normalise_answer(text)])
