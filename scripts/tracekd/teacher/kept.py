"""Which answers of the teacher were judged right: the questions that a training set is made of."""

import csv
from pathlib import Path

from tracekd.core.errors import DataError


def read_kept(path: str | Path) -> frozenset[str]:
    """Read the ids of the kept questions from a judgement file (columns `id`, `kept`: true or false)."""
    with open(path, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for number, row in enumerate(rows, start=2):
        if str(row.get("kept")).lower() not in ("true", "false") or not row.get("id"):
            raise DataError(
                "not a row of a judgement", where=f"{path}:{number}", hint="delete the file and run again"
            )
    return frozenset(row["id"] for row in rows if row["kept"].lower() == "true")
