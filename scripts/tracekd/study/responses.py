"""Answers of participants: a folder of the survey's exports (JSON or CSV) into one table.

Whatever is wrong with a file ends in one sentence with the file and its row. Nothing is guessed or repaired:
an answer that does not belong to the plan would be counted for a condition that nobody saw. What a
spreadsheet does to a file says nothing: `.CSV` in capitals, 4.0 for 4, empty rows.
"""

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tracekd.core.checks import clip, suggest
from tracekd.core.errors import DataError
from tracekd.core.raw import check_row
from tracekd.core.records import validator
from tracekd.core.texts import parse_json_object, read_rows, read_text, restore
from tracekd.study.plan import list_asked, list_pages

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

    `rows` names the place of each answer in the file, `check_rows` that of each attention check.
    """

    record: dict[str, Any]
    where: str
    rows: tuple[str, ...]
    check_rows: tuple[str, ...]


def read_study_responses(folder: str | Path, plan: Mapping[str, Any]) -> list[Export]:
    """Read and check all exports of a folder, in the order of file names.

    Of a participant who sent a part and later the whole, the whole is taken.

    Args:
        folder: holds `*.json` and `*.csv`, in any case; other files are not looked at.
        plan: of the study that was run (`plan.json`).

    Raises DataError with file and row at the first fault.

    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError("no such folder of responses", where=folder, hint="check `responses` of the study")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise DataError("holds no responses (*.json or *.csv)", where=folder, hint="put the exports there")
    exports: dict[str, Export] = {}
    for path in paths:
        for export in read_export(path, plan):
            check_export(export, plan)
            name = export.record["participant"]
            exports[name] = _choose(exports[name], export) if name in exports else export
    return list(exports.values())


def _choose(first: Export, second: Export) -> Export:
    """Of two exports of a participant keep the completed one; DataError where there is not just one.

    Who stops early, sends, gets no reply and goes on after all sends a second time at the end.
    """
    completed = [export for export in (first, second) if export.record["completed"]]
    if len(completed) != 1 or first.record["group"] != second.record["group"]:
        raise DataError(
            f"participant {second.record['participant']!r} has already answered in {first.where}",
            where=second.where,
            hint="keep one of the two",
        )
    return completed[0]


def read_export(path: str | Path, plan: Mapping[str, Any]) -> list[Export]:
    """Read the participants of one file; their answers are not yet held against the plan."""
    path = Path(path)
    if path.suffix.lower() == ".json":
        return [parse_export(read_text(path, EXPORT_AGAIN), str(path))]
    return _from_csv(path, plan)


def parse_export(text: str, where: str) -> Export:
    """Read the one participant of a JSON export; the answers are not yet held against the plan."""
    record = parse_json_object(text, where, ASK_AGAIN)
    check_row(validator("study_response"), record, where, EXPORT_AGAIN)
    for one in (*record["answers"], *record["checks"]):  # 4.0 is a whole number of the schema, too
        one |= {name: int(one[name]) for name in ("position", "value") if isinstance(one.get(name), float)}
    rows, check_rows = (
        tuple(f"{where}: {part}[{place}]" for place in range(len(record[part])))
        for part in ("answers", "checks")
    )
    return Export(record, where, rows, check_rows)


def check_export(export: Export, plan: Mapping[str, Any]) -> None:
    """Raise DataError where an export does not fit the plan."""
    record = export.record
    if record["plan_sha256"] != plan["plan_sha256"]:
        raise DataError(
            f"answers another plan ({record['plan_sha256'][:12]}… in place of {plan['plan_sha256'][:12]}…)",
            where=export.where,
            hint="analyse it with the plan that the survey was made from",
        )
    groups = {group["group"]: group for group in plan["groups"]}
    if record["group"] not in groups:
        raise DataError(
            f"group {record['group']!r} is not in the plan",
            where=export.where,
            hint=suggest(record["group"], groups),
        )
    group = groups[record["group"]]
    seen = list_pages(group)
    wanted = _list_wanted(plan, group)
    answered: set[tuple[str, str]] = set()
    pages: dict[str, tuple[int, float | None]] = {}
    for answer, where in zip(record["answers"], export.rows, strict=True):
        _check_answer(answer, where, record["group"], seen, wanted)
        key = answer["item"], answer["question"]
        if key in answered:
            raise DataError(f"answers {key[1]!r} of item {key[0]!r} twice", where=where, hint=ASK_AGAIN)
        answered.add(key)
        page = answer["position"], answer["seconds"]
        if pages.setdefault(answer["item"], page) != page:
            what = f"position or seconds of item {answer['item']!r} are not as in the rows above"
            raise DataError(what, where=where, hint=EXPORT_AGAIN)
    positions = [position for position, _ in pages.values()]
    if len(set(positions)) < len(positions) or max(positions, default=1) > len(seen):
        what = f"the items do not have the positions 1 to {len(seen)}, each its own"
        raise DataError(what, where=export.where, hint=EXPORT_AGAIN)
    passed = _check_checks(export, plan)
    if record["completed"]:
        _check_whole(answered | passed, wanted, plan, export.where)


