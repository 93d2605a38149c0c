"""Simulated CoTempQA: what else did a person do at the time of the fact in the question.

Person and asked relation single out most answers; in the other scenes the dates matter too, for a fact of
the right person and relation lies outside the period.
"""

import json
import random
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from tracekd.core.files import atomic_write
from tracekd.core.records import Question
from tracekd.datasets.simulation import Scene, apportion, distinct_scenes, pose

PEOPLE = ("Anna", "Carl", "Dora", "Emil", "Greta", "Hugo")
CLASS_WEIGHTS = {"during": 40, "overlap": 28, "equal": 20, "mix": 12}
SINGLE_CLASSES = ("during", "overlap", "equal")
N_FACTS = 5
SAME_RELATION_SHARE = 0.1
OUTSIDE_SHARE = 0.1
SECOND_ANSWER_SHARE = 0.05


class Relation(NamedTuple):
    """Wording of one relation: in a fact, in the condition of a question, in what it asks for."""

    fact: str
    condition: str
    asked: str
    objects: tuple[str, ...]


RELATIONS = {
    "employer": Relation(
        "works for",
        "was working for",
        "which employer did {} work for",
        ("Acme", "Borealis", "Cobalt", "Dynatek", "Ember", "Falcon"),
    ),
    "position": Relation(
        "holds the position of",
        "was holding the position of",
        "which position did {} hold",
        ("mayor", "judge", "editor", "dean", "consul", "bishop"),
    ),
    "party": Relation(
        "is a member of the",
        "was a member of the",
        "which political party did {} belong to",
        ("Greens", "Liberals", "Unionists", "Centrists", "Agrarians", "Radicals"),
    ),
    "team": Relation(
        "plays for",
        "was playing for",
        "which team did {} play for",
        ("Oslo", "Turin", "Porto", "Ghent", "Malmo", "Leeds"),
    ),
}


SPAN = "during the same time span?"
PHRASES = (
    "While ",
    " from ",
    " to ",
    *(f" {wording} " for relation in RELATIONS.values() for wording in (relation.fact, relation.condition)),
    *(f", {relation.asked.partition('{}')[0]}" for relation in RELATIONS.values()),
    *(f"{relation.asked.partition('{}')[2]} {SPAN}" for relation in RELATIONS.values()),
)


class Fact(NamedTuple):
    """One dated statement; years are inclusive bounds."""

    subject: str
    relation: str
    object: str
    start: int
    end: int

    def text(self) -> str:
        """Print as CoTempQA prints its facts."""
        return (
            f"{self.subject} {RELATIONS[self.relation].fact} {self.object} from {self.start} to {self.end}."
        )


def temporal_class(first: Fact, second: Fact) -> str | None:
    """Name the relation of two periods; None when they share no time."""
    if (first.start, first.end) == (second.start, second.end):
        return "equal"
    if max(first.start, second.start) >= min(first.end, second.end):
        return None
    return "during" if _holds(first, second) or _holds(second, first) else "overlap"


def _holds(outer: Fact, inner: Fact) -> bool:
    """Whether one period lies within the other."""
    return outer.start <= inner.start and inner.end <= outer.end


def sample(rng: random.Random) -> Scene:
    """Draw a scene; its first question is of a class drawn by `CLASS_WEIGHTS`."""
    label = rng.choices(list(CLASS_WEIGHTS), list(CLASS_WEIGHTS.values()))[0]
    while True:
        condition, asked, facts = _draw_facts(label, rng)
        main = _question(facts, condition, asked)
        if main and main.class_label == label:
            asked_of_all = (_question(facts, fact, relation) for fact, relation in product(facts, RELATIONS))
            others = [question for question in asked_of_all if question and question.id != main.id]
            return Scene((main, *rng.sample(others, len(others))))


