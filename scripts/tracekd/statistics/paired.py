"""Two runs on the same items: is one right more often than the other?"""

from math import sqrt

import numpy as np
import pandas as pd

from tracekd.statistics.association import Columns, with_interval
from tracekd.statistics.clusters import clustered_mean
from tracekd.statistics.intervals import wilson_interval


def compare(first: pd.Series, second: pd.Series) -> Columns:
    """Compare right answers of two runs, paired by id.

    Args:
        first: 1 where right and 0 where wrong, indexed by item id.
        second: the same of the other run; items that only one of them has are left out and counted.

    Returns:
        n, unpaired, first_only and second_only (items that only one has right), difference (first - second,
        as a share of n) with its 95 % interval, McNemar's exact p; without any pair the first four only.

    """
    from scipy.special import bdtr  # a third of a second: for those who compare

    pairs = pd.concat([first, second], axis=1, keys=["first", "second"]).dropna()
    one, other = pairs["first"] == 1, pairs["second"] == 1
    cells = [int(cell.sum()) for cell in (one & other, one & ~other, other & ~one, ~(one | other))]
    _, first_only, second_only, _ = cells
    row: Columns = {
        "n": len(pairs),
        "unpaired": len(first) + len(second) - 2 * len(pairs),
        "first_only": first_only,
        "second_only": second_only,
    }
    if not len(pairs):
        return row
    difference = (first_only - second_only) / len(pairs)
    return {
        **row,
        **with_interval("difference", difference, difference_interval(*cells)),
        # two-sided binomial test of the items that one of both has right (statsmodels' `mcnemar` takes half a
        # second to load)
        "mcnemar_p": min(1.0, 2 * float(bdtr(min(first_only, second_only), first_only + second_only, 0.5))),
    }


def compare_clusters(first: pd.Series, second: pd.Series, clusters: pd.Series) -> Columns:
    """Compare right answers of two runs, paired by id, where items of a cluster hang together.

    Args:
        first: as of `compare`.
        second: as of `compare`.
        clusters: label of each item's cluster, indexed by item id.

    Returns:
        Columns of `compare`, but the interval of the difference and `clustered_p` are those of
        `clustered_mean`; clusters (their number); difference_item_low and _high, the interval with every item
        for itself. Where clusters do not vary they tell nothing, and what holds for items stands.

    """
    row = compare(first, second)
    if not row["n"]:
        return row
    pairs = pd.concat([first, second, clusters], axis=1, keys=["first", "second", "cluster"]).dropna()
    clustered = clustered_mean(pairs["first"] - pairs["second"], pairs["cluster"])
    item = (row.pop("difference_low"), row.pop("difference_high"))
    varies = not np.isnan(clustered.p)
    return {
        **row,
        "clusters": clustered.n_clusters,
        "difference_low": clustered.low if varies else item[0],
        "difference_high": clustered.high if varies else item[1],
        "difference_item_low": item[0],
        "difference_item_high": item[1],
        "clustered_p": clustered.p if varies else row["mcnemar_p"],
    }


def difference_interval(both: int, first_only: int, second_only: int, neither: int) -> tuple[float, float]:
    """95 % interval of a difference of paired proportions (Newcombe 1998, Stat Med 17:2635, method 10).

    Wilson's limits of both proportions, squared and added with the correlation of the pairs (phi, with the
    paper's continuity correction). It always holds its estimate and never leaves [-1, 1].
    """
    n = both + first_only + second_only + neither
    shares = np.array([both + first_only, both + second_only]) / n
    lows, highs = wilson_interval(shares, n)
    (down_1, down_2), (up_1, up_2) = shares - lows, highs - shares
    correlation = _corrected_phi(both, first_only, second_only, neither)
    below = sqrt(max(0, down_1**2 - 2 * correlation * down_1 * up_2 + up_2**2))
    above = sqrt(max(0, up_1**2 - 2 * correlation * up_1 * down_2 + down_2**2))
    difference = (first_only - second_only) / n
    return max(-1, difference - below), min(1, difference + above)


def _corrected_phi(both: int, first_only: int, second_only: int, neither: int) -> float:
    """Give phi of the two runs, a positive one drawn towards 0 by half an item; 0 where a margin is empty."""
    margins = (both + first_only) * (second_only + neither) * (both + second_only) * (first_only + neither)
    if not margins:
        return 0.0
    product: float = both * neither - first_only * second_only
    if product > 0:
        product = max(product - (both + first_only + second_only + neither) / 2, 0)
    return product / sqrt(margins)
