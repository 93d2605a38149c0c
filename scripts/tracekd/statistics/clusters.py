"""Items that hang together: intervals and tests that take clusters, not items, for independent.

Questions about one entity share their facts, and what a model gets wrong in one it gets wrong in the next.
Whoever takes them for independent claims more than the data hold (tests/benchmark/bench_clusters.py).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tracekd.statistics.bootstrap import draw_clustered_tables, interval
from tracekd.statistics.intervals import CONFIDENCE, Z, wilson_interval

EMPTY = float("nan")


class ClusteredMean(NamedTuple):
    """A mean over items, its 95 % interval and two-sided p against 0, clusters being independent."""

    n: int
    n_clusters: int
    mean: float
    low: float
    high: float
    p: float


def clustered_mean(values: ArrayLike, clusters: ArrayLike) -> ClusteredMean:
    """Average item-level values: differences of paired arms, excesses, 0/1 shares.

    Variance and degrees of freedom of Bell and McCaffrey (2002, "CR2"; Imbens and Kolesar 2016), which have a
    closed form for a mean. With clusters of one size they are those of statsmodels' `cov_type="cluster"`; a
    few large clusters cost degrees of freedom, as they must.

    Args:
        values: one per item.
        clusters: label of each item's cluster.

    Returns:
        In the unit of the values. Interval and p are empty (NaN) where clusters do not vary or there is only
        one; mean, too, without any item.

    """
    from scipy.special import stdtr, stdtrit  # a third of a second: for those who ask for an interval

    numbers, codes = np.asarray(values, dtype=float), pd.factorize(np.asarray(clusters))[0]
    if not len(numbers):
        return ClusteredMean(0, 0, EMPTY, EMPTY, EMPTY, EMPTY)
    mean, n_clusters = float(numbers.mean()), codes.max() + 1
    error, freedom = _spread(numbers, codes)
    half = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    p = 2 * stdtr(freedom, -abs(mean) / error)
    return ClusteredMean(len(numbers), n_clusters, mean, mean - half, mean + half, float(p))


def clustered_share(flags: ArrayLike, clusters: ArrayLike) -> tuple[float, float]:
    """95 % interval of a share, which may lie near 0 or 1: Wilson's at the effective number of items.

    That number is n by the design effect, with the degrees of freedom of `clustered_mean` (Korn and Graubard
    1998; Wilson's interval for it: Franco et al. 2019), and never more than n. Where flags do not vary within
    or between clusters it is the number of clusters.

    Args:
        flags: 1 or 0 of each item; empty (NaN) limits without any.
        clusters: label of each item's cluster.

    """
    from scipy.special import stdtrit

    numbers, codes = np.asarray(flags, dtype=float), pd.factorize(np.asarray(clusters))[0]
    if not len(numbers):
        return EMPTY, EMPTY
    share, (error, freedom) = numbers.mean(), _spread(numbers, codes)
    if np.isnan(error):
        effective = float(codes.max() + 1)
    else:
        quantile = float(stdtrit(freedom, (1 + CONFIDENCE) / 2))
        effective = min(share * (1 - share) / error**2, len(numbers)) * (Z / quantile) ** 2
    low, high = wilson_interval(share, effective)
    return float(low), float(high)


def clustered_interval(
    cells: NDArray[np.float64],
    clusters: ArrayLike,
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    resamples: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % interval of whatever is computed from the shares of a table's cells, e.g. `association.phi`.

    Args:
        cells: (items, cells), 1 where the item lies in the cell, else 0.
        clusters: label of each item's cluster.
        statistic: of shares, cells in the last axis; one value a draw.
        resamples: number of draws.
        seed: of the draws.

    """
    return interval(statistic(draw_clustered_tables(cells, clusters, resamples, seed)))


def _spread(values: NDArray[np.float64], codes: NDArray[np.intp]) -> tuple[float, float]:
    """Give the standard error of a mean and its degrees of freedom; NaN where clusters do not vary.

    The degrees of freedom match the first two moments of the variance of independent items (Satterthwaite).
    """
    n, sizes = len(values), np.bincount(codes)
    deviations = np.bincount(codes, values - values.mean())
    if len(sizes) == 1 or np.allclose(deviations, 0):
        return EMPTY, EMPTY
    leverage = 1 / (1 - sizes / n)
    squares = leverage * sizes**2
    crossed = (squares.sum() ** 2 - (squares**2).sum()) / n**2
    error = np.sqrt((leverage * deviations**2).sum()) / n
    return float(error), float(n**2 / ((sizes**2).sum() + crossed))
