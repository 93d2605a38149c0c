"""Answers of two arms of a model, or of two models of an arm, on the same items."""

from collections.abc import Callable, Mapping
from itertools import combinations

import pandas as pd

from tracekd.datasets.rows import Grid
from tracekd.labels import arm_title, count, dataset_title
from tracekd.settings.statistics import Statistics
from tracekd.statistics.association import Columns
from tracekd.statistics.paired import compare_clusters
from tracekd.statistics.verdict import holm
from tracekd.tables.estimates import show_estimates, show_p

KEYS = ["dataset", "scorer", "seed", "kind", "fixed", "first", "second"]
COLUMNS = [*KEYS, "n", "unpaired", "clusters", "first_only", "second_only"]
COLUMNS += [f"difference{end}" for end in ("", "_low", "_high", "_item_low", "_item_high")]
COLUMNS += ["mcnemar_p", "clustered_p", "holm_p"]
# what is compared: (column that varies, column that is fixed)
KINDS = {"arms": ("arm", "model"), "models": ("model", "arm")}

Key = tuple[str | int, ...]


def comparisons_table(scores: pd.DataFrame, grid: Grid, settings: Statistics) -> pd.DataFrame:
    """Compare every pair of arms within a model, and of models within an arm, seed by seed.

    Args:
        scores: as from `read_scores`, with a column `anchor`.
        grid: names in config order.
        settings: of the correction.

    Returns:
        dataset, scorer, seed, kind (arms or models), fixed (the model or arm that both have), first, second,
        then those of `compare_clusters`, holm_p (of clustered_p).

    """
    runs = {
        key: run.set_index("id")[["answer_ok", "anchor"]]
        for key, run in scores.groupby(["dataset", "scorer", "seed", "model", "arm"], sort=False)
    }
    rows = [
        {
            **dict(zip(KEYS, (*part, kind, held, first, second), strict=True)),
            **_compare(_run(runs, part, kind, held, first), _run(runs, part, kind, held, second)),
        }
        for part, items in scores.groupby(["dataset", "scorer", "seed"], sort=False)
        for kind, (varied, fixed) in KINDS.items()
        for held in grid.present(items, fixed)
        for first, second in combinations(grid.present(items[items[fixed] == held], varied), 2)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["holm_p"] = holm(table["clustered_p"], table[settings.holm.comparisons])
    return grid.sort(table, ["dataset", "scorer", "seed", "kind"])


def show_comparisons(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers."""
    titles: dict[str, Callable[[str], str]] = {"arms": arm_title, "models": str}
    pairs = {
        side: [titles[kind](name) for kind, name in zip(table["kind"], table[side], strict=True)]
        for side in ("first", "second")
    }
    fixed = zip(table["kind"], table["fixed"], strict=True)
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Scorer": list(table["scorer"]),
            "Seed": [str(seed) for seed in table["seed"]],
            "Within": [name if kind == "arms" else arm_title(name) for kind, name in fixed],
            "First": pairs["first"],
            "Second": pairs["second"],
            "n": table["n"].map(count),
            "Unpaired": table["unpaired"].map(count),
            "Clusters": table["clusters"].map(count),
            "First only": table["first_only"].map(count),
            "Second only": table["second_only"].map(count),
            "Difference (points)": show_estimates(table, "difference", percent=True),
            "p": table["clustered_p"].map(show_p),
            "p (Holm)": table["holm_p"].map(show_p),
        }
    )


def _compare(first: pd.DataFrame, second: pd.DataFrame) -> Columns:
    """Compare the answers of two runs."""
    anchors = first["anchor"].combine_first(second["anchor"])
    return compare_clusters(first["answer_ok"], second["answer_ok"], anchors)


def _run(runs: Mapping[Key, pd.DataFrame], part: Key, kind: str, held: str, varied: str) -> pd.DataFrame:
    """Answers and anchors of one run of a dataset, scorer and seed."""
    return runs[*part, *((held, varied) if kind == "arms" else (varied, held))]
