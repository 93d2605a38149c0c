"""A teacher that is none: deterministic, rule-written, verbose traces for the demo and the tests.

It is handed the question records, gold answers and all, and pretends to find out. Its traces look at
several facts, doubt, come back, and conclude; a seeded share concludes wrongly, is cut off, shows no trace or
refuses. Nothing that it writes says anything about language models.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from tracekd.core.files import sha256_text
from tracekd.core.normalise import normalise_answer
from tracekd.core.records import Question
from tracekd.datasets import get_dataset
from tracekd.teacher.prompts import (
    EXPLANATION_REQUEST,
    SUMMARY_REQUEST,
    TURN_BREAK,
    Messages,
    question_messages,
)

# shares of the questions, by what becomes of their answer
SHARE_WRONG, SHARE_CUT, SHARE_EMPTY_TRACE, SHARE_REFUSED = 0.20, 0.04, 0.02, 0.02
MOST_FACTS_READ = 6
# words of a trace that is cut off
CUT_WORDS = 25

OPENINGS = ("Okay, let's see.", "Alright, so I need to work this out.", "Hmm, let me read this carefully.")
FIRST_READING = 'One of the facts says: "{fact}"'
READING = (
    'Next there is "{fact}"',
    'Then I see "{fact}"',
    'It also says that "{fact}"',
)
DOUBTS = (
    "Wait, I should check that again.",
    "Hmm, is that really what is asked?",
    "Let me go back to the question for a moment.",
    "That might matter, or it might not.",
)
CONCLUSION = "So putting it all together, the answer should be {answer}."
# an answer in the form of the dataset, and two looser ones
LOOSE = ("{answer}.", "The answer is **{answer}**.")
SHARE_PLAIN = 0.6
REFUSAL = "I'm sorry, but I can't help with that."
NOTHING = "nothing"


class SyntheticTeacher:
    """Answers the prompts of the questions it was handed, and follow-ups about them."""

    MODEL = "synthetic-teacher"

    def __init__(self, questions: Sequence[Question]):
        self._questions = {question_messages(question)[0]["content"]: question for question in questions}

    def complete(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request body with a chat completion; tokens are words."""
        messages = body["messages"]
        message, reason = self._answer(messages)
        reason = _cut(message, body.get("max_tokens")) or reason
        prompt = sum(len(turn["content"].split()) for turn in messages)
        new = sum(len((text or "").split()) for text in message.values())
        return {
            "object": "chat.completion",
            "model": self.MODEL,
            "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}],
            "usage": {"prompt_tokens": prompt, "completion_tokens": new, "total_tokens": prompt + new},
        }

    def _answer(self, messages: Messages) -> tuple[dict[str, str | None], str]:
        """Give the fields of the message, and why it ends."""
        last = messages[-1]["content"]
        if last == EXPLANATION_REQUEST:
            # in a turn of its own, or at the end of the trace's
            answer = messages[-2]["content"].rpartition(TURN_BREAK)[2]
            return {"content": explain(self._questions[messages[0]["content"]], answer)}, "stop"
        head, tail = SUMMARY_REQUEST.split("{trace}")
        if last.startswith(head):
            return {"content": summarise(last.removeprefix(head).removesuffix(tail))}, "stop"
        return think(self._questions[last])


def think(question: Question) -> tuple[dict[str, str | None], str]:
    """Write trace and answer of one question."""
    rng = random.Random(sha256_text(question.id))
    fate = rng.random()
    if fate < SHARE_REFUSED:
        return {"content": None, "reasoning_content": None, "refusal": REFUSAL}, "stop"
    answers = wrong_answers(question, rng) if rng.random() < SHARE_WRONG else right_answers(question)
    answer = word_answer(question.dataset, answers, rng)
    if fate < SHARE_REFUSED + SHARE_EMPTY_TRACE:
        return {"content": answer, "reasoning_content": ""}, "stop"
    trace = wander(question, " and ".join(answers), rng)
    if fate < SHARE_REFUSED + SHARE_EMPTY_TRACE + SHARE_CUT:
        return {"content": "", "reasoning_content": " ".join(trace.split(" ")[:CUT_WORDS])}, "length"
    return {"content": answer, "reasoning_content": trace}, "stop"


def right_answers(question: Question) -> tuple[str, ...]:
    """Name all gold answers, or the first where any one is right."""
    return question.answers[:1] if get_dataset(question.dataset).alternatives else question.answers


def wrong_answers(question: Question, rng: random.Random) -> tuple[str, ...]:
    """Name something else that the context offers."""
    dataset = get_dataset(question.dataset)
    right = set(map(normalise_answer, question.answers))
    offered = sorted(
        {name for name in dataset.candidates(question) if name and normalise_answer(name) not in right}
    )
    return (rng.choice(offered) if offered else NOTHING,)


def word_answer(dataset: str, answers: Sequence[str], rng: random.Random) -> str:
    """Word answers as the dataset has them, or as a chatty model does."""
    form = get_dataset(dataset)
    if rng.random() < SHARE_PLAIN:
        return form.answer_text(answers)
    return rng.choice(LOOSE).format(answer=" and ".join(answers))


def wander(question: Question, answer: str, rng: random.Random) -> str:
    """Read several facts, the gold ones among them, with doubts in between, and conclude."""
    others = [index for index in range(len(question.context)) if index not in question.gold_facts]
    free = max(0, MOST_FACTS_READ - len(question.gold_facts))
    read = sorted([*question.gold_facts, *rng.sample(others, min(free, len(others)))])
    lines = [f"{rng.choice(OPENINGS)} The question is: {question.question}"]
    for place, index in enumerate(read):
        wording = rng.choice(READING) if place else FIRST_READING
        lines.append(wording.format(fact=question.context[index]))
        if rng.random() < 0.5:
            lines.append(rng.choice(DOUBTS))
    lines.append(CONCLUSION.format(answer=answer))
    return "\n".join(lines)


def summarise(trace: str) -> str:
    """Keep the question and the conclusion of a trace."""
    lines = trace.split("\n")
    return f"The trace reads {len(lines) - 2} lines of context and doubt. {lines[-1]}"


def explain(question: Question, answer: str) -> str:
    """Explain an answer by the facts that carry it."""
    facts = " ".join(question.context[index] for index in question.gold_facts)
    return (
        f"The question asks: {question.question} The context says: {facts} Therefore the answer is {answer}"
    )


def _cut(message: dict[str, str | None], most: int | None) -> str | None:
    """Keep the first `most` words of reasoning and content; say `length` when some are lost."""
    if most is None:
        return None
    left, is_cut = most, False
    for name in ("reasoning_content", "content"):
        words = (message.get(name) or "").split(" ")
        if len(words) > left:
            message[name], is_cut = " ".join(words[:left]), True
        left = max(0, left - len(words))
    return "length" if is_cut else None
