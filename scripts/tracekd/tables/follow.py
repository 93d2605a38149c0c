"""Does the answer follow the trace, or is it true all the same, where the trace names wrong facts?"""

import pandas as pd

from tracekd.datasets.rows import ALL, Grid
from tracekd.labels import OUTCOME_TITLES, as_header, count
from tracekd.scoring.outputs import WAYS
from tracekd.scoring.readings import MAIN
from tracekd.statistics.association import Columns
from tracekd.tables.estimates import show_estimates
from tracekd.tables.readings import share_columns, show_run, wrong_traces

KEYS = ["dataset", "class", "model", "arm", "seed"]
# count, column of the flags
SHARES = {"follows": "follows", "true": "answer_ok", "baseline": "baseline_follows"}
COUNTS = ["n", "follows", "true"]
OTHER_WAYS = [way for way in WAYS if way != MAIN]
COLUMNS = [
    *[*KEYS, "n", "clusters", "implied_true", "baseline_n"],
    *[
        f"{name}{end}"
        for name in SHARES
        for end in ("", "_share", "_share_low", "_share_high", "_share_item_low", "_share_item_high")
    ],
    *[f"{way}_{name}" for way in OTHER_WAYS for name in COUNTS],
]


def follow_table(readings: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Count the answers that follow a wrong trace and those that are right, for each class and for `all`.

    Args:
        readings: as from `join_baseline`, with a column `anchor`.
        grid: names in config order.

    Returns:
        dataset, class, model, arm, seed; n: generations whose trace implies a wrong answer from a wrong step
        (names context facts, but not exactly the gold ones); clusters: their anchors; implied_true: those
        whose wrong step implies the true answer, where following and truth are one and the same, not in n;
        baseline_n: those of n that the model without traces answered, too; follows: their answer is the
        implied one; true: it is the gold one (an answer that cannot be read is neither); baseline: the answer
        of the model without traces is the implied one. These three also as a share with its 95 % interval,
        clustered (`clustered_share`) and with every item for itself (Wilson). Then n, follows and true for
        the other ways to find facts and answer. Datasets whose steps imply no answer have no rows.

    """
    wrong = wrong_traces(readings)
    told, apart = (wrong[wrong["implied_ok"] == flag] for flag in (0, 1))
    main = told[told["way"] == MAIN].groupby(KEYS, sort=False)
    table = pd.DataFrame([dict(zip(KEYS, key, strict=True)) | _describe(items) for key, items in main])
    if table.empty:
        return pd.DataFrame(columns=COLUMNS)
    table = table.join(apart[apart["way"] == MAIN].groupby(KEYS).size().rename("implied_true"), on=KEYS)
    for way in OTHER_WAYS:
        groups = told[told["way"] == way].groupby(KEYS, sort=False)
        counts = groups.agg(n=("id", "size"), follows=("follows", "sum"), true=("answer_ok", "sum"))
        table = table.join(counts.add_prefix(f"{way}_"), on=KEYS)
    whole = ["implied_true", *(f"{way}_{name}" for way in OTHER_WAYS for name in COUNTS)]
    table[whole] = table[whole].fillna(0).astype(int)
    # a run without a baseline has no share of it
    return grid.sort(table, KEYS).reindex(columns=COLUMNS)


def show_follow(table: pd.DataFrame) -> pd.DataFrame:
    """Write the rows over all classes for readers."""
    rows = table[table["class"] == ALL]
    return pd.DataFrame(
        {
            **show_run(rows),
            "n": rows["n"].map(count),
            **{
                f"{as_header(title)} (%)": show_estimates(rows, f"{name}_share", percent=True)
                for name, title in OUTCOME_TITLES.items()
            },
        }
    )


def _describe(items: pd.DataFrame) -> Columns:
    """Count one group, and give its shares with both intervals."""
    row: Columns = {
        "n": len(items),
        "clusters": items["anchor"].nunique(),
        "baseline_n": int(items["baseline_follows"].notna().sum()),
    }
    for name, flag in SHARES.items():
        known = items.dropna(subset=flag)
        row[name] = int(known[flag].sum())
        row |= share_columns(f"{name}_share", known[flag], known["anchor"])
    return row
