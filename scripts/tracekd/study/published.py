"""The ratings that were published, as constants: `resources/published_ratings.csv`."""

from pathlib import Path

import pandas as pd

from tracekd.core.tables import read_table

# the paper itself before its sibling, where both give a number
PREFERRED = ("mean", "median")


def read_published(path: str | Path) -> pd.DataFrame:
    """One published rating an arm and dimension: arm, dimension, statistic, value, n, source."""
    ratings = read_table(path)
    ranks = ratings["statistic"].map({name: rank for rank, name in enumerate(PREFERRED)})
    first = ratings.assign(rank=ranks).sort_values("rank", kind="stable")
    return (
        first.drop_duplicates(["arm", "dimension"]).sort_index().drop(columns="rank").reset_index(drop=True)
    )
