"""Draws of a 2x2 table: the uncertainty of whatever is computed from its four shares.

Bayesian bootstrap (Rubin 1981) with Jeffreys's prior: every item gets an exponential weight and every cell
half an item more. For one seed that is a Dirichlet(counts + 1/2) distribution. Its intervals cover well where
a percentile bootstrap fails because a cell is nearly empty (Agresti and Min 2005; measured in
docs/statistics.md).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tracekd.statistics.intervals import CONFIDENCE

JEFFREYS = 0.5
# (draws x items) weights are made in blocks of this many numbers: 32 MB
BLOCK = 4_000_000


def draw_tables(counts: ArrayLike, resamples: int, seed: int) -> NDArray[np.float64]:
    """Draw shares of a table's cells: array of (resamples, cells), rows summing to 1."""
    return np.random.default_rng(seed).dirichlet(np.asarray(counts) + JEFFREYS, size=resamples)


def draw_clustered_tables(
    cells: NDArray[np.float64], clusters: ArrayLike, resamples: int, seed: int, prior: float = JEFFREYS
) -> NDArray[np.float64]:
    """Draw shares of a table's cells where items of a cluster hang together: one weight per cluster.

    Args:
        cells: (items, cells), 1 where the item lies in the cell, else 0.
        clusters: label of each item's cluster.
        resamples: number of draws.
        seed: of the draws.
        prior: items that every cell gets beside its own.

    Returns:
        (resamples, cells), rows summing to 1.

    """
    rng = np.random.default_rng(seed)
    codes = pd.factorize(np.asarray(clusters))[0]
    # clusters of the same make-up are one gamma weight: the same distribution, fewer numbers
    totals = np.stack([np.bincount(codes, column) for column in np.asarray(cells, dtype=float).T], axis=1)
    kinds, counts = np.unique(totals, axis=0, return_counts=True)
    mass = rng.standard_gamma(counts, size=(resamples, len(counts))) @ kinds
    mass += rng.standard_gamma(prior, size=mass.shape)
    shares: NDArray[np.float64] = mass / mass.sum(axis=1, keepdims=True)
    return shares


def draw_clustered_means(
    values: NDArray[np.float64], clusters: ArrayLike, resamples: int, seed: int
) -> NDArray[np.float64]:
    """Draw means of columns of values, one exponential weight per cluster.

    Args:
        values: (items, columns).
        clusters: label of each item's cluster.
        resamples: number of draws.
        seed: of the draws.

    Returns:
        (resamples, columns).

    """
    indicators = pd.get_dummies(np.asarray(clusters)).to_numpy(float)
    weights = np.random.default_rng(seed).standard_exponential((resamples, indicators.shape[1]))
    sums, sizes = weights @ (indicators.T @ values), weights @ indicators.sum(axis=0)
    means: NDArray[np.float64] = sums / sizes[:, None]
    return means


def draw_pooled_tables(
    cells: NDArray[np.float64], resamples: int, seed: int, prior: float = JEFFREYS
) -> NDArray[np.float64]:
    """Draw shares of a table that is pooled over seeds: seeds first, then items.

    Seeds answer the same items, so an item's weight is the same in all of them.

    Args:
        cells: (seeds, items, 4), 1 where the item of that seed lies in the cell; all 0 where it is missing.
            With the items of a cluster added up, the clusters are what is drawn; with cells of its own for
            every class (`strata.split_cells`), tables are drawn class by class.
        resamples: number of draws.
        seed: of the draws, not one of training.
        prior: items that every cell gets beside its own.

    Returns:
        (resamples, cells), rows summing to 1.

    """
    rng = np.random.default_rng(seed)
    n_seeds, n_items, n_cells = cells.shape
    drawn_seeds = rng.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=resamples) / n_seeds
    by_item = np.ascontiguousarray(cells.transpose(1, 0, 2).reshape(n_items, -1), dtype=float)
    blocks = np.array_split(drawn_seeds, -(-resamples * n_items // BLOCK))
    masses = [
        np.einsum(
            "bs,bsc->bc",
            block,
            (rng.standard_exponential((len(block), n_items)) @ by_item).reshape(-1, n_seeds, n_cells),
        )
        for block in blocks
    ]
    mass = np.concatenate(masses) + rng.standard_gamma(prior, size=(resamples, n_cells))
    shares: NDArray[np.float64] = mass / mass.sum(axis=1, keepdims=True)
    return shares


def interval(draws: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of drawn values: equal tails."""
    low, high = np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def tail(draws: NDArray[np.float64], bound: float) -> tuple[float, float]:
    """Give the shares of draws at or below, and at or above, a bound; never 0, for the draws are finite."""
    below, above = (1 + np.sum(draws <= bound)), (1 + np.sum(draws >= bound))
    return float(below / (len(draws) + 1)), float(above / (len(draws) + 1))
