"""How trace and answer go together under every stated definition of a correct step and answer."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from tracekd.datasets import get_dataset
from tracekd.datasets.rows import ALL, TRACE, Grid
from tracekd.labels import arm_title, count, dataset_title
from tracekd.scoring.readings import MAIN
from tracekd.statistics.association import CELLS, Counts, shares
from tracekd.tables.estimates import show_estimates
from tracekd.tables.readings import RUN, count_cells, phi_columns

PUBLISHED = "published"
# run (dataset, model, arm, seed), step, counts
Cell = tuple[dict[str, str | int], str, Counts]


class Definition(NamedTuple):
    """Which reading counts, which flag makes a quoting step right, and whether broken outputs are dropped.

    `facts` is the column of that flag; None: the judgement of the dataset.
    """

    title: str
    way: str
    facts: str | None = None
    readable_only: bool = False


DEFINITIONS = {
    "aligned": Definition("exactly the gold facts", MAIN),
    "all_gold": Definition("all gold facts, others too", MAIN, "facts_all"),
    "any_gold": Definition("any gold fact", MAIN, "facts_any"),
    "quoted": Definition("verbatim quotes are exactly the gold facts", "quoted"),
    "parsed_only": Definition("exact, unreadable outputs dropped", MAIN, readable_only=True),
    "tolerant": Definition("exact, tolerant reading", "tolerant"),
}
TITLES = {PUBLISHED: "published scorer"} | {name: one.title for name, one in DEFINITIONS.items()}
ESTIMATES = ("p_answer_given_trace_ok", "p_answer_given_trace_wrong", "phi")
COLUMNS = [
    *[*RUN, "definition", "step", "n", *CELLS],
    *[f"{name}{end}" for name in ESTIMATES for end in ("", "_low", "_high")],
]


def definitions_table(readings: pd.DataFrame, matrix: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Count step against answer under each definition.

    Args:
        readings: as from `read_readings`.
        matrix: as from `trace_answer_matrix`; its rows by the published scorer, if any, come first.
        grid: names in config order.

    Returns:
        dataset, model, arm, seed, definition, step (of the dataset, or `trace`), n, both_ok, answer_only_ok,
        trace_only_ok, neither_ok, P(answer ok | step ok), P(answer ok | step wrong) and phi, each with
        its 95 % interval; empty where undefined. The column names are those of statistics.csv.

    """
    found = {PUBLISHED: _published(matrix)}
    found |= {name: _read(readings, definition) for name, definition in DEFINITIONS.items()}
    rows = [
        {
            **{**run, "definition": name, "step": step, "n": counts.n},
            **{**counts._asdict(), **shares(counts), **phi_columns("phi", counts)},
        }
        for name, cells in found.items()
        for run, step, counts in cells
    ]
    # the order of definitions and steps is kept: sorting is stable
    return grid.sort(pd.DataFrame(rows, columns=COLUMNS), RUN)


def show_definitions(table: pd.DataFrame) -> pd.DataFrame:
    """Write the whole-trace rows for readers."""
    rows = table[table["step"] == "trace"]
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in rows["dataset"]],
            "Model": rows["model"],
            "SFT arm": [arm_title(name) for name in rows["arm"]],
            "Seed": rows["seed"].astype(str),
            "Correct means": rows["definition"].map(TITLES),
            "n": rows["n"].map(count),
            "Trace ok": (rows["both_ok"] + rows["trace_only_ok"]).map(count),
            "Answer ok if trace ok (%)": show_estimates(rows, "p_answer_given_trace_ok", percent=True),
            "Answer ok if trace wrong (%)": show_estimates(rows, "p_answer_given_trace_wrong", percent=True),
            "phi": show_estimates(rows, "phi"),
        }
    )


def _published(matrix: pd.DataFrame) -> Iterator[Cell]:
    """Yield the published scorer's matrices."""
    rows = matrix[(matrix["scorer"] == PUBLISHED) & (matrix["class"] == ALL)]
    for row in rows.to_dict("records"):
        yield {key: row[key] for key in RUN}, row["step"], Counts(*(int(row[cell]) for cell in CELLS))


def _read(readings: pd.DataFrame, definition: Definition) -> Iterator[Cell]:
    """Yield the matrices of one definition."""
    rows = readings[readings["way"] == definition.way]
    rows = rows[rows["readable"] == 1] if definition.readable_only else rows
    for key, items in rows.groupby(RUN, sort=False):
        run = dict(zip(RUN, key, strict=True))
        dataset = get_dataset(str(run["dataset"]))
        steps = {
            step.name: items[definition.facts if step.quotes and definition.facts else f"{step.name}_ok"]
            for step in dataset.steps
        }
        for step, ok in {**steps, TRACE: math.prod(steps.values())}.items():
            yield run, step, count_cells(items["answer_ok"], ok)
