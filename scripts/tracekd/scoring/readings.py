"""How a generation reads its trace: which facts it names, what they imply, and whether the answer follows.

No correlation and no gold trace is needed to see whether an answer follows its trace: the facts that the
trace names, right or wrong, imply an answer (`Dataset.implied_answer`), and the answer given is that one
or is not.
"""

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from tracekd.core.files import atomic_write
from tracekd.core.normalise import collapse
from tracekd.core.records import Generation, Question
from tracekd.datasets import get_dataset
from tracekd.scoring.aligned import Parsed, is_right, parse_generation
from tracekd.scoring.lenient import parse_quoted, parse_tolerant


def parse_as_asked(question: Question, text: str) -> Parsed:
    """Take a generation apart as the `aligned` scorer does."""
    return parse_generation(text, get_dataset(question.dataset), with_trace=True)


# ways to find the parts of a generation; the first is the one of the `aligned` scorer and of the main tables
WAYS: dict[str, Callable[[Question, str], Parsed]] = {
    "parsed": parse_as_asked,
    "quoted": parse_quoted,
    "tolerant": parse_tolerant,
}
MAIN = "parsed"


@dataclass(frozen=True, slots=True)
class Reading:
    """One generation read in one way.

    named: indices of the context facts that the retrieval step names; foreign: how many other strings it
    names. facts_exact, facts_all, facts_any: the named strings are exactly the gold facts, hold all of them,
    hold one of them. implied: the answer that the named context facts imply; implied_ok: it is the gold
    answer; follows: the answer given is the implied one. These three are None where no context fact is
    named or facts of the dataset imply no answer. one_to_one: every gold answer stands in exactly one fact,
    so that naming the gold facts and naming the gold entities is the same; None where facts imply no answer.
    """

    id: str
    class_label: str
    way: str
    parsed: bool
    class_ok: bool
    named: tuple[int, ...]
    foreign: int
    facts_exact: bool
    facts_all: bool
    facts_any: bool
    answer: frozenset[str] | None
    answer_ok: bool
    implied: frozenset[str] | None
    implied_ok: bool | None
    follows: bool | None
    one_to_one: bool | None


COLUMNS = tuple("class" if field.name == "class_label" else field.name for field in fields(Reading))


def derive_reading(question: Question, generation: Generation, way: str = MAIN) -> Reading:
    """Read one generation of an arm with both steps."""
    dataset = get_dataset(question.dataset)
    found = WAYS[way](question, generation.text)
    facts = found.facts or frozenset()
    gold = frozenset(map(collapse, dataset.gold_texts(question)))
    named = tuple(index for index, fact in enumerate(question.context) if collapse(fact) in facts)
    texts = [question.context[index] for index in named]
    implied = dataset.implied_answer(question, texts) if named else None
    return Reading(
        id=question.id,
        class_label=question.class_label,
        way=way,
        parsed=None not in (found.class_label, found.facts, found.answer),
        class_ok=found.class_label == question.class_label,
        named=named,
        foreign=len(facts - frozenset(map(collapse, texts))),
        facts_exact=found.facts == gold,
        facts_all=gold <= facts,
        facts_any=bool(gold & facts),
        answer=found.answer,
        answer_ok=found.answer is not None and is_right(question, found.answer),
        implied=implied,
        implied_ok=None if implied is None else is_right(question, implied),
        follows=None if implied is None else found.answer == implied,
        one_to_one=None if dataset.implied_answer(question, ()) is None else is_one_to_one(question),
    )


def is_one_to_one(question: Question) -> bool:
    """Tell whether every gold answer stands in exactly one context fact."""
    return all(sum(answer in fact for fact in question.context) == 1 for answer in question.answers)


def derive_readings(questions: Iterable[Question], generations: Iterable[Generation]) -> list[Reading]:
    """Read every generation in every way."""
    by_id = {question.id: question for question in questions}
    return [derive_reading(by_id[one.id], one, way) for one in generations for way in WAYS]


def write_readings(readings: Iterable[Reading], path: str | Path) -> None:
    """Write one line a reading: flags as 0/1, sets and indices as sorted JSON lists, None as nothing."""
    with atomic_write(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for reading in readings:
            writer.writerow(_cell(getattr(reading, field.name)) for field in fields(reading))


def _cell(value: str | bool | int | tuple[int, ...] | frozenset[str] | None) -> str | int:
    """Format one value; a set in ASCII, for what a model wrote need not be valid Unicode."""
    if value is None:
        return ""
    if isinstance(value, tuple | frozenset):
        return json.dumps(sorted(value))
    return int(value) if isinstance(value, bool) else value
