"""Items on which the scorers disagree: counts for a table, and the items themselves to look through."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from tracekd.core.tables import read_table
from tracekd.datasets.rows import Grid
from tracekd.labels import QUIRK_TITLES, arm_title, count, dataset_title, part_titles, verdict_title
from tracekd.scoring.differences import Difference
from tracekd.tables.ablation import RUN

COLUMNS = ["dataset", "class", "model", "arm", "seed", "id", "what", "published", "aligned", "reasons"]
FLAGS = {"published": "Int8", "aligned": "Int8"}


def differences_table(differences: Iterable[Difference], **run: str | int) -> pd.DataFrame:
    """Give the differences of one generation file; `run` holds its dataset, model, arm and seed.

    Columns: dataset, class, model, arm, seed, id, what (answer, class, facts or trace), published, aligned
    (1, 0 or missing), reasons (each of which is enough, joined by `or`).
    """
    rows = [
        {
            **run,
            "class": one.class_label,
            "id": one.id,
            "what": one.part,
            "published": one.published,
            "aligned": one.aligned,
            "reasons": " or ".join(one.reasons),
        }
        for one in differences
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype(FLAGS)


def read_differences(path: str | Path) -> pd.DataFrame:
    """Read a file of `differences_table`."""
    return read_table(path, **FLAGS)


def count_differences(items: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Count the rows of `differences_table` by verdicts and reason.

    Columns: dataset, model, arm, seed, what, published, aligned, reason, n. Every differing part of an item
    is counted once: the reason `Q3 or Q5` is neither `Q3` nor `Q5`.
    """
    parts = list(part_titles(grid.datasets))
    place = {part: number for number, part in enumerate(parts)}
    rows = items.rename(columns={"reasons": "reason"}).assign(what=items["what"].map(place))
    by = [*RUN, "what", "published", "aligned", "reason"]
    table = rows.groupby(by, dropna=False, as_index=False, sort=False).size()
    table = grid.sort(table.rename(columns={"size": "n"}), by)
    return table.assign(what=table["what"].map(parts.__getitem__))


def show_differences(table: pd.DataFrame) -> pd.DataFrame:
    """Write `count_differences` for readers."""
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Model": table["model"],
            "Arm": [arm_title(name) for name in table["arm"]],
            "Seed": table["seed"].astype(str),
            "Judged": table["what"].map(part_titles(table["dataset"].unique())),
            "Published": table["published"].map(verdict),
            "Aligned": table["aligned"].map(verdict),
            "Reason": table["reason"],
            "Items": table["n"].map(count),
        },
        dtype=str,
    )


def verdict(flag: int | None) -> str:
    """Write a verdict; a missing one is that of an item which enters no matrix."""
    return verdict_title(None if pd.isna(flag) else flag)


def name_reasons(reasons: str) -> str:
    """Write reasons with the names of their quirks."""
    return " or ".join(f"{one} {QUIRK_TITLES.get(one, '')}".strip() for one in reasons.split(" or "))
