"""Intervals of a study's means and dominances. Participants are drawn, never their single ratings.

How often each interval holds the truth is measured by `tests/benchmark/bench_study.py`
(docs/study_analysis.md): a percentile or BCa bootstrap of 25 participants' means falls short of 95 % near the
ends of the scale, and a bootstrap of Cliff's delta has no width where one condition wins every pair.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracekd.intervals import CONFIDENCE
from tracekd.statistics.bootstrap import JEFFREYS, draw_tables, interval

TAILS = [(1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2]


def mean_interval(
    values: ArrayLike, strata: ArrayLike, scale: tuple[int, int], resamples: int, seed: int
) -> tuple[float, float]:
    """95 % studentised bootstrap interval of a mean (Efron and Tibshirani 1993, chapter 12).

    Args:
        values: a mean rating per participant.
        strata: group of each participant; participants are drawn within their group, for groups read other
            items under a condition (within-subjects design).
        scale: lowest and highest rating; the interval stays inside.
        resamples: number of bootstrap samples.
        seed: of the samples.

    Returns:
        Low and high; both nan where participants do not differ or are fewer than two.

    """
    values, strata = np.asarray(values, dtype=float), np.asarray(strata)
    parts = [values[strata == group] for group in np.unique(strata)]
    if min(map(len, parts)) < 2:  # a group of one has no spread of its own
        parts = [values]
    if len(values) < 2 or not (error := float(_standard_error([part[None] for part in parts])[0])):
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    drawn = [part[rng.integers(len(part), size=(resamples, len(part)))] for part in parts]
    shift = sum(part.sum(axis=1) for part in drawn) / len(values) - values.mean()
    # a sample without spread tells nothing on its side: infinitely far, and cut by the scale below
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.nan_to_num(shift / _standard_error(drawn), nan=0.0, posinf=np.inf, neginf=-np.inf)
    low, high = values.mean() - np.quantile(ratios, TAILS, method="higher") * error
    return float(max(low, scale[0])), float(min(high, scale[1]))


def delta(first: ArrayLike, second: ArrayLike) -> float:
    """Cliff's delta of two groups: P(first > second) - P(first < second) over all pairs (Cliff 1993)."""
    return float(_dominance(first, second).mean())


def delta_interval(first: ArrayLike, second: ArrayLike, resamples: int, seed: int) -> tuple[float, float]:
    """95 % interval of Cliff's delta of two groups, from draws.

    Bayesian bootstrap of the participants (Rubin 1981), with half a participant more on either side as in
    `statistics.bootstrap`: where all pairs point one way, a plain bootstrap gives an interval of no width.
    """
    dominance, rng = _dominance(first, second), np.random.default_rng(seed)
    n_first, n_second = dominance.shape
    rows = rng.dirichlet(np.ones(n_first), size=resamples)
    columns = rng.dirichlet(np.ones(n_second), size=resamples)
    wins = (np.einsum("bi,bi->b", rows @ dominance, columns) + 1) / 2
    mass = rng.standard_gamma(2 / (1 / n_first + 1 / n_second), size=resamples)
    more, less = rng.standard_gamma(JEFFREYS, size=(2, resamples))
    drawn = 2 * (mass * wins + more) / (mass + more + less) - 1
    return _reach_end(interval(drawn), dominance.mean())


def paired_delta(first: ArrayLike, second: ArrayLike) -> float:
    """Cliff's within-pair delta: the share of participants who rate first higher, less who rate it lower.

    Cliff (1996, Ordinal methods for behavioral data analysis, chapter 6) calls it d_w. It takes raw means:
    ratings centred on an estimated mean have ties and near-ties decided by that estimate.
    """
    return float(np.sign(np.subtract(first, second)).mean())


def paired_delta_interval(
    first: ArrayLike, second: ArrayLike, resamples: int, seed: int
) -> tuple[float, float]:
    """95 % interval of the within-pair delta, from draws of the table higher, equal, lower."""
    signs = np.sign(np.subtract(first, second))
    drawn = draw_tables([(signs == sign).sum() for sign in (1, 0, -1)], resamples, seed)
    return _reach_end(interval(drawn[:, 0] - drawn[:, 2]), signs.mean())


def _dominance(first: ArrayLike, second: ArrayLike) -> NDArray:
    """Sign of every difference: (first, second)."""
    return np.sign(np.subtract.outer(np.asarray(first, dtype=float), np.asarray(second, dtype=float)))


def _standard_error(parts: list[NDArray]) -> NDArray:
    """Standard error of the mean over strata, one a row: parts are (samples, participants of the stratum)."""
    total = sum(part.shape[1] for part in parts)
    return np.sqrt(sum(part.shape[1] * part.var(axis=1, ddof=1) for part in parts)) / total


def _reach_end(limits: tuple[float, float], estimate: float) -> tuple[float, float]:
    """Let the interval of an estimate at the end of the range (-1 or 1) hold that end."""
    low, high = limits
    return (-1.0 if estimate == -1 else low), (1.0 if estimate == 1 else high)
