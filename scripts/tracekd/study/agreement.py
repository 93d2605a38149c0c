"""Do participants agree? Krippendorff's alpha of the ratings that share a condition and a dimension.

Its interval is a jackknife over participants: a bootstrap would draw a participant twice, who then agrees
with himself (`tests/benchmark/bench_study.py` measures both).
"""

import krippendorff
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracekd.study.intervals import jackknife_interval


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
    without = [alpha_of(np.delete(table, row, axis=0), points) for row in range(n)] if n > 2 else []
    low, high = jackknife_interval(alpha, without)
    return {
        "alpha": alpha,
        "low": low,
        "high": float(np.minimum(high, 1)),
        "n_participants": n,
        "n_units": table.shape[1],
    }


def alpha_of(table: NDArray[np.float64], points: list[int]) -> float:
    """Krippendorff's alpha, nan where it is undefined."""
    paired = table[:, (~np.isnan(table)).sum(axis=0) > 1]
    if np.unique(paired[~np.isnan(paired)]).size < 2:
        return float("nan")
    return float(krippendorff.alpha(paired, level_of_measurement="ordinal", value_domain=points))
