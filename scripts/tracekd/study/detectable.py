"""The smallest difference that a study of this size finds: of standardised means, and as a delta."""

from math import pi, sqrt
from statistics import NormalDist

import numpy as np
from statsmodels.stats.power import TTestIndPower, TTestPower

# participants that a rank test needs for those of a t-test, of normal scores (Lehmann 1975): 1 / 0.955
RANK_EFFICIENCY = 3 / pi
# fewer participants find nothing that is worth naming
FEWEST = 3


def smallest_difference(
    n_first: int, n_second: int, design: str, alpha: float, power: float
) -> tuple[float, float]:
    """Cohen's d of two conditions (of differences, within subjects) and the delta that goes with it.

    Power of the t-test at the efficiency of the rank test. For Holm's correction take alpha over the number
    of pairs: its first, and strictest, step.

    Args:
        n_first: participants of the first condition.
        n_second: of the second; the same people, within subjects.
        design: `between` or `within`.
        alpha: error rate of the test.
        power: wanted.

    Returns:
        d and delta; delta assumes normal scores. Both are nan for fewer than three participants.

    """
    if min(n_first, n_second) < FEWEST:
        return float("nan"), float("nan")
    size = n_first * RANK_EFFICIENCY
    if design == "between":
        found = TTestIndPower().solve_power(nobs1=size, ratio=n_second / n_first, alpha=alpha, power=power)
    else:
        found = TTestPower().solve_power(nobs=size, alpha=alpha, power=power)
    d = float(np.squeeze(found))  # one of statsmodels' solvers gives an array
    return d, 2 * NormalDist().cdf(d / sqrt(2) if design == "between" else d) - 1