def write_raw(folder: Path, sizes: dict[str, int], seed: int) -> None:
    """Write `equal.json`, `mix.json`, `overlap.json` and `during.json` with `sizes['rows']` rows in all."""
    rng = random.Random(f"{seed}/cotempqa")
    missing = apportion(sizes["rows"], CLASS_WEIGHTS)
    rows: dict[str, list[dict[str, object]]] = {label: [] for label in CLASS_WEIGHTS}
    scenes = distinct_scenes(lambda: sample(rng))
    while any(len(rows[label]) < missing[label] for label in rows):
        question = next(scenes).questions[0]
        if len(rows[question.class_label]) < missing[question.class_label]:
            rows[question.class_label].append(
                {
                    "index": len(rows[question.class_label]),
                    "triple_element": question.attributes["triple_element"],
                    "question": question.question,
                    "facts": list(question.context),
                    "answer": list(question.answers),
                }
            )
    for label, records in rows.items():
        with atomic_write(folder / f"{label}.json") as stream:
            stream.writelines(json.dumps(record) + "\n" for record in records)


def _draw_facts(label: str, rng: random.Random) -> tuple[Fact, str, list[Fact]]:
    """Draw the fact of the question, the relation that is asked for, and the whole shuffled context."""
    subject, other = rng.sample(PEOPLE, 2)
    own, asked, third = rng.sample(list(RELATIONS), 3)
    if rng.random() < SAME_RELATION_SHARE:
        asked = own
    objects = {
        name: rng.sample(relation.objects, len(relation.objects)) for name, relation in RELATIONS.items()
    }
    start = rng.randint(1996, 2008)
    end = start + rng.randint(4, 7)

    labels = rng.sample(SINGLE_CLASSES, 2) if label == "mix" else [label]
    if label != "mix" and rng.random() < SECOND_ANSWER_SHARE:
        labels.append(label)
    elif label != "mix" and rng.random() < OUTSIDE_SHARE:
        labels.append("outside")
    condition = Fact(subject, own, objects[own].pop(), start, end)
    facts = [condition] + [
        Fact(subject, asked, objects[asked].pop(), *_draw_period(name, start, end, rng)) for name in labels
    ]
    # the asked relation of another person, so that the relation alone does not give the answer away
    distractors = [
        (other, asked),
        rng.choice([(other, asked), (subject, third), (other, third)]),
        (other, third),
    ]
    for person, relation in distractors[: N_FACTS - len(facts)]:
        period = _draw_period(rng.choice(SINGLE_CLASSES), start, end, rng)
        facts.append(Fact(person, relation, objects[relation].pop(), *period))
    return condition, asked, rng.sample(facts, len(facts))


def _draw_period(label: str, start: int, end: int, rng: random.Random) -> tuple[int, int]:
    """Draw a period that stands in the given relation to (start, end)."""
    if label == "equal":
        return start, end
    if label == "during":
        first = rng.randint(start + 1, end - 2)
        return first, rng.randint(first + 1, end - 1)
    later = rng.random() < 0.5
    if label == "overlap":
        inside = rng.randint(start + 1, end - 1)
        return (inside, end + rng.randint(1, 4)) if later else (start - rng.randint(1, 4), inside)
    gap, length = rng.randint(1, 3), rng.randint(2, 4)
    return (end + gap, end + gap + length) if later else (start - gap - length, start - gap)


def _question(facts: Sequence[Fact], condition: Fact, asked: str) -> Question | None:
    """Ask for the objects of a relation at the time of a fact; None when there are none."""
    gold = {
        index: label
        for index, fact in enumerate(facts)
        if fact != condition
        and (fact.subject, fact.relation) == (condition.subject, asked)
        and (label := temporal_class(condition, fact))
    }
    if not gold:
        return None
    labels = set(gold.values())
    wording = f"While {condition.subject} {RELATIONS[condition.relation].condition} {condition.object}, "
    wording += f"{RELATIONS[asked].asked.format(condition.subject)} {SPAN}"
    return pose(
        "cotempqa",
        [fact.text() for fact in facts],
        wording,
        [facts[index].object for index in gold],
        labels.pop() if len(labels) == 1 else "mix",
        list(gold),
        {"triple_element": "S1_R1_O2" if asked == condition.relation else "S1_R2_O2"},
    )
