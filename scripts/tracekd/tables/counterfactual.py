"""Would the model have given that answer anyway? Answers after wrong traces against those without traces.

That an answer is the one that a wrong trace implies does not show that it follows the trace: the same model
without traces may give it, too, for an item has its own temptations. The baseline is the answer of the arm
without traces, same model and run, to the same item. More of the implied answers than that: it follows beyond
baseline; fewer: it avoids what its trace implies; as many: the trace leaves it unmoved.
"""

import pandas as pd

from tracekd.datasets.rows import ALL, Grid
from tracekd.labels import OUTCOME_TITLES, as_header, count
from tracekd.scoring.readings import MAIN
from tracekd.statistics.association import Columns
from tracekd.statistics.paired import compare_clusters
from tracekd.tables.estimates import show_estimates, show_p
from tracekd.tables.readings import show_run, wrong_traces

KEYS = ["dataset", "class", "model", "arm", "seed"]
COLUMNS = [
    *[*KEYS, "named", "n", "clusters", "follows", "baseline_follows", "arm_only", "baseline_only"],
    *["excess", "excess_low", "excess_high", "p"],
]
# how many gold facts a wrong trace names: value of `facts_any`
NAMED = {"any": None, "none": 0, "some": 1}


def counterfactual_table(readings: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Hold answers after traces that imply a wrong answer against those of the model without traces.

    Args:
        readings: as from `join_baseline`, with a column `anchor`.
        grid: names in config order.

    Returns:
        dataset, class (or `all`), model, arm, seed, named (how many gold facts the trace names: `none`,
        `some`, or `any` for all items); n: items whose trace implies a wrong answer from a wrong step and
        that the model without traces answered, too (items whose wrong step implies the truth are counted in
        follow.csv, `implied_true`); clusters: their anchors; follows and baseline_follows: items where the
        answer, and that without traces, is the implied one; arm_only and baseline_only: where only one is;
        excess: their difference in points of n, with its clustered 95 % interval and p (`compare_clusters`).
        No row without items.

    """
    wrong = wrong_traces(readings)
    told = wrong[(wrong["way"] == MAIN) & (wrong["implied_ok"] == 0) & wrong["baseline_follows"].notna()]
    rows = [
        {**dict(zip(KEYS, key, strict=True)), "named": name, **_compare(part)}
        for key, items in told.groupby(KEYS, sort=False)
        for name, flag in NAMED.items()
        if len(part := items if flag is None else items[items["facts_any"] == flag])
    ]
    # the order of `named` is kept: sorting is stable
    return grid.sort(pd.DataFrame(rows, columns=COLUMNS), KEYS)


def show_counterfactual(table: pd.DataFrame) -> pd.DataFrame:
    """Write the rows over all classes for readers."""
    rows = table[table["class"] == ALL]
    return pd.DataFrame(
        {
            **show_run(rows),
            "Gold facts named": rows["named"],
            "n": rows["n"].map(count),
            "Clusters": rows["clusters"].map(count),
            as_header(OUTCOME_TITLES["follows"]): rows["follows"].map(count),
            "without traces": rows["baseline_follows"].map(count),
            "only with": rows["arm_only"].map(count),
            "only without": rows["baseline_only"].map(count),
            "Excess (points)": show_estimates(rows, "excess", digits=1),
            "p": rows["p"].map(show_p),
        }
    )


def _compare(items: pd.DataFrame) -> Columns:
    """Compare both answers to the same items."""
    by_id = items.set_index("id")
    row = compare_clusters(by_id["follows"], by_id["baseline_follows"], by_id["anchor"])
    points = {f"excess{end}": 100 * float(row[f"difference{end}"]) for end in ("", "_low", "_high")}
    return {
        "n": len(items),
        "clusters": row["clusters"],
        "follows": int(items["follows"].sum()),
        "baseline_follows": int(items["baseline_follows"].sum()),
        "arm_only": row["first_only"],
        "baseline_only": row["second_only"],
        **points,
        "p": row["clustered_p"],
    }