def _list_wanted(plan: Mapping[str, Any], group: Mapping[str, Any]) -> dict[tuple[str, str], tuple[int, int]]:
    """Lowest and highest value of all that a group of a plan is asked for, by item and question or task."""
    scale = plan["scale"]["low"], plan["scale"]["high"]
    rated = {
        (step["item"], question["name"]): scale
        for step in group["sequence"]
        for question in plan["questions"]
    }
    return rated | {key: (1, task.choices) for key, task in list_asked(plan, group).items()}


def _check_checks(export: Export, plan: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Hold the attention checks against the plan; give those that were answered, each with no item."""
    expected = {check["name"]: check["expected"] for check in plan["checks"]}
    answered: set[tuple[str, str]] = set()
    for check, where in zip(export.record["checks"], export.check_rows, strict=True):
        name, value = check["check"], check["value"]
        if name not in expected:
            raise DataError(f"check {name!r} is unknown", where=where, hint=suggest(name, expected))
        if ("", name) in answered:
            raise DataError(f"answers check {name!r} twice", where=where, hint=ASK_AGAIN)
        if value is None:
            if check["passed"]:
                raise DataError(f"passes check {name!r} without an answer", where=where, hint=EXPORT_AGAIN)
            continue
        _check_value(value, where, plan["scale"]["low"], plan["scale"]["high"])
        if check["passed"] != (value == expected[name]):
            what = f"check {name!r} asks for {expected[name]}, but {value} counts as "
            what += "passed" if check["passed"] else "failed"
            raise DataError(what, where=where, hint=EXPORT_AGAIN)
        answered.add(("", name))
    return answered


def _check_whole(
    answered: set[tuple[str, str]],
    wanted: Iterable[tuple[str, str]],
    plan: Mapping[str, Any],
    where: str,
) -> None:
    """Raise DataError where a participant who came to the end has left something out."""
    for item, name in [*wanted, *(("", check["name"]) for check in plan["checks"])]:
        if (item, name) not in answered:
            asked = f"{name!r} of item {item!r}" if item else f"check {name!r}"
            raise DataError(f"is completed but has no answer to {asked}", where=where, hint=ASK_AGAIN)


def responses_table(exports: Iterable[Export], plan: Mapping[str, Any]) -> pd.DataFrame:
    """One row an answer.

    Columns: participant, group, position, item, condition, question, dimension, value as given, score (turned
    round where a question is worded the other way), and the seconds of the item. An answer to a task has the
    task in place of question and dimension, and the score 1 if it is right, else 0.
    """
    questions = {question["name"]: question for question in plan["questions"]}
    tasks = {group["group"]: list_asked(plan, group) for group in plan["groups"]}
    ends = plan["scale"]["low"] + plan["scale"]["high"]
    rows = []
    for export in exports:
        asked = tasks[export.record["group"]]
        for answer in sorted(export.record["answers"], key=lambda answer: answer["position"]):
            value = answer["value"]
            task = asked.get((answer["item"], answer["question"]))
            if task:
                dimension, score = answer["question"], int(value == task.right)
            else:
                question = questions[answer["question"]]
                dimension, score = question["dimension"], ends - value if question["reversed"] else value
            rows.append(
                {
                    "participant": export.record["participant"],
                    "group": export.record["group"],
                    **{name: answer[name] for name in ("position", "item", "condition", "question")},
                    "dimension": dimension,
                    "value": value,
                    "score": score,
                    "seconds": answer["seconds"],
                }
            )
    columns = ["participant", "group", "position", "item", "condition", "question", "dimension"]
    return pd.DataFrame(rows, columns=[*columns, "value", "score", "seconds"])


def _check_answer(
    answer: Mapping[str, Any],
    where: str,
    group: str,
    seen: Mapping[str, str],
    wanted: Mapping[tuple[str, str], tuple[int, int]],
) -> None:
    """Raise DataError where an answer is not one that the plan asks of this group."""
    item, name = answer["item"], answer["question"]
    if item not in seen:
        raise DataError(f"item {item!r} is not one of group {group}", where=where, hint=EXPORT_AGAIN)
    if answer["condition"] != seen[item]:
        raise DataError(
            f"condition {answer['condition']!r} is not that of the item in group {group}",
            where=where,
            hint=EXPORT_AGAIN,
        )
    if (item, name) not in wanted:
        known = [one for asked, one in wanted if asked == item]
        raise DataError(f"question {name!r} is unknown", where=where, hint=suggest(name, known))
    _check_value(answer["value"], where, *wanted[item, name])


def _check_value(value: int, where: str, low: int, high: int) -> None:
    """Raise DataError where a value is no point of the scale, or no choice of a task."""
    if not low <= value <= high:
        raise DataError(
            f"value {value} is not on the scale from {low} to {high}", where=where, hint=EXPORT_AGAIN
        )


def _from_csv(path: Path, plan: Mapping[str, Any]) -> list[Export]:
    """Every participant of a CSV, in the order of their first rows."""
    expected = {check["name"]: check["expected"] for check in plan["checks"]}
    records: dict[str, dict[str, Any]] = {}
    rows: dict[tuple[str, str], list[str]] = {}
    first: dict[str, str] = {}
    for where, cells in read_rows(path, CSV_COLUMNS, EXPORT_AGAIN):
        if not any(cell.strip() for cell in cells.values()):
            continue
        row = {column: restore(cells[column]) for column in CSV_COLUMNS}
        name = row["participant"]
        head = {column: row[column] for column in OF_PARTICIPANT} | {"completed": _flag(row, where)}
        first.setdefault(name, where)
        record = records.setdefault(name, {**head, "answers": [], "checks": []})
        if any(record[column] != value for column, value in head.items()):
            what = f"participant {name!r} is not as in the rows above"
            raise DataError(what, where=where, hint=EXPORT_AGAIN)
        part = "answers" if row["item"] else "checks"
        record[part].append(_answer(row, where) if row["item"] else _check(row, expected, where))
        rows.setdefault((name, part), []).append(where)
    for name, record in records.items():
        check_row(validator("study_response"), record, first[name], EXPORT_AGAIN)
    return [
        Export(record, first[name], *(tuple(rows.get((name, part), ())) for part in ("answers", "checks")))
        for name, record in records.items()
    ]


def _answer(row: Mapping[str, str], where: str) -> dict[str, Any]:
    """Type the columns of an answer."""
    return {
        "position": _whole_number(row, "position", where),
        **{name: row[name] for name in ("item", "condition", "question")},
        "value": _whole_number(row, "value", where),
        "seconds": _number(row, "seconds", where) if row["seconds"] else None,
    }


def _check(row: Mapping[str, str], expected: Mapping[str, int], where: str) -> dict[str, Any]:
    """Type the columns of an attention check."""
    value = _whole_number(row, "value", where) if row["value"] else None
    passed = value is not None and value == expected.get(row["question"])
    return {"check": row["question"], "value": value, "passed": passed}


def _number(row: Mapping[str, str], name: str, where: str) -> float:
    """Read a finite number of a CSV."""
    with suppress(ValueError):
        value = float(row[name])
        if math.isfinite(value):
            return value
    raise DataError(f"{name} {clip(row[name])!r} is not a number", where=where, hint=EXPORT_AGAIN)


def _whole_number(row: Mapping[str, str], name: str, where: str) -> int:
    """Read a whole number of a CSV: spreadsheets write 4.0 for 4."""
    value = _number(row, name, where)
    if not value.is_integer():
        raise DataError(f"{name} {clip(row[name])!r} is not a whole number", where=where, hint=EXPORT_AGAIN)
    return int(value)


def _flag(row: Mapping[str, str], where: str) -> bool:
    """Read whether a participant came to the end, in any case: spreadsheets write TRUE."""
    text = row["completed"]
    if text.lower() not in ("true", "false"):
        raise DataError(f"completed {text!r} is neither true nor false", where=where, hint=EXPORT_AGAIN)
    return text.lower() == "true"
