"""Readings of all traces of a run as one data frame, and what their tables have in common."""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from tracekd.core.errors import DataError
from tracekd.scoring.readings import columns
from tracekd.statistics.association import EMPTY, Columns, Counts, phi, phi_interval, with_interval

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
            raise DataError("not the name of a file of readings", where=path, hint="see docs/architecture.md")
        texts = dict.fromkeys(("id", "class", "way", "named", "answer", "implied"), str)
        frame = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=[""])
        frames.append(frame.assign(**{**match.groupdict(), "seed": int(match["seed"])}))
    # an empty frame has no types to give
    return pd.concat(frames[1:] or frames, ignore_index=True)


def count_cells(answer: pd.Series, step: pd.Series) -> Counts:
    """Count items by two flags; an empty flag is a wrong one."""
    answer, step = answer == 1, step == 1
    cells = (answer & step, answer & ~step, step & ~answer, ~(answer | step))
    return Counts(*(int(cell.sum()) for cell in cells))


def phi_columns(name: str, counts: Counts) -> Columns:
    """Name phi and its 95 % interval; empty where a margin is."""
    value = EMPTY if counts.empty_margin else float(phi(counts))
    return with_interval(name, value, phi_interval(*counts))
