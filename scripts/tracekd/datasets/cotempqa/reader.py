"""CoTempQA's raw files, read into questions of the released split (paper, section 2.1)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from tracekd.core.errors import DataError
from tracekd.core.files import sha256_text
from tracekd.core.raw import FETCH_AGAIN, check_row, check_text
from tracekd.core.records import Question, Source, validator
from tracekd.core.texts import parse_json_object, read_lines
from tracekd.datasets.splits import released_test_rows
from tracekd.settings.base import Count, Seed, Settings
from tracekd.sources.kinds import RelativePath

CLASSES = ("during", "equal", "mix", "overlap")


Class = Literal["during", "equal", "mix", "overlap"]


class Options(Settings):
    """How train and test are drawn."""

    files: dict[Class, RelativePath] = Field(min_length=1, description="Class to file")
    class_sizes: dict[Class, Count] | None = Field(
        None, description="Class to number of rows of the whole class; null where the files are whole"
    )
    test_fraction: Annotated[float, Field(gt=0, le=1)] = Field(description="Share of each class in test")
    split_seed: Seed = Field(description="Seed of the released split")


def read(raw: Path, options: Options, seed: int) -> list[Question]:
    """Read the files of JSON lines, one per class, in the order of `CLASSES` (paper, section 2.1).

    Test rows are those of the released split, which has a seed of its own; the run's seed is not used.

    Args:
        raw: folder of the raw files.
        options: `files` (class to file name), `class_sizes` (class to number of rows of the whole class,
            where the file holds a part of it; None: files are whole), `test_fraction`, `split_seed`.
        seed: of the run.

    Raises DataError, with file and line, at the first line that does not make a question.

    """
    return [
        question
        for label in CLASSES
        if label in options.files
        for question in _read_class(raw / options.files[label], label, options)
    ]


def _read_class(path: Path, label: Class, options: Options) -> list[Question]:
    """Read the questions of one class; a row without index was never in the released test split."""
    lines = list(read_lines(path))
    size = (options.class_sizes or {}).get(label, len(lines))
    if len(lines) > size:
        raise DataError(
            f"class {label!r} has {size} rows, the file {len(lines)}", where=path, hint=FETCH_AGAIN
        )
    test_rows = released_test_rows(size, options.test_fraction, options.split_seed)
    questions, seen = [], set()
    for number, line in lines:
        where = f"{path}:{number}"
        row = _parse_row(line, where)
        index = row["index"]
        if index is not None and index >= size:
            raise DataError(
                f"index {index} is beyond the {size} rows of class {label!r}", where=where, hint=FETCH_AGAIN
            )
        if index is not None and index in seen:
            raise DataError(f"index {index} occurs twice", where=where, hint=FETCH_AGAIN)
        seen.add(index)
        questions.append(
            Question(
                id=f"cotempqa-{label}-" + (f"L{number:05d}" if index is None else f"{int(index):05d}"),
                dataset="cotempqa",
                split="test" if index in test_rows else "train",
                class_label=label,
                context=tuple(row["facts"]),
                question=row["question"],
                answers=tuple(row["answer"]),
                gold_facts=gold_facts(row["facts"], row["answer"], where),
                source=Source(file=path.name, line=number, sha256=sha256_text(line)),
                attributes={"triple_element": row["triple_element"]} if row.get("triple_element") else {},
            )
        )
    return questions


def _parse_row(line: str, where: str) -> dict[str, Any]:
    """Parse and check one raw line."""
    row = parse_json_object(line, where)
    check_row(validator("raw_cotempqa"), row, where)
    check_text([row["question"], *row["facts"], *row["answer"]], where)
    return row


def gold_facts(context: Sequence[str], answers: Sequence[str], where: str) -> tuple[int, ...]:
    """Give the indices of the facts that hold a gold answer as a substring (paper, section 3)."""
    # facts in the inner loop: there are many more of them than answers
    found = {index for answer in answers for index, fact in enumerate(context) if answer in fact}
    if not found:
        raise DataError(
            "gold fact missing: no fact holds an answer", where=where, hint="fetch the file again"
        )
    return tuple(sorted(found))
