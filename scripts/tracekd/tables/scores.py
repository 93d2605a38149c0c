"""Per-item scores of a whole run as one data frame."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tracekd.core.errors import DataError
from tracekd.core.tables import read_table
from tracekd.scoring import ANSWER, get_scorer
from tracekd.statistics.intervals import wilson_interval

# two-sided, of the normal distribution
Z_95 = 1.959963984540054
PATH = re.compile(
    r"(?P<dataset>[^/]+)/(?P<model>[^/]+)/(?P<arm>[^/]+)/seed(?P<seed>\d+)\.(?P<scorer>[^/.]+)\.csv$"
)


def metrics(steps: Iterable[str]) -> list[str]:
    """Name what is averaged: the answer, every step, and `trace` (see `Grid.steps`)."""
    return ["answer", *steps]


def read_scores(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read score files `.../{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv`.

    Returns one row per item with the columns of the file and dataset, model, arm, seed (int), scorer; a step
    that the arm or the dataset does not have is NaN.
    """
    frames = []
    for path in map(Path, paths):
        match = PATH.search(path.as_posix())
        if match is None:
            raise DataError("not the name of a score file", where=path, hint="see docs/files.md")
        frames.append(read_table(path).assign(**{**match.groupdict(), "seed": int(match["seed"])}))
    return pd.concat(frames, ignore_index=True)


def accuracies(scores: pd.DataFrame, by: Sequence[str], steps: Iterable[str]) -> pd.DataFrame:
    """Average item scores within each seed, then over seeds.

    Args:
        scores: as from `read_scores`.
        by: columns that make a row; `scorer` is one of them.
        steps: names of the steps, and `trace`.

    Returns:
        `by`, seeds, n (items per seed; of the smallest where released files lack some), answer_acc,
        {step}_acc, trace_acc in [0, 1], the same with _sd (sample standard deviation over seeds, NaN with one
        seed), answer_low, answer_high, readable (share of outputs of the form that was asked for),
        answer_acc_readable (accuracy among these: the sensitivity analysis that drops the others); headline
        (name of the measure that the scorer puts first), score, score_sd, score_low, score_high. The interval
        is the 95 % Wilson interval of the mean at the n of one seed: seeds answer the same items, so pooling
        the items over seeds would make it too narrow. Of a graded headline it is the normal one at that n.

    """
    names = metrics(steps)
    headlines = {name: get_scorer(name).headline for name in scores["scorer"].unique()}
    scores = scores.assign(score=_pick(scores, scores["scorer"].map(headlines)))
    items = scores.groupby([*by, "seed"], sort=False)
    means = items[[f"{name}_ok" for name in names]].mean()
    means.columns = [f"{name}_acc" for name in names]
    means["readable"] = items["readable"].mean()
    readable = scores[scores["readable"] == 1].groupby([*by, "seed"], sort=False)
    means["answer_acc_readable"] = readable["answer_ok"].mean()
    means["score"], means["spread"] = items["score"].mean(), items["score"].std(ddof=0)
    means["n"] = items.size()
    seeds = means.groupby(list(by), sort=False)
    table = seeds.agg(
        seeds=("n", "size"), n=("n", "min"), **{name: (name, "mean") for name in means if name != "n"}
    )
    for name in names:
        table[f"{name}_sd"] = seeds[f"{name}_acc"].std()
    table["score_sd"] = seeds["score"].std()
    table["answer_low"], table["answer_high"] = wilson_interval(table["answer_acc"], table["n"])
    table = table.reset_index()
    table["headline"] = table["scorer"].map(headlines)
    counted = table["headline"] == ANSWER
    half = Z_95 * table["spread"] / np.sqrt(table["n"])
    table["score_low"] = table["answer_low"].where(counted, (table["score"] - half).clip(lower=0))
    table["score_high"] = table["answer_high"].where(counted, (table["score"] + half).clip(upper=1))
    return table.drop(columns="spread")


def _pick(scores: pd.DataFrame, columns: pd.Series) -> pd.Series:
    """Give of every row the value in the column that is named for it."""
    picked = pd.Series(np.nan, scores.index)
    for column in columns.unique():
        chosen = columns == column
        picked[chosen] = scores.loc[chosen, column].astype(float)
    return picked
