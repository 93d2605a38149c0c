"""Arms: what the SFT target of a question holds before its answer, which is always the right one."""

import random
from collections.abc import Callable, Sequence

from tracekd.datasets import Dataset, get_dataset
from tracekd.errors import ConfigError, DataError
from tracekd.prompts import render_target
from tracekd.records import Question, Trace

# class label, facts (context index, or the text of a foreign fact), reasoning text
Reasoning = tuple[str, tuple[int | str, ...], str]


def _none(question: Question, dataset: Dataset, entropy: str, pool: Sequence[Question]) -> Reasoning:
    """No trace: the paper's vanilla SFT."""
    return "", (), ""


def _class_only(question: Question, dataset: Dataset, entropy: str, pool: Sequence[Question]) -> Reasoning:
    """The right class step and no retrieval step."""
    return question.class_label, (), dataset.class_step(question.class_label)


def _correct(question: Question, dataset: Dataset, entropy: str, pool: Sequence[Question]) -> Reasoning:
    """Both steps right."""
    text = dataset.class_step(question.class_label) + dataset.retrieval_step(dataset.gold_texts(question))
    return question.class_label, question.gold_facts, text


def _incorrect(question: Question, dataset: Dataset, entropy: str, pool: Sequence[Question]) -> Reasoning:
    """Both steps wrong by the released recipe, which also changes form, count or letter case."""
    rng = random.Random(entropy)
    label = _other_class(question, dataset, rng)
    facts, step = dataset.published_incorrect_step(question, rng)
    return label, facts, dataset.class_step(label) + step


def _incorrect_matched(
    question: Question, dataset: Dataset, entropy: str, pool: Sequence[Question]
) -> Reasoning:
    """Both steps wrong in the very form of the correct trace, so that only truth differs.

    A context with too few wrong facts is filled up from other questions of the same class.
    """
    rng = random.Random(entropy)
    label = _other_class(question, dataset, rng)
    gold = {text.casefold() for text in dataset.gold_texts(question)}  # other letter case is no other fact
    wrong = [index for index, fact in enumerate(question.context) if fact.casefold() not in gold]
    count = max(1, len(question.gold_facts))
    facts: list[int | str] = [*sorted(rng.sample(wrong, min(count, len(wrong))))]
    facts += _foreign_facts(question, rng, pool, count - len(facts))
    texts = [question.context[fact] if isinstance(fact, int) else fact for fact in facts]
    return label, tuple(facts), dataset.class_step(label) + dataset.retrieval_step(texts)


def _other_class(question: Question, dataset: Dataset, rng: random.Random) -> str:
    """Draw one of the dataset's other classes with equal chance."""
    return rng.choice([label for label in dataset.CLASSES if label != question.class_label])


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
        hint="add questions or leave the arm incorrect_matched out",
    )


ARMS: dict[str, Callable[[Question, Dataset, str, Sequence[Question]], Reasoning]] = {
    "none": _none,
    "class_only": _class_only,
    "correct": _correct,
    "incorrect": _incorrect,
    "incorrect_matched": _incorrect_matched,
}
# the arm without SFT: it has generations and scores, but no traces and no adapter
PROMPT_ONLY = "prompt_only"


def build_trace(question: Question, arm: str, seed: int, pool: Sequence[Question] = ()) -> Trace:
    """Build the SFT target of one question.

    Args:
        question: a training question.
        arm: one of `ARMS`.
        seed: of the run; the draw depends on seed, arm and id only, never on order.
        pool: questions from which `incorrect_matched` may borrow facts.

    """
    if arm not in ARMS:
        raise ConfigError(f"arm {arm!r} is unknown", hint=f"choose from {', '.join(ARMS)}")
    dataset = get_dataset(question.dataset)
    entropy = f"{seed}/{arm}/{question.id}"
    label, facts, text = ARMS[arm](question, dataset, entropy, pool)
    target = render_target(text, dataset.answer_text(question.answers))
    return Trace(id=question.id, arm=arm, class_label=label, facts=facts, text=text, target=target)


def build_traces(questions: Sequence[Question], arm: str, seed: int) -> list[Trace]:
    """Build the SFT targets of all questions, in their order."""
    return [build_trace(question, arm, seed, questions) for question in questions]
