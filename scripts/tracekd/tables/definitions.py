"""How trace and answer go together under every stated definition of a right step and answer."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracekd.datasets import get_dataset
from tracekd.datasets.rows import ALL, TRACE, Grid
from tracekd.labels import as_header, count, scorer_title, share_titles
from tracekd.scoring.readings import MAIN
from tracekd.statistics.association import (
    CELLS,
    Columns,
    cell_flags,
    clustered_shares,
    count_flags,
    put_item_limits_beside,
    shares,
)
from tracekd.tables.estimates import show_estimates
from tracekd.tables.readings import RUN, phi_columns, show_run

PUBLISHED = "published"


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
TITLES = {PUBLISHED: scorer_title(PUBLISHED)} | {name: one.title for name, one in DEFINITIONS.items()}
ESTIMATES = ("p_answer_given_trace_ok", "p_answer_given_trace_wrong", "phi")
NUMBERS = [
    *["n", *CELLS],
    *[f"{name}{end}" for name in ESTIMATES for end in ("", "_low", "_high", "_item_low", "_item_high")],
]
COLUMNS = [*RUN, "definition", "step", *NUMBERS]


def definitions_table(readings: pd.DataFrame, statistics: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Count step against answer under each definition.

    Args:
        readings: as from `read_readings`, with a column `anchor`.
        statistics: as from `statistics_table`; its rows by the published scorer, if any, come first.
        grid: names in config order.

    Returns:
        dataset, model, arm, seed, definition, step (of the dataset, or `trace`), n, both_ok, answer_only_ok,
        trace_only_ok, neither_ok, P(answer right | step right), P(answer right | step wrong) and phi, each
        with its 95 % interval, clustered and with every item for itself; empty where undefined. The column
        names are those of statistics.csv.

    """
    rows = [*_published(statistics)]
    rows += [
        {**run, "definition": name, "step": step, **_describe(cells, clusters)}
        for name, definition in DEFINITIONS.items()
        for run, step, cells, clusters in _read(readings, definition)
    ]
    # the order of definitions and steps is kept: sorting is stable
    return grid.sort(pd.DataFrame(rows, columns=COLUMNS), RUN)


def show_definitions(table: pd.DataFrame) -> pd.DataFrame:
    """Write the whole-trace rows for readers."""
    rows = table[table["step"] == "trace"]
    return pd.DataFrame(
        {
            **show_run(rows),
            "Right means": rows["definition"].map(TITLES),
            "n": rows["n"].map(count),
            "Trace right": (rows["both_ok"] + rows["trace_only_ok"]).map(count),
            **{
                f"{as_header(share_titles()[name])} (%)": show_estimates(rows, name, percent=True)
                for name in ESTIMATES[:2]
            },
            "phi": show_estimates(rows, "phi"),
        }
    )


def _published(statistics: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rows of the published scorer's tables of one seed."""
    rows = statistics[(statistics["scorer"] == PUBLISHED) & (statistics["seed"].astype(str) != ALL)]
    rows = rows.astype({"seed": int})[[*RUN, "step", *NUMBERS]]
    yield from rows.assign(definition=PUBLISHED).to_dict("records")


def _read(
    readings: pd.DataFrame, definition: Definition
) -> Iterator[tuple[dict[str, Any], str, NDArray[np.float64], pd.Series]]:
    """Yield run, step, cells and clusters of every table of one definition."""
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
            yield run, step, cell_flags(items["answer_ok"], ok), items["anchor"]


def _describe(cells: NDArray[np.float64], clusters: pd.Series) -> Columns:
    """Describe one table."""
    counts = count_flags(cells)
    row = put_item_limits_beside(shares(counts), clustered_shares(cells, clusters))
    return {"n": counts.n, **counts._asdict(), **row, **phi_columns("phi", cells, clusters)}
