"""Answer scores as the paper prints them: percent, rounded a class at a time, then averaged over classes."""

from collections.abc import Sequence, Set
from statistics import fmean

import pandas as pd

from tracekd.datasets.quirks import Quirk
from tracekd.datasets.rows import ALL, MACRO, Grid
from tracekd.labels import arm_title, count, dataset_title, show_number

KEYS = ["dataset", "class", "model", "arm", "seed", "scorer"]
# column of the table, and the column of the score files that it averages
VALUES = {"acc": "answer_ok", "f1": "f1", "precision": "precision", "recall": "recall"}
CLASS_TITLES = {ALL: "all items", MACRO: "mean of classes"}


def answer_scores(scores: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Average the answer scores of every dataset, class, model, arm, seed and scorer that counts them.

    Columns: dataset, class, model, arm, seed, scorer, n, acc, f1, precision, recall, avg (mean of acc and
    f1), in percent. Rows: each class and `all` (items pooled), rounded to one decimal as in the released
    score files; `macro` is the unweighted mean of the classes' rounded values, not rounded again: the paper's
    number for CoTempQA (Q8).
    """
    known = scores.reindex(columns=list(dict.fromkeys([*scores, *VALUES.values()])))
    scores = known.dropna(subset=list(VALUES.values()))
    pooled = pd.concat([scores.assign(**{"class": ALL}), scores], ignore_index=True)
    rows = [
        dict(zip(KEYS, key, strict=True)) | average(items) for key, items in pooled.groupby(KEYS, sort=False)
    ]
    table = pd.DataFrame(rows, columns=[*KEYS, "n", *VALUES, "avg"])
    by = [key for key in KEYS if key != "class"]
    sums = {"n": "sum", **dict.fromkeys([*VALUES, "avg"], fmean)}
    macro = table[table["class"] != ALL].groupby(by, as_index=False, sort=False).agg(sums)
    table = pd.concat([table, macro.assign(**{"class": MACRO})], ignore_index=True)
    return grid.sort(table, KEYS)


def average(items: pd.DataFrame) -> dict[str, float]:
    """Average the items of one row: n, then percent rounded to one decimal."""
    means = {name: fmean(items[column]) for name, column in VALUES.items()}
    rounded = {name: round_percent(mean) for name, mean in means.items()}
    return {"n": len(items), **rounded, "avg": round(50 * (means["acc"] + means["f1"]), 1)}


def round_percent(fraction: float) -> float:
    """Write a fraction in percent, rounded to one decimal like the released score files."""
    return round(100 * fraction, 1)


def headline(labels: Sequence[str], values: Sequence[float], off: Set[Quirk] = frozenset()) -> float:
    """Average an answer value over the items of a score file, in percent, as the paper does for CoTempQA.

    Args:
        labels: class of each item.
        values: fraction or flag of each item.
        off: quirks that are off; without Q8 it is the mean over items, not rounded.

    """
    if Quirk.MEAN_OF_ROUNDED_CLASSES in off:
        return 100 * fmean(values)
    classes = pd.Series(values, dtype=float).groupby(list(labels), sort=False)
    return fmean(round_percent(fmean(items)) for _, items in classes)


def show_answer_scores(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers: one decimal, two for the mean of classes."""
    digits = [2 if label == MACRO else 1 for label in table["class"]]
    titles = {"acc": "Acc.", "f1": "F1", "precision": "Precision", "recall": "Recall", "avg": "Mean of both"}
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Class": [CLASS_TITLES.get(label, label) for label in table["class"]],
            "Model": table["model"],
            "Arm": [arm_title(name) for name in table["arm"]],
            "Seed": table["seed"].map(str),
            "Scorer": table["scorer"],
            "n": table["n"].map(count),
            **{
                title: [show_number(value, places) for value, places in zip(table[name], digits, strict=True)]
                for name, title in titles.items()
            },
        }
    )
