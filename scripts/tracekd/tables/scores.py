"""Per-item scores of a whole run as one data frame."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from tracekd.core.errors import DataError
from tracekd.statistics.intervals import wilson_interval

PATH = re.compile(
    r"(?P<dataset>[^/]+)/(?P<model>[^/]+)/(?P<arm>[^/]+)/seed(?P<seed>\d+)\.(?P<scorer>[^/.]+)\.csv$"
)
METRICS = ("answer", "class", "facts", "trace")


def read_scores(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read score files `.../{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv`.

    Returns one row per item with the columns of the file and dataset, model, arm, seed (int), scorer; a step
    that the arm does not have is NaN.
    """
    frames = []
    for path in map(Path, paths):
        match = PATH.search(path.as_posix())
        if match is None:
            raise DataError("not the name of a score file", where=path, hint="see docs/architecture.md")
        # "NA" may be an id or a class: only an empty field is missing
        frame = pd.read_csv(path, dtype={"id": str, "class": str}, keep_default_na=False, na_values=[""])
        frames.append(frame.assign(**{**match.groupdict(), "seed": int(match["seed"])}))
    return pd.concat(frames, ignore_index=True)


def accuracies(scores: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Average item scores within each seed, then over seeds.

    Args:
        scores: as from `read_scores`.
        by: columns that make a row.

    Returns:
        `by`, seeds, n (items per seed; of the smallest where released files lack some),
        {answer,class,facts,trace}_acc in [0, 1], the same with _sd (sample standard deviation over seeds, NaN
        with one seed), answer_low, answer_high, parsed (share of outputs of the form that was asked for),
        answer_acc_parsed (accuracy among these: the sensitivity analysis that drops the others). The interval
        is the 95 % Wilson interval of the mean at the n of one seed: seeds answer the same items, so pooling
        the items over seeds would make it too narrow.

    """
    items = scores.groupby([*by, "seed"], sort=False)
    means = items[[f"{metric}_ok" for metric in METRICS]].mean()
    means.columns = [f"{metric}_acc" for metric in METRICS]
    means["parsed"] = items["parsed"].mean()
    readable = scores[scores["parsed"] == 1].groupby([*by, "seed"], sort=False)
    means["answer_acc_parsed"] = readable["answer_ok"].mean()
    means["n"] = items.size()
    seeds = means.groupby(list(by), sort=False)
    table = seeds.agg(
        seeds=("n", "size"), n=("n", "min"), **{name: (name, "mean") for name in means if name != "n"}
    )
    for metric in METRICS:
        table[f"{metric}_sd"] = seeds[f"{metric}_acc"].std()
    table["answer_low"], table["answer_high"] = wilson_interval(table["answer_acc"], table["n"])
    return table.reset_index()
