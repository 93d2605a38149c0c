"""Answers of participants: a folder of the survey's exports (JSON or CSV) into one table.

Whatever is wrong with a file ends in one sentence with the file and its row. Nothing is guessed or repaired:
an answer that does not belong to the plan would be counted for a condition that nobody saw.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from tracekd.core.checks import suggest
from tracekd.core.errors import DataError
from tracekd.core.raw import check_row
from tracekd.core.records import validator

Number = TypeVar("Number", int, float)

SUFFIXES = (".json", ".csv")
CSV_COLUMNS = [
    *["study", "plan_sha256", "group", "participant", "completed"],
    *["position", "item", "condition", "question", "value", "seconds"],
]
OF_PARTICIPANT = CSV_COLUMNS[:5]
EXPORT_AGAIN = "take the file as the survey exported it"
ASK_AGAIN = "ask the participant for the export again or move the file away"


@dataclass(frozen=True, slots=True)
class Export:
    """What one participant sent: the record of `schemas/study_response.schema.json` and where it stands.

    `rows` names the place of each answer in the file.
    """

    record: dict[str, Any]
    where: str
    rows: tuple[str, ...]


def read_study_responses(folder: str | Path, plan: Mapping[str, Any]) -> list[Export]:
    """Read and check all exports of a folder, in the order of file names.

    Args:
        folder: holds `*.json` and `*.csv`; other files are not looked at.
        plan: of the study that was run (`plan.json`).

    Raises DataError with file and row at the first fault.

    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError("no such folder of responses", where=folder, hint="check `responses` of the study")
    paths = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    if not paths:
        raise DataError("holds no responses (*.json or *.csv)", where=folder, hint="put the exports there")
    exports: dict[str, Export] = {}
    for path in paths:
        for export in read_export(path, plan):
            check_export(export, plan)
            name = export.record["participant"]
            if name in exports:
                raise DataError(
                    f"participant {name!r} has already answered in {exports[name].where}",
                    where=export.where,
                    hint="keep one of the two",
                )
            exports[name] = export
    return list(exports.values())


def read_export(path: str | Path, plan: Mapping[str, Any]) -> list[Export]:
    """Read the participants of one file; their answers are not yet held against the plan."""
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")  # spreadsheets put a byte order mark before a CSV
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError("is not UTF-8", where=f"{path}:{line}", hint=EXPORT_AGAIN) from error
    return _from_json(text, path) if path.suffix == ".json" else _from_csv(text, path, plan)


def check_export(export: Export, plan: Mapping[str, Any]) -> None:
    """Raise DataError where an export does not fit the plan."""
    record = export.record
    if record["plan_sha256"] != plan["plan_sha256"]:
        raise DataError(
            f"answers another plan ({record['plan_sha256'][:12]}… in place of {plan['plan_sha256'][:12]}…)",
            where=export.where,
            hint="analyse it with the plan that the survey was made from",
        )
    sequences = {group["group"]: group["sequence"] for group in plan["groups"]}
    if record["group"] not in sequences:
        raise DataError(
            f"group {record['group']!r} is not in the plan",
            where=export.where,
            hint=suggest(record["group"], sequences),
        )
    seen = {step["item"]: step["condition"] for step in sequences[record["group"]]}
    questions = [question["name"] for question in plan["questions"]]
    answered: set[tuple[str, str]] = set()
    for answer, where in zip(record["answers"], export.rows, strict=True):
        _check_answer(answer, where, record["group"], seen, questions, plan["scale"])
        key = answer["item"], answer["question"]
        if key in answered:
            raise DataError(f"answers {key[1]!r} of item {key[0]!r} twice", where=where, hint=ASK_AGAIN)
        answered.add(key)
    if record["completed"]:
        for item in seen:
            for question in questions:
                if (item, question) not in answered:
                    raise DataError(
                        f"is completed but has no answer to {question!r} of item {item!r}",
                        where=export.where,
                        hint=ASK_AGAIN,
                    )


def responses_table(exports: Iterable[Export], plan: Mapping[str, Any]) -> pd.DataFrame:
    """One row an answer: participant, group, position, item, condition, question, dimension, value, score.

    `value` is as given; `score` is turned round where a question is worded the other way.
    """
    questions = {question["name"]: question for question in plan["questions"]}
    ends = plan["scale"]["low"] + plan["scale"]["high"]
    rows = []
    for export in exports:
        for answer in sorted(export.record["answers"], key=lambda answer: answer["position"]):
            question = questions[answer["question"]]
            rows.append(
                {
                    "participant": export.record["participant"],
                    "group": export.record["group"],
                    **{name: answer[name] for name in ("position", "item", "condition", "question")},
                    "dimension": question["dimension"],
                    "value": answer["value"],
                    "score": ends - answer["value"] if question["reversed"] else answer["value"],
                }
            )
    columns = [
        "participant",
        "group",
        "position",
        "item",
        "condition",
        "question",
        "dimension",
        "value",
        "score",
    ]
    return pd.DataFrame(rows, columns=columns)


