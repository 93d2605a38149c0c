"""Can people tell a text with a mistake from one without? Sensitivity of signal detection theory."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from tracekd.study.intervals import jackknife_interval


def d_prime(hits: ArrayLike, planted: ArrayLike, alarms: ArrayLike, intact: ArrayLike) -> NDArray[np.float64]:
    """d′ with the log-linear correction (Hautus 1995): half an answer is added to each kind of answer.

    Args:
        hits: mistakes that were found.
        planted: texts with a mistake.
        alarms: mistakes that were found where there was none.
        intact: texts without a mistake.

    """
    rates = [
        (np.asarray(found, dtype=float) + 0.5) / (np.asarray(shown, dtype=float) + 1)
        for found, shown in ((hits, planted), (alarms, intact))
    ]
    sensitivity: NDArray[np.float64] = norm.ppf(rates[0]) - norm.ppf(rates[1])
    return sensitivity


def detection(answers: pd.DataFrame) -> dict[str, float]:
    """Hits, false alarms and d′ of all answers together; the interval is a jackknife over participants.

    Args:
        answers: columns participant, planted (whether there was a mistake) and found (whether one was said to
            be there).

    Returns:
        hits, false_alarms: shares, nan without such texts; d_prime, d_prime_low, d_prime_high.

    """
    planted, found = answers["planted"].to_numpy(dtype=bool), answers["found"].to_numpy(dtype=bool)
    counts = pd.DataFrame(
        {"hits": planted & found, "planted": planted, "alarms": ~planted & found, "intact": ~planted}
    )
    by_person = counts.groupby(answers["participant"].to_numpy()).sum().to_numpy()
    whole = by_person.sum(axis=0)
    sensitivity = float(d_prime(*whole))
    low, high = jackknife_interval(sensitivity, d_prime(*(whole - by_person).T))
    with np.errstate(invalid="ignore"):
        hits, alarms = (whole[[0, 2]] / whole[[1, 3]]).tolist()
    return {
        "hits": hits,
        "false_alarms": alarms,
        "d_prime": sensitivity,
        "d_prime_low": low,
        "d_prime_high": high,
    }
