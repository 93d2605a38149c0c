"""Readings of all traces of a run as one data frame, and what their tables have in common."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracekd.core.errors import DataError
from tracekd.core.tables import read_table
from tracekd.datasets.rows import ALL
from tracekd.labels import arm_title, dataset_title
from tracekd.scoring.readings import columns
from tracekd.statistics.association import (
    EMPTY,
    Columns,
    count_flags,
    phi,
    phi_interval,
    put_item_limits_beside,
    with_interval,
)
from tracekd.statistics.clusters import clustered_interval, clustered_share
from tracekd.statistics.intervals import wilson_interval

PATH = re.compile(r"(?P<dataset>[^/]+)/(?P<model>[^/]+)/(?P<arm>[^/]+)/seed(?P<seed>\d+)\.csv$")
RUN = ["dataset", "model", "arm", "seed"]


def read_readings(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read files `.../{dataset}/{model}/{arm}/seed{seed}.csv` of `tracekd.scoring.readings`.

    Returns one row per generation and way, with the columns of the file (flags 0, 1 or NaN) and dataset,
    model, arm, seed (int); no row where no arm of the run has a trace.
    """
    frames = [pd.DataFrame(columns=[*columns(()), *RUN])]
    for path in map(Path, paths):
        match = PATH.search(path.as_posix())
        if match is None:
            raise DataError("not the name of a file of readings", where=path, hint="see docs/files.md")
        frames.append(read_table(path).assign(**{**match.groupdict(), "seed": int(match["seed"])}))
    # an empty frame has no types to give
    return pd.concat(frames[1:] or frames, ignore_index=True)


def join_baseline(readings: pd.DataFrame, baseline: pd.DataFrame) -> pd.DataFrame:
    """Put to every reading what the same model without traces answers to the same item in the same run.

    Args:
        readings: as from `read_readings`.
        baseline: the same of the arm without traces.

    Returns:
        The readings with baseline_ok (that answer is right) and baseline_follows (it is what the trace of
        the reading implies): 1, 0, or NaN where there is no such answer or, for the latter, nothing implied.

    """
    by = ["dataset", "model", "seed", "id"]
    found = baseline.set_index(by)[["answer", "answer_ok"]].add_prefix("baseline_")
    joined = readings.join(found, on=by).rename(columns={"baseline_answer_ok": "baseline_ok"})
    told = joined["baseline_ok"].notna() & joined["implied"].notna()
    same = (joined["baseline_answer"] == joined["implied"]).astype(float).where(told)
    return joined.assign(baseline_follows=same).drop(columns="baseline_answer")


def wrong_traces(readings: pd.DataFrame) -> pd.DataFrame:
    """Keep the readings whose trace implies an answer from a wrong step, of all classes and of each."""
    wrong = readings[readings["implied"].notna() & (readings["source_ok"] == 0)]
    return pd.concat([wrong.assign(**{"class": ALL}), wrong], ignore_index=True)


def show_run(rows: pd.DataFrame) -> dict[str, Sequence[str]]:
    """Name dataset, model, arm and seed of each row for readers."""
    return {
        "Dataset": [dataset_title(name) for name in rows["dataset"]],
        "Model": list(rows["model"]),
        "Arm": [arm_title(name) for name in rows["arm"]],
        "Seed": [str(seed) for seed in rows["seed"]],
    }


def share_columns(name: str, flags: pd.Series, clusters: pd.Series) -> Columns:
    """Name a share, its 95 % interval and that with every item for itself; nothing without an item.

    Args:
        name: of the columns.
        flags: 1 or 0 of each item.
        clusters: label of each item's cluster.

    """
    if not len(flags):
        return {}
    share = float(flags.mean())
    row = with_interval(name, share, wilson_interval(share, len(flags)))
    return put_item_limits_beside(row, {name: clustered_share(flags, clusters)})


def phi_columns(name: str, cells: NDArray[np.float64], clusters: pd.Series) -> Columns:
    """Name phi, its 95 % interval and that with every item for itself; empty where a margin is.

    Args:
        name: of the columns.
        cells: as from `cell_flags`.
        clusters: label of each item's cluster.

    """
    counts = count_flags(cells)
    if counts.empty_margin:
        row, limits = with_interval(name, EMPTY, (EMPTY, EMPTY)), (EMPTY, EMPTY)
    else:
        row = with_interval(name, float(phi(counts)), phi_interval(*counts))
        limits = clustered_interval(cells, clusters, phi)
    return put_item_limits_beside(row, {name: limits})
