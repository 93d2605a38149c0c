"""The SFT targets of an arm: the steps of each question, as right as the arm says, then the right answer."""

import random
from collections.abc import Sequence
from itertools import count, cycle, islice
from typing import NamedTuple

from tracekd.core.errors import ConfigError
from tracekd.core.files import sha256_text
from tracekd.core.records import Question, Trace
from tracekd.datasets import get_dataset
from tracekd.datasets.interface import Dataset, Step, Value
from tracekd.datasets.steps import draw_far_facts, draw_near_facts
from tracekd.traces.arms import Arm, Form, built_arms, get_arm
from tracekd.traces.prompts import render_target

# words on nothing, cut at the length of the correct trace; no sentence comes twice: a model knows its place
FILLER = (
    "These words are here so that the line is long enough. They do not speak of what was asked. "
    "A reader may pass over them without loss. Some of them are short, others take a little more room. "
    "Not any of them helps, and not any of them harms. It would do as well to put others in their place. "
    "Whoever looks for a hint will look in vain. It is only ink on paper, or light on a screen. "
    "Each sentence stands alone and leads nowhere. The order could be changed at will. "
    "What matters comes later, after all of this. Until then there is little to do but read on. "
    "Soon the last of these words will have been read. Then it is time to answer."
)


class Reasoning(NamedTuple):
    """What a trace states, step by step, and its text; no text: not even tags."""

    stated: dict[str, Value]
    text: str | None


def build_trace(question: Question, arm: str, seed: int, pool: Sequence[Question] = ()) -> Trace:
    """Build the SFT target of one question; a mixture is one of this question alone.

    Args:
        question: a training question.
        arm: one of `built_arms`.
        seed: of the run; the draw depends on seed and id only, never on order.
        pool: questions from which wrong values may be borrowed.

    """
    (recipe,) = _choose_recipes([question], arm, seed)
    return _build(question, arm, recipe, seed, pool)


def build_traces(questions: Sequence[Question], arm: str, seed: int) -> list[Trace]:
    """Build the SFT targets of all questions, in their order."""
    recipes = _choose_recipes(questions, arm, seed)
    return [
        _build(question, arm, recipe, seed, questions)
        for question, recipe in zip(questions, recipes, strict=True)
    ]


def draw_correct(questions: Sequence[Question], share: int, seed: int) -> frozenset[str]:
    """Draw the ids of the questions whose trace is correct in a mixture.

    Exactly `share` % of them, rounded half up, are drawn, by the rank of a hash: whoever is drawn at one
    share is drawn at every higher one.
    """
    ids = [question.id for question in questions]
    ranked = sorted(ids, key=lambda name: sha256_text(f"{seed}/mixed/{name}"))
    return frozenset(ranked[: (share * len(ranked) + 50) // 100])


def build_at_length(question: Question, name: str, words: int, seed: int) -> Trace:
    """Build the SFT target of an arm whose trace is to be so many words long (`Arm.as_long_as`).

    The steps, if the arm has any, stand last, as near to the answer as in `correct`. Steps that are longer
    already stay as they are.
    """
    arm, dataset = get_arm(name), get_dataset(question.dataset)
    has_steps = arm.form is Form.DECOMPOSED
    stated, steps = _decomposed(question, dataset, arm, seed) if has_steps else Reasoning({}, "")
    padding = end_of_filler(words - len(str(steps).split()))
    text = " ".join(filter(None, (padding, steps)))
    return Trace(question.id, name, stated, text, render_target(text, dataset.answer_text(question.answers)))


def end_of_filler(length: int) -> str:
    """Give so many last words of a text on nothing of any length, which counts down the parts to come.

    A model that has begun anywhere in it knows where it ends; of one that is cut anywhere it could not.
    """
    words: list[str] = []
    for left in count():
        if len(words) >= length:
            break
        words = [*f"Parts still to come: {left}. {FILLER}".split(), *words]
    return " ".join(words[len(words) - max(length, 0) :])


def _choose_recipes(questions: Sequence[Question], name: str, seed: int) -> list[Arm]:
    """Give the arm by whose recipe the trace of each question is built: a mixture has two."""
    arm = get_arm(name)
    if name not in built_arms():
        raise ConfigError(f"the traces of {name!r} are not built by rules", where="config: arms")
    if arm.share is None:
        return [arm] * len(questions)
    correct = draw_correct(questions, arm.share, seed)
    right, wrong = get_arm("correct"), get_arm("incorrect_matched")
    return [right if question.id in correct else wrong for question in questions]


def _build(question: Question, name: str, arm: Arm, seed: int, pool: Sequence[Question]) -> Trace:
    """Build one target by the recipe of `arm`; `name` is the arm that it is built for."""
    dataset = get_dataset(question.dataset)
    match arm.form:
        case Form.BARE:
            stated, text = Reasoning({}, None)
        case Form.RELEASED:
            stated, text = _released(question, dataset, seed)
        case Form.FILLER:
            correct = _decomposed(question, dataset, get_arm("correct"), seed, pool)
            length = len(str(correct.text).split())
            stated, text = Reasoning({}, " ".join(islice(cycle(FILLER.split()), length)))
        case _:
            stated, text = _decomposed(question, dataset, arm, seed, pool)
    target = render_target(text, dataset.answer_text(question.answers))
    return Trace(question.id, name, stated, text or "", target)


def _released(question: Question, dataset: Dataset, seed: int) -> Reasoning:
    """All steps wrong by the released recipe."""
    drawn = dataset.released_incorrect(question, random.Random(f"{seed}/incorrect/{question.id}"))
    if drawn is None:
        raise ConfigError(
            f"there is no released recipe of wrong traces for {dataset.name}",
            where="config: arms",
            hint="choose incorrect_matched in place of incorrect",
        )
    return Reasoning(*drawn)


def _decomposed(
    question: Question, dataset: Dataset, arm: Arm, seed: int, pool: Sequence[Question] = ()
) -> Reasoning:
    """Word the steps in the very form of the correct trace, so that only truth differs."""
    truths = arm.truths(dataset)
    names = [step.name for step in dataset.steps]
    last_wrong = max((place for place, name in enumerate(names) if truths.get(name) is False), default=-1)
    wrong: dict[str, Value] = {}
    if last_wrong >= 0:  # a generator costs more than the rest of a correct trace
        # one stream for all arms: a step that is wrong in two of them is the same in both
        rng = random.Random(f"{seed}/incorrect_matched/{question.id}")
        for step in dataset.steps[: last_wrong + 1]:
            wrong[step.name] = _draw_wrong(question, dataset, step, arm, rng, pool)
    stated = {
        step.name: step.gold(question) if truths[step.name] else wrong[step.name]
        for step in dataset.steps
        if step.name in truths
    }
    steps = [step.render(stated[step.name]) for step in dataset.steps if step.name in stated]
    return Reasoning(stated, "".join(steps[::-1] if arm.order_matters else steps))


def _draw_wrong(
    question: Question, dataset: Dataset, step: Step, arm: Arm, rng: random.Random, pool: Sequence[Question]
) -> Value:
    """Draw a wrong value of a step: any, or facts that are near to what is asked or far from it."""
    if not (arm.noise and step.quotes):
        return step.wrong(question, rng, pool)
    draw = {"near": draw_near_facts, "far": draw_far_facts}[arm.noise]
    return draw(question, tuple(step.gold(question)), dataset.nearness, rng, pool)
