"""Intervals of a study's means, dominances and agreement. Participants are drawn, never their single ratings.

How often each interval holds the truth is measured by `tests/benchmark/bench_study.py`
(docs/study_analysis.md): a percentile or BCa bootstrap of 25 participants' means falls short of 95 % near the
ends of the scale, and a bootstrap of Cliff's delta has no width where one condition wins every pair.
"""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, t
from statsmodels.stats.proportion import proportion_confint

from tracekd.statistics.intervals import CONFIDENCE

TAILS = [(1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2]
# participants added to each group of a delta who tie with everyone: enough for a variance where one condition
# wins every pair, and too few to be seen elsewhere
TIED = 0.05


def mean_interval(
    values: ArrayLike, strata: ArrayLike, scale: tuple[float, float], resamples: int, seed: int
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
    parts = _split(values, strata)
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


def jackknife_interval(estimate: float, without: ArrayLike) -> tuple[float, float]:
    """95 % jackknife interval (Tukey 1958).

    Args:
        estimate: of all participants.
        without: the same estimate without each of them in turn.

    Returns:
        Low and high; both nan for fewer than three, or where an estimate is.

    """
    without = np.asarray(without, dtype=float)
    if (n := len(without)) < 3:
        return float("nan"), float("nan")
    pseudo = n * estimate - (n - 1) * without
    half = t.ppf((1 + CONFIDENCE) / 2, n - 1) * pseudo.std(ddof=1) / np.sqrt(n)
    return float(estimate - half), float(estimate + half)


def share_interval(shares: ArrayLike, strata: ArrayLike) -> tuple[float, float]:
    """95 % interval of a mean of participants' shares; both ends nan for less than two participants.

    That of a delta, which is a share stretched to -1 to 1, with the quantile of t in place of the normal one.
    A bootstrap has no lower end where nearly everyone is always right.
    """
    deltas = 2 * np.asarray(shares, dtype=float) - 1
    if len(deltas) < 2:
        return float("nan"), float("nan")
    parts = _split(deltas, np.asarray(strata))
    error = float(_standard_error([part[None] for part in parts])[0])
    alpha = 2 * norm.sf(t.ppf((1 + CONFIDENCE) / 2, len(deltas) - len(parts)))
    low, high = _score_interval(float(deltas.mean()), error**2, [len(deltas)], alpha)
    return (1 + low) / 2, (1 + high) / 2


def delta(first: ArrayLike, second: ArrayLike) -> float:
    """Cliff's delta of two groups: P(first > second) - P(first < second) over all pairs (Cliff 1993)."""
    return float(_dominance(first, second).mean())


def delta_interval(first: ArrayLike, second: ArrayLike) -> tuple[float, float]:
    """95 % interval of Cliff's delta of two groups; both ends nan where a group has less than two.

    The variance is that of each participant's own delta against the other group (Sen 1967; Cliff 1993).
    """
    dominance = _dominance(first, second)
    if min(dominance.shape) < 2:
        return float("nan"), float("nan")
    variance = sum(dominance.mean(axis=1 - axis).var(ddof=1) / n for axis, n in enumerate(dominance.shape))
    return _score_interval(float(dominance.mean()), float(variance), dominance.shape)


def paired_delta(first: ArrayLike, second: ArrayLike) -> float:
    """Cliff's within-pair delta: the share of participants who rate first higher, less who rate it lower.

    Cliff (1996, Ordinal methods for behavioral data analysis, chapter 6) calls it d_w. It takes raw means:
    ratings centred on an estimated mean have ties and near-ties decided by that estimate.
    """
    return float(np.sign(np.subtract(first, second)).mean())


def paired_delta_interval(first: ArrayLike, second: ArrayLike, strata: ArrayLike) -> tuple[float, float]:
    """95 % interval of the within-pair delta; both ends nan where there are less than two participants.

    The variance is that within groups (`strata`), as for a mean: in a Latin square the groups read other
    items under a condition, which moves a whole group up or down and is no chance.
    """
    signs = np.sign(np.asarray(first, dtype=float) - np.asarray(second, dtype=float))
    if len(signs) < 2:
        return float("nan"), float("nan")
    error = _standard_error([part[None] for part in _split(signs, np.asarray(strata))])
    return _score_interval(float(signs.mean()), float(error[0]) ** 2, [len(signs)])


def _dominance(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Sign of every difference: (first, second)."""
    signs: NDArray[np.float64] = np.sign(
        np.subtract.outer(np.asarray(first, dtype=float), np.asarray(second, dtype=float))
    )
    return signs


def _split(values: NDArray[np.float64], strata: NDArray[Any]) -> list[NDArray[np.float64]]:
    """Values of each stratum; all in one where a stratum has a single value, and so no spread of its own."""
    parts = [values[strata == group] for group in np.unique(strata)]
    return parts if min(map(len, parts)) > 1 else [values]


def _standard_error(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Standard error of the mean over strata, one a row: parts are (samples, participants of the stratum)."""
    total = sum(part.shape[1] for part in parts)
    variance = sum(part.shape[1] * part.var(axis=1, ddof=1) for part in parts)
    errors: NDArray[np.float64] = np.sqrt(variance) / total
    return errors


def _score_interval(
    estimate: float, variance: float, sizes: Sequence[int], alpha: float = 1 - CONFIDENCE
) -> tuple[float, float]:
    """Wilson's interval of a delta, with as many trials as its variance is worth (Mee 1990).

    A delta is a share of wins, (1 + delta) / 2, stretched to -1 to 1. In n independent trials its variance
    would be (1 - delta²) / n: that n is solved for. An estimate at an end of the range holds that end; nan
    where all tie.
    """
    shrunk = estimate * prod(n / (n + TIED) for n in sizes)
    variance += TIED * estimate**2 * sum(n**-2 for n in sizes)
    if not variance:
        return float("nan"), float("nan")
    trials = (1 - shrunk**2) / variance
    low, high = proportion_confint((1 + shrunk) / 2 * trials, trials, alpha, method="wilson")
    return (
        -1.0 if estimate == -1 else float(2 * low - 1),
        1.0 if estimate == 1 else float(2 * high - 1),
    )
