"""Small hand-written raw folders in each dataset's own format, whole and without fault."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tracekd.datasets import get_dataset
from tracekd.datasets.babi.reader import TASKS

_OPTIONS: dict = {
    "cotempqa": {
        "files": {label: f"{label}.json" for label in get_dataset("cotempqa").classes},
        "class_sizes": None,
        "test_fraction": 0.2,
        "split_seed": 42,
    },
    "babi": {"test_fraction": 0.5},
    "ms_marco": {"train_per_class": 2, "test_per_class": 1},
}
OPTIONS = {name: get_dataset(name).Options.model_validate(given) for name, given in _OPTIONS.items()}

STORY = (
    "1 Mary got the milk there.\n"
    "2 John moved to the bedroom.\n"
    "3 Mary travelled to the hallway.\n"
    "4 Where is the milk? \thallway\t3 1\n"
    "5 John took the apple.\n"
    "6 What is John carrying? \tapple\t5\n"
)

ANSWER_FACTS = [
    "Anna Berg works for Acme Corp from 1998 to 2004.",
    "Anna Berg holds the position of mayor from March, 1999 to May 3, 2001.",
    "Anna Berg holds the position of dean in 2008.",
]


def cotempqa_row(index: int = 0, **changes) -> dict:
    """One raw question; `changes` replace fields."""
    row = {
        "index": index,
        "triple_element": "S1_R2_O2",
        "question": "While Anna Berg was working for Acme Corp, which position did Anna Berg hold then?",
        "facts": ANSWER_FACTS,
        "answer": ["mayor"],
    }
    return {**row, **changes}


def marco_row(query_id: int, query_type: str, **changes) -> dict:
    """One raw query as the hub stores it; `changes` replace fields."""
    texts = ["The capital of Vostria is Dorn.", "", "The population of Vostria is 210, more or less."]
    row = {
        "answers": ["More or less 210.", "210"],
        "passages": {"is_selected": [0, 0, 1], "passage_text": texts, "url": ["u", "v", "w"]},
        "query": f"what is the population of vostria {query_id}",
        "query_id": query_id,
        "query_type": query_type,
        "wellFormedAnswers": [],
    }
    return {**row, **changes}


def write_lines(path: Path, rows: list[dict]) -> None:
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def write_parquet(path: Path, rows: list[dict]) -> None:
    """Write rows with the hub's column types."""
    texts = pa.list_(pa.string())
    passages = pa.struct([("is_selected", pa.list_(pa.int32())), ("passage_text", texts), ("url", texts)])
    schema = pa.schema(
        [
            ("answers", texts),
            ("passages", passages),
            ("query", pa.string()),
            ("query_id", pa.int32()),
            ("query_type", pa.string()),
            ("wellFormedAnswers", texts),
        ]
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema), path)


def write_cotempqa(raw: Path) -> None:
    """Five questions of each class."""
    for label in get_dataset("cotempqa").classes:
        write_lines(raw / f"{label}.json", [cotempqa_row(index) for index in range(5)])


def write_babi(raw: Path) -> None:
    """Two stories of each task and part."""
    (raw / "en-valid").mkdir(parents=True, exist_ok=True)
    for task in TASKS.values():
        for part in ("train", "valid", "test"):
            (raw / "en-valid" / f"qa{task}_{part}.txt").write_text(STORY * 2, "utf-8")


def write_ms_marco(raw: Path) -> None:
    """Three train and two validation rows of each type."""
    for part, count, first in (("train", 3, 0), ("validation", 2, 1000)):
        rows = [
            marco_row(first + count * number + copy, label)
            for number, label in enumerate(get_dataset("ms_marco").classes)
            for copy in range(count)
        ]
        write_parquet(raw / "v2.1" / f"{part}-00000-of-00001.parquet", rows)


WRITERS = {"cotempqa": write_cotempqa, "babi": write_babi, "ms_marco": write_ms_marco}
