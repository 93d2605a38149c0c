"""Do the questions of a dimension measure one thing? McDonald's omega of the participants' mean ratings.

Omega is the share of the variance of a participant's mean over all questions that one common factor explains
(McDonald 1999); unlike Cronbach's alpha it lets questions load differently on it.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.multivariate.factor import Factor

from tracekd.study.intervals import jackknife_interval

# a common factor of two questions cannot be told from others
FEWEST_QUESTIONS = 3
# loadings from which the search begins; the library would draw them at random
START = 0.6


def reliability(ratings: pd.DataFrame) -> dict[str, float]:
    """Omega of the questions of one dimension with its 95 % interval, a jackknife over participants.

    Args:
        ratings: columns participant, condition, question, score. Differences between conditions are taken
            out: questions are to agree about participants, whatever the study's effects.

    Returns:
        omega, low, high, n_participants, n_questions. Omega is nan for fewer than three questions, or where
        one does not vary.

    """
    means = ratings.groupby(["condition", "question"])["score"].transform("mean")
    centred = ratings.assign(score=ratings["score"] - means)
    table = centred.pivot_table(index="participant", columns="question", values="score").dropna().to_numpy()
    n = len(table)
    omega = omega_of(table)
    without = [omega_of(np.delete(table, row, axis=0)) for row in range(n)] if not np.isnan(omega) else []
    low, high = jackknife_interval(omega, without)
    return {
        "omega": omega,
        "low": float(np.maximum(low, 0)),
        "high": float(np.minimum(high, 1)),
        "n_participants": n,
        "n_questions": table.shape[1],
    }


def omega_of(table: NDArray[np.float64]) -> float:
    """McDonald's omega of scores, participants by questions, from a factor fitted by maximum likelihood."""
    questions = table.shape[1]
    if questions < FEWEST_QUESTIONS or len(table) <= questions:
        return float("nan")
    spread = table.std(axis=0, ddof=1)
    if not spread.all():
        return float("nan")
    start = np.full((questions, 1), START), np.full(questions, 1 - START**2)
    factor = Factor(corr=np.corrcoef(table.T), n_factor=1, method="ml")
    loadings = factor.fit(start=start).loadings[:, 0]
    common = (spread @ loadings) ** 2
    return float(common / (common + spread**2 @ (1 - loadings**2)))
