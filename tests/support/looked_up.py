"""Numbers in a page that are looked up in tables: each stands before a comment that says where it comes from.

`94.3 %<!--counterfactual model=Llama arm=correct: follows/n-->` is the share of two columns of the only row
of counterfactual.csv whose columns have these values, or, where none has, begin with them; `%` behind a
number, or `100*` before a column, stands for a factor of 100, its decimals are those that are printed, and
`: #` counts the rows. A table with a folder before it, `small_llm/jobs`, is one of docs/.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from support.examples import ROOT

LOOKED_UP = re.compile(
    r"(?P<number>−?\d[\d,]*(?:\.\d+)?)(?P<percent> ?%)?"
    r"<!--(?P<table>[\w/]+)(?P<where>[^>]*): ?(?P<what>[^:>]+)-->"
)
# what has a digit and is no result: names, labels, levels, references
NO_RESULT = re.compile(
    r"Llama-3\.[12]-\d+B|Qwen3-[\d.]+B|\bQ\d+\b|\bR1\b|95 %|28 %|arXiv \d+\.\d+|ACL \d{4}|\b\dB\b"
    r"|`[^`]*`|\]\([^)]*\)"
)


class Wrong(NamedTuple):
    """A printed number that its table does not have."""

    line: int
    printed: str
    found: str
    where: str


def find_wrong(page: Path, tables: Path) -> list[Wrong]:
    """Compare every number of a page that names its table with that table."""
    wrong = []
    for line, text in enumerate(page.read_text("utf-8").splitlines(), start=1):
        for match in LOOKED_UP.finditer(text):
            found = show(look_up(tables, match["table"], match["where"], match["what"]), match)
            if found != match["number"]:
                wrong.append(Wrong(line, match["number"], found, match.group().split("<!--")[1]))
    return wrong


def find_unsourced(page: Path) -> list[tuple[int, str]]:
    """Find the numbers of a page that name no table, by line."""
    found = []
    for line, text in enumerate(page.read_text("utf-8").splitlines(), start=1):
        rest = NO_RESULT.sub("", LOOKED_UP.sub("", text))
        found += [(line, number) for number in re.findall(r"\d[\d.,]*", rest)]
    return found


def update(page: Path, tables: Path) -> None:
    """Write the numbers of the tables into the page."""

    def replace(match: re.Match[str]) -> str:
        found = show(look_up(tables, match["table"], match["where"], match["what"]), match)
        return found + match.group()[len(match["number"]) :]

    page.write_text(LOOKED_UP.sub(replace, page.read_text("utf-8")), "utf-8")


def look_up(tables: Path, table: str, where: str, what: str) -> float:
    """Take one number from a table: a column, a ratio of two, or (`#`) the count of rows."""
    folder = ROOT / "docs" if "/" in table else tables
    rows = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)
    for condition in where.split():
        column, value = condition.split("=")
        value = value.replace("_", " ") if column == "verdict" else value
        equal = rows[column] == value
        rows = rows[equal if equal.any() else rows[column].str.startswith(value)]
    if what == "#":
        return len(rows)
    assert len(rows) == 1, f"{table}{where}: {len(rows)} rows"
    first, *rest = (float(rows[column].iloc[0]) for column in what.removeprefix("100*").split("/"))
    return (first / rest[0] if rest else first) * (100 if what.startswith("100*") else 1)


def show(value: float, match: re.Match[str]) -> str:
    """Write a number as the page prints its own."""
    digits = len(match["number"].partition(".")[2])
    scaled = 100 * value if match["percent"] else value
    return f"{round(scaled, digits) + 0.0:,.{digits}f}".replace("-", "−")
