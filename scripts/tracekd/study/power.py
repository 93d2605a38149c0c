"""Power of a planned study, by simulation: how often two conditions that differ are told apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import mannwhitneyu, wilcoxon

# differences of two conditions in standard deviations of participants' means: small to very large
DIFFERENCES = (0.0, 0.2, 0.5, 0.8, 1.0, 1.2)
N_STUDIES = 4000


@dataclass(frozen=True, slots=True)
class Power:
    """Share of simulated studies in which a pair is found different.

    `single`: at alpha; `strictest`: at the first step of Holm's correction over all pairs.
    """

    difference: float
    single: float
    strictest: float


def simulate_power(
    n: int,
    design: str,
    n_conditions: int,
    alpha: float,
    seed: int,
    differences: Sequence[float] = DIFFERENCES,
) -> list[Power]:
    """Simulate the test of one pair of conditions on normal means of participants.

    Args:
        n: participants of each group.
        design: `between` (Mann-Whitney, n against n) or `within` (Wilcoxon on the differences of all
            participants; the difference is in standard deviations of these).
        n_conditions: of the study; its pairs share alpha.
        alpha: error rate.
        seed: of the draws.
        differences: true differences.

    """
    rng = np.random.default_rng(seed)
    n_pairs = n_conditions * (n_conditions - 1) // 2
    found = []
    for difference in differences:
        if design == "between":
            first, second = rng.standard_normal((2, N_STUDIES, n))
            p = mannwhitneyu(first + difference, second, axis=1, method="asymptotic").pvalue
        else:
            changes = rng.standard_normal((N_STUDIES, n * n_conditions)) + difference
            p = wilcoxon(changes, axis=1, method="asymptotic").pvalue
        found.append(Power(difference, float((p < alpha).mean()), float((p < alpha / n_pairs).mean())))
    return found
