"""Items that hang together: intervals and tests that take clusters, not items, for independent.

Questions about one entity share their facts, and what a model gets wrong in one it gets wrong in the next.
Whoever takes them for independent claims more than the data hold (tests/benchmark/bench_clusters.py).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from tracekd.statistics.bootstrap import draw_clustered_tables, interval
from tracekd.statistics.intervals import CONFIDENCE

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
    numbers, codes = np.asarray(values, dtype=float), pd.factorize(np.asarray(clusters))[0]
    n = len(numbers)
    if not n:
        return ClusteredMean(0, 0, EMPTY, EMPTY, EMPTY, EMPTY)
    sizes, mean = np.bincount(codes), numbers.mean()
    deviations = np.bincount(codes, numbers - mean)
    if len(sizes) == 1 or np.allclose(deviations, 0):
        return ClusteredMean(n, len(sizes), float(mean), EMPTY, EMPTY, EMPTY)
    leverage = 1 / (1 - sizes / n)
    error = np.sqrt((leverage * deviations**2).sum()) / n
    freedom = _degrees_of_freedom(sizes, leverage)
    half = student.ppf((1 + CONFIDENCE) / 2, freedom) * error
    p = 2 * student.sf(abs(mean) / error, freedom)
    return ClusteredMean(n, len(sizes), float(mean), float(mean - half), float(mean + half), float(p))


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


def _degrees_of_freedom(sizes: NDArray[np.int64], leverage: NDArray[np.float64]) -> float:
    """Match the first two moments of the variance estimate, were items independent (Satterthwaite)."""
    n, squares = sizes.sum(), leverage * sizes**2
    crossed = (squares.sum() ** 2 - (squares**2).sum()) / n**2
    return float(n**2 / ((sizes**2).sum() + crossed))
