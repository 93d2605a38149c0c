"""Do participants agree? Krippendorff's alpha of the ratings that share a condition and a dimension.

Its interval is a jackknife over participants: a bootstrap would draw a participant twice, who then agrees
with himself (`tests/benchmark/bench_study.py` measures both).
"""

import krippendorff
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t

from tracekd.statistics.intervals import CONFIDENCE


def agreement(ratings: pd.DataFrame, points: list[int]) -> dict[str, float]:
    """Alpha of ordinal ratings with its 95 % interval.

    Args:
        ratings: participants by units (what was rated: item, question, condition); nan where not rated.
        points: the scale's points.

    Returns:
        alpha, low, high, n_participants, n_units. Alpha is nan where all ratings are equal or no unit has
        two; its ends are where a participant's leaving makes it so, or fewer than three took part.

    """
    table = ratings.to_numpy(dtype=float)
    n = len(table)
    alpha = alpha_of(table, points)
    low = high = float("nan")
    if n > 2:
        without = np.array([alpha_of(np.delete(table, row, axis=0), points) for row in range(n)])
        pseudo = n * alpha - (n - 1) * without
        half = t.ppf((1 + CONFIDENCE) / 2, n - 1) * pseudo.std(ddof=1) / np.sqrt(n)
        low, high = alpha - half, min(1.0, alpha + half)
    return {"alpha": alpha, "low": low, "high": high, "n_participants": n, "n_units": table.shape[1]}


def alpha_of(table: NDArray[np.float64], points: list[int]) -> float:
    """Krippendorff's alpha, nan where it is undefined."""
    paired = table[:, (~np.isnan(table)).sum(axis=0) > 1]
    if np.unique(paired[~np.isnan(paired)]).size < 2:
        return float("nan")
    return float(krippendorff.alpha(paired, level_of_measurement="ordinal", value_domain=points))
