"""Arms: what the SFT target of a question holds before its answer, which is always the right one."""

import random
from collections.abc import Sequence
from enum import Enum, auto
from itertools import cycle, islice
from typing import NamedTuple

from tracekd.core.errors import ConfigError, DataError
from tracekd.core.files import sha256_text
from tracekd.core.records import Question, Trace
from tracekd.datasets import Dataset, get_dataset
from tracekd.traces.prompts import render_target

# class label, facts (context index, or the text of a foreign fact), reasoning text; no text: not even tags
Reasoning = tuple[str, tuple[int | str, ...], str | None]


class Form(Enum):
    """How the reasoning is worded."""

    BARE = auto()  # the answer alone, without tags
    DECOMPOSED = auto()  # the sentences of the correct trace, whatever is true of them
    RELEASED = auto()  # the released recipe of wrong facts, which also changes form, count or letter case
    FILLER = auto()  # as many words as the correct trace, none of them on the question


class Recipe(NamedTuple):
    """What a trace holds: each step right (True), wrong (False) or left out (None)."""

    class_ok: bool | None
    facts_ok: bool | None
    form: Form = Form.DECOMPOSED


RECIPES = {
    "none": Recipe(None, None, Form.BARE),  # the paper's vanilla SFT
    "class_only": Recipe(True, None),
    "correct": Recipe(True, True),
    "incorrect": Recipe(False, False, Form.RELEASED),
    "incorrect_matched": Recipe(False, False),
    "wrong_class": Recipe(False, True),
    "wrong_facts": Recipe(True, False),
    "empty_trace": Recipe(None, None),
    "filler": Recipe(None, None, Form.FILLER),
}
# share of the questions, in %, whose trace is `correct`; that of the others is `incorrect_matched`
MIXTURES = {f"mixed_{share}": share for share in (0, 25, 50, 75, 100)}
ARMS = (*RECIPES, *MIXTURES)
# those of the dose-response study (docs/dose.md)
DOSE_ARMS = (*MIXTURES, "wrong_class", "wrong_facts", "empty_trace", "filler")
# those of a teacher's words, which `tracekd.teacher.traces` builds
TEACHER_ARMS = ("r1", "r1_summary", "r1_explanation", "r1_swapped")
# the arm without SFT: it has generations and scores, but no traces and no adapter
PROMPT_ONLY = "prompt_only"

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


def build_trace(question: Question, arm: str, seed: int, pool: Sequence[Question] = ()) -> Trace:
    """Build the SFT target of one question; a mixture is one of this question alone.

    Args:
        question: a training question.
        arm: one of `ARMS`.
        seed: of the run; the draw depends on seed and id only, never on order.
        pool: questions from which wrong facts may be borrowed.

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


def _choose_recipes(questions: Sequence[Question], arm: str, seed: int) -> list[Recipe]:
    """Give the recipe of every question."""
    if arm not in ARMS:
        raise ConfigError(f"arm {arm!r} is unknown", hint=f"choose from {', '.join(ARMS)}")
    if arm in RECIPES:
        return [RECIPES[arm]] * len(questions)
    correct = draw_correct(questions, MIXTURES[arm], seed)
    return [RECIPES["correct" if question.id in correct else "incorrect_matched"] for question in questions]


def _build(question: Question, arm: str, recipe: Recipe, seed: int, pool: Sequence[Question]) -> Trace:
    """Build one target by its recipe."""
    dataset = get_dataset(question.dataset)
    match recipe.form:
        case Form.BARE:
            label, facts, text = "", (), None
        case Form.RELEASED:
            label, facts, text = _released(question, dataset, seed)
        case Form.FILLER:
            length = len(_decomposed(question, dataset, RECIPES["correct"], seed, pool)[2].split())
            label, facts, text = "", (), " ".join(islice(cycle(FILLER.split()), length))
        case Form.DECOMPOSED:
            label, facts, text = _decomposed(question, dataset, recipe, seed, pool)
    target = render_target(text, dataset.answer_text(question.answers))
    return Trace(question.id, arm, label, facts, text or "", target)


def _released(question: Question, dataset: Dataset, seed: int) -> Reasoning:
    """Both steps wrong by the released recipe."""
    rng = random.Random(f"{seed}/incorrect/{question.id}")
    label = _other_class(question, dataset, rng)
    facts, step = dataset.published_incorrect_step(question, rng)
    return label, facts, dataset.class_step(label) + step


def _decomposed(
    question: Question, dataset: Dataset, recipe: Recipe, seed: int, pool: Sequence[Question]
) -> tuple[str, tuple[int | str, ...], str]:
    """Word the steps in the very form of the correct trace, so that only truth differs."""
    label, facts, texts = question.class_label, question.gold_facts, dataset.gold_texts(question)
    if False in (recipe.class_ok, recipe.facts_ok):
        # one stream for all arms: a step that is wrong in two of them is the same in both
        rng = random.Random(f"{seed}/incorrect_matched/{question.id}")
        wrong_label = _other_class(question, dataset, rng)
        label = label if recipe.class_ok else wrong_label
        if not recipe.facts_ok:
            facts, texts = _wrong_facts(question, dataset, rng, pool)
    has_class, has_facts = recipe.class_ok is not None, recipe.facts_ok is not None
    text = dataset.class_step(label) * has_class + dataset.retrieval_step(texts) * has_facts
    return label * has_class, facts * has_facts, text


def _other_class(question: Question, dataset: Dataset, rng: random.Random) -> str:
    """Draw one of the dataset's other classes with equal chance."""
    return rng.choice([label for label in dataset.CLASSES if label != question.class_label])


def _wrong_facts(
    question: Question, dataset: Dataset, rng: random.Random, pool: Sequence[Question]
) -> tuple[tuple[int | str, ...], list[str]]:
    """Draw as many wrong facts as there are gold ones: themselves and their texts.

    A context with too few wrong facts is filled up from other questions of the same class.
    """
    gold = {text.casefold() for text in dataset.gold_texts(question)}  # other letter case is no other fact
    wrong = [index for index, fact in enumerate(question.context) if fact.casefold() not in gold]
    count = max(1, len(question.gold_facts))
    facts: list[int | str] = [*sorted(rng.sample(wrong, min(count, len(wrong))))]
    facts += _foreign_facts(question, rng, pool, count - len(facts))
    return tuple(facts), [question.context[fact] if isinstance(fact, int) else fact for fact in facts]


def _foreign_facts(question: Question, rng: random.Random, pool: Sequence[Question], count: int) -> list[str]:
    """Draw facts of other questions of the class that are not in this question's context."""
    drawn: list[str] = []
    if count <= 0:
        return drawn
    own = set(question.context)
    others = [
        other for other in pool if other.class_label == question.class_label and other.id != question.id
    ]
    for other in rng.sample(others, len(others)):
        fact = rng.choice(other.context)
        if fact not in own and fact not in drawn:
            drawn.append(fact)
        if len(drawn) == count:
            return drawn
    raise DataError(
        f"too few facts in class {question.class_label!r} for a wrong trace of {count}",
        where=question.id,
        hint="add questions or leave the arms with wrong facts in matched form out",
    )
