"""Simulated MS MARCO: ten short passages, a web question of one of five types, one passage that answers it.

Every query type has one attribute of invented countries. The wrong passages are about the same attribute
elsewhere or another attribute of the same country, so only both together find the answer.
"""

import random
from pathlib import Path

import pyarrow
import pyarrow.parquet

from tracekd.core.files import atomic_write
from tracekd.core.records import Question
from tracekd.datasets.ms_marco.reader import NO_ANSWER
from tracekd.datasets.simulation import Scene, distinct_scenes, pose

COUNTRIES = ("Vostria", "Maldor", "Kestan", "Ombria", "Pellia", "Tarnow", "Zelland", "Quorra")
ATTRIBUTES = {
    "capital": ("LOCATION", "what", ("Lumen", "Brack", "Tessa", "Orlin", "Fenwick", "Calder")),
    "population": ("NUMERIC", "what", ("210", "340", "455", "570", "680", "795")),
    "president": ("PERSON", "who", ("Marta", "Oskar", "Petra", "Ruben", "Silvia", "Tobias")),
    "currency": ("ENTITY", "what", ("florin", "ducat", "thaler", "crown", "mark", "real")),
    "climate": (
        "DESCRIPTION",
        "what",
        (
            "mild and wet",
            "hot and dry",
            "cold and windy",
            "warm and humid",
            "cool and foggy",
            "harsh and snowy",
        ),
    ),
}
N_PASSAGES = 10
N_SAME_ATTRIBUTE = 4
N_SAME_COUNTRY = 2
NO_ANSWER_SHARE = 0.05
QUERIES_PER_SCENE = 6

PHRASES = (
    " is ",
    *(f"The {name} of " for name in ATTRIBUTES),
    *(f"{word} is the {name} of " for name, (_, word, _) in ATTRIBUTES.items()),
)

SCHEMA = pyarrow.schema(
    [
        ("answers", pyarrow.list_(pyarrow.string())),
        (
            "passages",
            pyarrow.struct(
                [
                    ("is_selected", pyarrow.list_(pyarrow.int32())),
                    ("passage_text", pyarrow.list_(pyarrow.string())),
                    ("url", pyarrow.list_(pyarrow.string())),
                ]
            ),
        ),
        ("query", pyarrow.string()),
        ("query_id", pyarrow.int32()),
        ("query_type", pyarrow.string()),
        ("wellFormedAnswers", pyarrow.list_(pyarrow.string())),
    ]
)


def sample(rng: random.Random) -> Scene:
    """Draw a scene; its first query has no answer in the passages with chance `NO_ANSWER_SHARE`."""
    country, attribute = rng.choice(COUNTRIES), rng.choice(list(ATTRIBUTES))
    elsewhere = rng.sample([other for other in COUNTRIES if other != country], N_SAME_ATTRIBUTE)
    topics = [(other, attribute) for other in elsewhere]
    topics += [
        (country, other)
        for other in rng.sample([name for name in ATTRIBUTES if name != attribute], N_SAME_COUNTRY)
    ]
    rest = [
        (place, name) for place in COUNTRIES for name in ATTRIBUTES if place != country and name != attribute
    ]
    answered = rng.random() >= NO_ANSWER_SHARE
    topics += [(country, attribute)] if answered else []
    topics += rng.sample(rest, N_PASSAGES - len(topics))
    rng.shuffle(topics)

    # one value a passage: the gold passage is found by its words
    values = {name: rng.sample(values, len(values)) for name, (_, _, values) in ATTRIBUTES.items()}
    drawn = [values[name].pop() for _, name in topics]
    passages = [
        f"The {name} of {place} is {value}." for (place, name), value in zip(topics, drawn, strict=True)
    ]
    others = [index for index, topic in enumerate(topics) if topic != (country, attribute)]
    main = topics.index((country, attribute)) if answered else None
    asked = [main, *rng.sample(others, QUERIES_PER_SCENE - 1)]
    return Scene(
        tuple(
            _query(passages, country, attribute, (), NO_ANSWER)
            if index is None
            else _query(passages, *topics[index], (index,), drawn[index])
            for index in asked
        )
    )


def write_raw(folder: Path, sizes: dict[str, int], seed: int) -> None:
    """Write train and validation as the hub stores them; `sizes` are rows per query type and split."""
    rng = random.Random(f"{seed}/ms_marco")
    scenes = distinct_scenes(lambda: sample(rng))
    for split in ("train", "validation"):
        rows: dict[str, list[Question]] = {label: [] for label, _, _ in ATTRIBUTES.values()}
        while any(len(questions) < sizes[split] for questions in rows.values()):
            question = next(scenes).questions[0]
            if len(rows[question.class_label]) < sizes[split]:
                rows[question.class_label].append(question)
        mixed = [question for questions in rows.values() for question in questions]
        rng.shuffle(mixed)
        table = pyarrow.Table.from_pylist(
            [_row(question, number) for number, question in enumerate(mixed, start=1)], schema=SCHEMA
        )
        with atomic_write(folder / "v2.1" / f"{split}-00000-of-00001.parquet", "wb") as stream:
            pyarrow.parquet.write_table(table, stream)


def _query(passages: list[str], country: str, attribute: str, gold: tuple[int, ...], answer: str) -> Question:
    """Ask for an attribute of a country."""
    label, word, _ = ATTRIBUTES[attribute]
    return pose("ms_marco", passages, f"{word} is the {attribute} of {country}", [answer], label, gold)


def _row(question: Question, query_id: int) -> dict[str, object]:
    """Give the hub's row of a question."""
    selected = [int(index in question.gold_facts) for index in range(len(question.context))]
    urls = [f"https://example.org/{query_id}/{index}" for index in range(len(question.context))]
    return {
        "answers": list(question.answers),
        "passages": {"is_selected": selected, "passage_text": list(question.context), "url": urls},
        "query": question.question,
        "query_id": query_id,
        "query_type": question.class_label,
        "wellFormedAnswers": [question.context[index] for index in question.gold_facts],
    }
