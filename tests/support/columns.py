"""The columns of docs/tables.md, held against files that were really written."""

import csv
import itertools
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from support.examples import ROOT

PAGE = ROOT / "docs/tables.md"
# of raw files and of what others released, the workflow owns no column
FOREIGN = ("raw", "released", "released_responses")


@cache
def read_page() -> dict[str, list[str]]:
    """Give pattern of a file to the names in the first column of its section, as the page writes them."""
    sections = re.split(r"^### `(.*?)`$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    rows = {
        pattern: re.findall(r"^\| (`.*?`) \|", body.split("\n## ")[0], re.MULTILINE)
        for pattern, body in zip(sections[1::2], sections[2::2], strict=True)
    }
    return {pattern: re.findall("`(.*?)`", " ".join(cells)) for pattern, cells in rows.items()}


def expand(name: str) -> list[str]:
    """Write out names with several endings: `a{,_b}` is `a` and `a_b`; `{step}` stays."""
    parts = re.split(r"\{([^{}]*,[^{}]*)\}", name)
    choices = [part.split(",") if place % 2 else [part] for place, part in enumerate(parts)]
    return ["".join(chosen) for chosen in itertools.product(*choices)]


def find_faults(pattern: str, header: Iterable[str]) -> list[str]:
    """Name the columns of a file that its section lacks, and those that only its section has."""
    header = list(header)
    known = [one for name in read_page()[pattern] for one in expand(name)]
    plain = {name for name in known if "{" not in name}
    free = [re.sub(r"\\\{\w+\\\}", r"\\w+", re.escape(name)) for name in known if "{" in name]
    unknown = [
        name for name in header if name not in plain and not any(re.fullmatch(one, name) for one in free)
    ]
    twice = sorted({name for name in known if known.count(name) > 1})
    return [
        *(f"{pattern}: {name} is not on the page" for name in unknown),
        *(f"{pattern}: {name} is on the page only" for name in sorted(plain - set(header))),
        *(f"{pattern}: {name} is on the page twice" for name in twice),
    ]


def find_pattern(path: str) -> str | None:
    """Give the section of a file below `results/{run}/`."""
    path = path.replace("study_SIMULATED_", "study_")
    shapes = {pattern: re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(pattern)) for pattern in read_page()}
    return next((pattern for pattern, shape in shapes.items() if re.fullmatch(shape, path)), None)


def check_columns(run: Path) -> int:
    """Hold every CSV of a run against the page; give their number."""
    faults, found = [], sorted(run.rglob("*.csv"))
    for path in found:
        name = path.relative_to(run).as_posix()
        if name.startswith(FOREIGN) or name == "latex.csv":
            continue
        pattern = find_pattern(name)
        if pattern is None:
            faults.append(f"{name} is not on the page")
        else:
            with open(path, encoding="utf-8", newline="") as stream:
                faults += find_faults(pattern, next(csv.reader(stream)))
    assert not faults, "docs/tables.md and the files differ:\n" + "\n".join(sorted(set(faults)))
    return len(found)
