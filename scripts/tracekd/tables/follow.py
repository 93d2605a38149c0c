"""Does the answer follow the trace, or is it true all the same, where the trace names wrong facts?"""

import pandas as pd

from tracekd.datasets.rows import ALL, Grid
from tracekd.labels import arm_title, count, dataset_title
from tracekd.scoring.outputs import WAYS
from tracekd.scoring.readings import MAIN
from tracekd.tables.estimates import add_share, show_estimates

KEYS = ["dataset", "class", "model", "arm", "seed"]
COUNTS = ["n", "follows", "true"]
SHARES = ["follows_share", "true_share"]
OTHER_WAYS = [way for way in WAYS if way != MAIN]
COLUMNS = [
    *[*KEYS, "n"],
    *[f"{name}{end}" for name in ("follows", "true") for end in ("", "_share", "_share_low", "_share_high")],
    *[f"{way}_{name}" for way in OTHER_WAYS for name in COUNTS],
]


def follow_table(readings: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Count the answers that follow a wrong trace and those that are right, for each class and for `all`.

    Columns: dataset, class, model, arm, seed; n: generations whose trace implies an answer from a wrong step
    (names context facts, but not exactly the gold ones); follows: their answer is that one; true: it is
    the gold one (an answer that cannot be read is neither); both also as a share with its 95 % Wilson
    interval; then the three counts for the other ways to find facts and answer. Datasets whose steps
    imply no answer have no rows.
    """
    wrong = readings[readings["implied"].notna() & (readings["source_ok"] == 0)]
    pooled = pd.concat([wrong.assign(**{"class": ALL}), wrong], ignore_index=True)
    ways = [_count(pooled[pooled["way"] == way]) for way in (MAIN, *OTHER_WAYS)]
    ways[1:] = [table.add_prefix(f"{way}_") for way, table in zip(OTHER_WAYS, ways[1:], strict=True)]
    table = pd.concat(ways, axis=1).fillna(0).astype(int).reset_index()
    table = table[table["n"] > 0]
    for name in ("follows", "true"):
        table = add_share(table, name, "n")
    return grid.sort(table, KEYS)[COLUMNS]


def show_follow(table: pd.DataFrame) -> pd.DataFrame:
    """Write the rows over all classes for readers."""
    rows = table[table["class"] == ALL]
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in rows["dataset"]],
            "Model": rows["model"],
            "SFT arm": [arm_title(name) for name in rows["arm"]],
            "Seed": rows["seed"].astype(str),
            "Wrong facts named": rows["n"].map(count),
            "Answer follows": rows["follows"].map(count),
            "follows (%)": show_estimates(rows, "follows_share", percent=True),
            "Answer true": rows["true"].map(count),
            "true (%)": show_estimates(rows, "true_share", percent=True),
        }
    )


def _count(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the rows by key."""
    groups = rows.groupby(KEYS, sort=False)
    return groups.agg(n=("id", "size"), follows=("follows", "sum"), true=("answer_ok", "sum"))
