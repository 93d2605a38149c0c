"""MS MARCO's raw files, read into a seeded sample of questions (paper, section 2.2)."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field

from tracekd.core.errors import DataError
from tracekd.core.files import sha256_text
from tracekd.core.logs import logger
from tracekd.core.parquet import find_rows, iter_rows
from tracekd.core.raw import FETCH_AGAIN, check_row, check_text
from tracekd.core.records import Question, Source, validator
from tracekd.datasets.splits import draw_sorted
from tracekd.settings.base import Count, Settings

CLASSES = ("DESCRIPTION", "ENTITY", "NUMERIC", "LOCATION", "PERSON")
NO_ANSWER = "No Answer Present."
OTHER_ROWS = "fetch the file again, or change seed: to draw other rows"

FOLDER = "v2.1"
COLUMNS = ("answers", "passages", "query", "query_id", "query_type")


class Options(Settings):
    """How train and test are drawn."""

    train_per_class: Count = Field(description="Training questions per query type")
    test_per_class: Count = Field(description="Test questions per query type")


def read(raw: Path, options: Options, seed: int) -> list[Question]:
    """Draw questions of each query type: train from train, test from validation (paper, section 2.2).

    The draw is seeded and depends on the query ids only; the paper's, of the same size, was not seeded.
    A train question keeps its first answer only, a test question all of them.

    Args:
        raw: folder that holds `v2.1/train-*.parquet` and `v2.1/validation-*.parquet`.
        options: `train_per_class` and `test_per_class`, questions of each query type.
        seed: of the run.

    Raises DataError, with file and row, at the first row drawn that does not make a question.

    """
    return [
        *_read_split(raw, "train", "train", options.train_per_class, seed),
        *_read_split(raw, "validation", "test", options.test_per_class, seed),
    ]


def _read_split(raw: Path, part: str, split: str, per_class: int, seed: int) -> list[Question]:
    """Draw and read the questions of one part, in the order of `CLASSES` and query ids."""
    files = sorted((raw / FOLDER).glob(f"{part}-*.parquet"))
    if not files:
        raise DataError(f"no {part}-*.parquet", where=raw / FOLDER, hint="fetch the files again")
    drawn = []
    for label, ids in _ids_by_class(files).items():
        if len(ids) < per_class:
            raise DataError(
                f"query type {label} has {len(ids)} rows, {per_class} are asked for",
                where=f"{raw / FOLDER}/{part}-*.parquet",
                hint=f"lower {split}_per_class in the registry",
            )
        drawn += draw_sorted(ids, per_class, f"{seed}/{part}/{label}")
    questions = {
        row["query_id"]: _question(row, split, f"{FOLDER}/{file.name}", number, f"{file}: row {number}")
        for file in files
        for number, row in find_rows(file, COLUMNS, "query_id", drawn)
    }
    return [questions[query_id] for query_id in drawn]


def _ids_by_class(files: Sequence[Path]) -> dict[str, list[int]]:
    """Give the query ids of each type, from two small columns of the files."""
    ids: dict[str, list[int]] = {label: [] for label in CLASSES}
    seen: set[int] = set()
    for file in files:
        for number, row in enumerate(iter_rows(file, ("query_id", "query_type")), start=1):
            query_id, label = row["query_id"], row["query_type"]
            where = f"{file}: row {number}"
            if label not in ids:
                raise DataError(f"query type {label!r} is unknown", where=where, hint=FETCH_AGAIN)
            if type(query_id) is not int or query_id in seen:
                raise DataError(
                    f"query id {query_id!r} is no number or occurs twice", where=where, hint=FETCH_AGAIN
                )
            seen.add(query_id)
            ids[label].append(query_id)
    return ids


def _question(row: dict[str, Any], split: str, file: str, number: int, where: str) -> Question:
    """Make the canonical question of one row; passages without text are left out."""
    check_row(validator("raw_ms_marco"), row, where, OTHER_ROWS)
    context = [passage for passage in row["passages"]["passage_text"] if passage.strip()]
    check_text([row["query"], *row["answers"], *context], where)
    if not context:
        raise DataError("no passage has text", where=where, hint=OTHER_ROWS)
    read_text = [row["query"], row["answers"], row["passages"]["passage_text"]]
    return Question(
        id=f"ms_marco-{split}-{row['query_id']:07d}",
        dataset="ms_marco",
        split=split,
        class_label=row["query_type"],
        context=tuple(context),
        question=row["query"],
        answers=tuple(row["answers"][:1] if split == "train" else row["answers"]),
        gold_facts=gold_passage(context, row["answers"][0], where),
        source=Source(file, number, sha256_text(json.dumps(read_text))),
    )


def gold_passage(context: Sequence[str], answer: str, where: str) -> tuple[int, ...]:
    """Give the passage that shares most words with the answer, the first of equals (paper, section 3)."""
    if answer == NO_ANSWER:
        return ()
    words = _word_set(answer)
    overlaps = [len(words & _word_set(passage)) for passage in context]
    if not any(overlaps):
        logger.info("%s: no passage shares a word with the answer; the first one is gold", where)
    return (overlaps.index(max(overlaps)),)


def _word_set(text: str) -> set[str]:
    """Give the lower-case words of a text as NLTK cuts them."""
    sentences, words = _tokenisers()
    return {word for sentence in sentences(text.lower()) for word in words(sentence)}


@cache
def _tokenisers() -> tuple[Callable[[str], list[str]], Callable[[str], list[str]]]:
    """Give NLTK's sentence and word tokenisers, both free of downloaded models.

    `nltk.word_tokenize` differs only in a sentence tokeniser trained on English abbreviations.
    """
    from nltk.tokenize import NLTKWordTokenizer, PunktSentenceTokenizer

    return PunktSentenceTokenizer().tokenize, NLTKWordTokenizer().tokenize