def _check_answer(
    answer: Mapping[str, Any],
    where: str,
    group: str,
    seen: Mapping[str, str],
    questions: list[str],
    scale: Mapping[str, Any],
) -> None:
    """Raise DataError where an answer is not one that the plan asks of this group."""
    if answer["item"] not in seen:
        raise DataError(
            f"item {answer['item']!r} is not one of group {group}", where=where, hint=EXPORT_AGAIN
        )
    if answer["condition"] != seen[answer["item"]]:
        raise DataError(
            f"condition {answer['condition']!r} is not that of the item in group {group}",
            where=where,
            hint=EXPORT_AGAIN,
        )
    if answer["question"] not in questions:
        raise DataError(
            f"question {answer['question']!r} is unknown",
            where=where,
            hint=suggest(answer["question"], questions),
        )
    if not scale["low"] <= answer["value"] <= scale["high"]:
        raise DataError(
            f"value {answer['value']} is not on the scale from {scale['low']} to {scale['high']}",
            where=where,
            hint=EXPORT_AGAIN,
        )


def _from_json(text: str, path: Path) -> list[Export]:
    """The one participant of a JSON file."""
    try:
        record = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}"
        raise DataError(f"is not whole JSON: {error.msg}", where=where, hint=ASK_AGAIN) from error
    except RecursionError as error:
        raise DataError("is nested too deeply", where=path, hint=EXPORT_AGAIN) from error
    if not isinstance(record, dict):
        raise DataError("the answers of a participant are expected", where=path, hint=EXPORT_AGAIN)
    check_row(validator("study_response"), record, str(path), EXPORT_AGAIN)
    rows = tuple(f"{path}: answers[{place}]" for place in range(len(record["answers"])))
    return [Export(record, str(path), rows)]


def _from_csv(text: str, path: Path, plan: Mapping[str, Any]) -> list[Export]:
    """Every participant of a CSV, in the order of their first rows."""
    reader = csv.DictReader(io.StringIO(text), strict=True)
    expected = {check["name"]: check["expected"] for check in plan["checks"]}
    records: dict[str, dict[str, Any]] = {}
    rows: dict[str, list[str]] = {}
    first: dict[str, str] = {}
    try:
        if reader.fieldnames != CSV_COLUMNS:
            _refuse_header(list(reader.fieldnames or ()), path)
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                raise DataError(f"the row has not {len(CSV_COLUMNS)} columns", where=where, hint=ASK_AGAIN)
            name = row["participant"]
            head = {column: row[column] for column in OF_PARTICIPANT} | {"completed": _flag(row, where)}
            first.setdefault(name, where)
            record = records.setdefault(name, {**head, "answers": [], "checks": []})
            if any(record[column] != value for column, value in head.items()):
                what = f"participant {name!r} is not as in the rows above"
                raise DataError(what, where=where, hint=EXPORT_AGAIN)
            if row["item"]:
                record["answers"].append(_answer(row, where))
                rows.setdefault(name, []).append(where)
            else:
                record["checks"].append(_check(row, expected, where))
    except csv.Error as error:
        where = f"{path}:{reader.line_num}"
        raise DataError(f"is not a CSV: {error}", where=where, hint=EXPORT_AGAIN) from error
    for name, record in records.items():
        check_row(validator("study_response"), record, first[name], EXPORT_AGAIN)
    return [Export(record, first[name], tuple(rows.get(name, ()))) for name, record in records.items()]


def _refuse_header(names: list[str], path: Path) -> None:
    """Say what is wrong with a CSV's first line."""
    for delimiter, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(names) == 1 and names[0].split(delimiter) == CSV_COLUMNS:
            raise DataError(f"columns are separated by {word}", where=f"{path}:1", hint="save with commas")
    missing = [name for name in CSV_COLUMNS if name not in names]
    what = f"column {missing[0]!r} is missing" if missing else "columns are not those of an export"
    raise DataError(what, where=f"{path}:1", hint=EXPORT_AGAIN)


def _answer(row: Mapping[str, str], where: str) -> dict[str, Any]:
    """Type the columns of an answer."""
    return {
        "position": _number(row, "position", int, where),
        **{name: row[name] for name in ("item", "condition", "question")},
        "value": _number(row, "value", int, where),
        "seconds": _number(row, "seconds", float, where) if row["seconds"] else None,
    }


def _check(row: Mapping[str, str], expected: Mapping[str, int], where: str) -> dict[str, Any]:
    """Type the columns of an attention check."""
    if row["question"] not in expected:
        hint = suggest(row["question"], expected)
        raise DataError(f"check {row['question']!r} is unknown", where=where, hint=hint)
    value = _number(row, "value", int, where) if row["value"] else None
    return {"check": row["question"], "value": value, "passed": value == expected[row["question"]]}


def _number(row: Mapping[str, str], name: str, kind: type[Number], where: str) -> Number:
    """Read a number of a CSV."""
    try:
        return kind(row[name])
    except ValueError as error:
        raise DataError(f"{name} {row[name]!r} is not a number", where=where, hint=EXPORT_AGAIN) from error


def _flag(row: Mapping[str, str], where: str) -> bool:
    """Read whether a participant came to the end, in any case: spreadsheets write TRUE."""
    text = row["completed"]
    if text.lower() not in ("true", "false"):
        raise DataError(f"completed {text!r} is neither true nor false", where=where, hint=EXPORT_AGAIN)
    return text.lower() == "true"
