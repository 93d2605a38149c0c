"""How a generation reads its trace: what it states, what that implies, and whether the answer follows.

No correlation and no gold trace is needed to see whether an answer follows its trace: what the trace states,
right or wrong, implies an answer (`Dataset.implied_answer`), and the answer given is that one or is not. What
a model without traces answers to the same question is read by the same rule: some of it is that very answer.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tracekd.core.normalise import collapse
from tracekd.core.records import Generation, Question
from tracekd.core.texts import write_rows
from tracekd.datasets import get_dataset
from tracekd.datasets.interface import Answer, Dataset, Value
from tracekd.scoring.outputs import WAYS, parse_generation

MAIN = next(iter(WAYS))


@dataclass(frozen=True, slots=True)
class Reading:
    """One generation read in one way.

    Args:
        id, class_label: of the question.
        way: how its parts were found.
        readable: every step and the answer were found.
        steps: whether each step is right; None of an arm without traces, which has nothing but its answer.
        named: indices of the context facts that the quoting step names; none without such a step.
        foreign: how many other strings it names.
        facts_all, facts_any: the named strings hold all of the gold facts, or one of them.
        answer: as given; None where it cannot be read.
        implied: the answer that follows from what the trace states; source_ok: the step from which it follows
            is right; implied_ok: it is the gold answer; follows: the answer given is that one. None where
            nothing follows (for a quoting step: where no context fact is named).
        one_to_one: every gold answer stands in exactly one fact, so that naming the gold facts and naming the
            gold entities is the same; None where answers do not follow from quoted facts.

    """

    id: str
    class_label: str
    way: str
    readable: bool
    steps: Mapping[str, bool | None]
    named: tuple[int, ...] | None
    foreign: int | None
    facts_all: bool | None
    facts_any: bool | None
    answer: Answer | None
    answer_ok: bool
    implied: Answer | None
    source_ok: bool | None
    implied_ok: bool | None
    follows: bool | None
    one_to_one: bool | None


def columns(steps: Sequence[str]) -> list[str]:
    """Name the columns of a file of readings for these steps."""
    judged = [f"{step}_ok" for step in steps]
    rest = ["named", "foreign", "facts_all", "facts_any", "answer", "answer_ok"]
    implied = ["implied", "source_ok", "implied_ok", "follows", "one_to_one"]
    return ["id", "class", "way", "readable", *judged, *rest, *implied]


def derive_reading(question: Question, generation: Generation, way: str = MAIN) -> Reading:
    """Read one generation of an arm whose traces state every step."""
    dataset = get_dataset(question.dataset)
    found = WAYS[way](question, generation.text)
    quoting = dataset.quoting_step
    facts = frozenset(found.stated[quoting.name] or ()) if quoting else frozenset()
    gold = frozenset(map(collapse, quoting.gold(question))) if quoting else frozenset()
    context = _collapse_all(question.context)
    named = tuple(index for index, fact in enumerate(context) if fact in facts)
    texts = tuple(question.context[index] for index in named)
    stated = {**found.stated, quoting.name: texts or None} if quoting else found.stated
    implied = imply(dataset, question, stated)
    steps = {step.name: step.judge(question, found.stated[step.name]) for step in dataset.steps}
    return Reading(
        id=question.id,
        class_label=question.class_label,
        way=way,
        readable=found.is_readable(found.stated),
        steps=steps,
        named=named,
        foreign=len(facts.difference(context)),
        facts_all=gold <= facts,
        facts_any=bool(gold & facts),
        answer=found.answer,
        answer_ok=found.answer is not None and dataset.is_right(question, found.answer),
        implied=implied,
        source_ok=None if implied is None else steps[str(dataset.implied_by)],
        implied_ok=None if implied is None else dataset.is_right(question, implied),
        follows=None if implied is None else found.answer == implied,
        one_to_one=is_one_to_one(question) if quoting and dataset.implied_by == quoting.name else None,
    )


@cache  # every context recurs in each model, arm, seed and way
def _collapse_all(context: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(collapse, context))


def read_bare_answer(question: Question, generation: Generation) -> Reading:
    """Read one generation of an arm without traces."""
    dataset = get_dataset(question.dataset)
    answer = parse_generation(generation.text, dataset, with_trace=False).answer
    return Reading(
        id=question.id,
        class_label=question.class_label,
        way=MAIN,
        readable=answer is not None,
        steps={step.name: None for step in dataset.steps},
        named=None,
        foreign=None,
        facts_all=None,
        facts_any=None,
        answer=answer,
        answer_ok=answer is not None and dataset.is_right(question, answer),
        implied=None,
        source_ok=None,
        implied_ok=None,
        follows=None,
        one_to_one=None,
    )


def imply(dataset: Dataset, question: Question, stated: Mapping[str, Value | None]) -> Answer | None:
    """Name the answer that follows from what a trace states; None where nothing implies it."""
    found = {name: value for name, value in stated.items() if value is not None}
    return dataset.implied_answer(question, found) if dataset.implied_by in found else None


def is_one_to_one(question: Question) -> bool:
    """Tell whether every gold answer stands in exactly one context fact."""
    return all(sum(answer in fact for fact in question.context) == 1 for answer in question.answers)


def derive_readings(
    questions: Iterable[Question], generations: Iterable[Generation], with_trace: bool = True
) -> list[Reading]:
    """Read every generation in every way; one of an arm without traces in the main way."""
    by_id = {question.id: question for question in questions}
    if not with_trace:
        return [read_bare_answer(by_id[one.id], one) for one in generations]
    return [derive_reading(by_id[one.id], one, way) for one in generations for way in WAYS]


def write_readings(readings: Iterable[Reading], path: str | Path, steps: Sequence[str]) -> None:
    """Write one line per reading: flags as 0/1, sets and indices as sorted JSON lists, None as nothing."""
    names = columns(steps)
    write_rows((_row(one, names) for one in readings), path, names)


def _row(one: Reading, names: Sequence[str]) -> list[object]:
    """Give the cells of a reading; a set in ASCII, for what a model wrote need not be valid Unicode."""
    judged: dict[str, object] = {f"{step}_ok": ok for step, ok in one.steps.items()}
    judged["class"] = one.class_label
    cells = (judged[name] if name in judged else getattr(one, name) for name in names)
    return [json.dumps(sorted(cell)) if isinstance(cell, tuple | frozenset) else cell for cell in cells]
