"""Confidence intervals of accuracies."""

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

# of every interval in tables and figures, two-sided
CONFIDENCE = 0.95
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


def wilson_interval(accuracy: ArrayLike, n: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """95 % Wilson score interval of a proportion (Wilson 1927), elementwise.

    `accuracy` is a fraction in [0, 1] and need not be a multiple of 1/n: it may be a mean over seeds.
    """
    accuracy, n = np.asarray(accuracy, dtype=float), np.asarray(n, dtype=float)
    centre = (accuracy + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(accuracy * (1 - accuracy) / n + Z**2 / (4 * n**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
