"""One table over several training seeds: a hierarchical bootstrap, seeds first, then items.

The seeds answer the same items, so an item is drawn in all of them at once (Owen 2007), and with it the
other items of its cluster. Drawing items anew in every seed would take 3 x 950 answers for 2,850 items. The
interval is too wide where the seeds hardly differ (docs/statistics.md), and there is no chi-square.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracekd.settings.statistics import Statistics
from tracekd.statistics.association import (
    EMPTY,
    Columns,
    Counts,
    equivalence_p,
    phi,
    risk_difference,
    with_interval,
)
from tracekd.statistics.bootstrap import draw_pooled_tables, interval, tail

SHARES = ("p_joint", "p_answer_given_trace_ok", "p_answer_given_trace_wrong")


def pool(cells: NDArray[np.float64], settings: Statistics) -> Columns:
    """Shares, risk difference and phi of the pooled table with 95 % intervals, and TOST of both effects.

    Args:
        cells: as for `draw_pooled_tables`, or with the items of each cluster added up.
        settings: of draws and margins.

    Returns:
        Columns as of a single seed, and p: the two-sided tail probability of phi at 0. What an empty margin
        leaves undefined is left out.

    """
    counts = Counts(*map(int, cells.sum(axis=(0, 1))))
    with np.errstate(invalid="ignore"):  # 0/0 where a margin is empty
        estimates = _quantities(np.array(counts) / counts.n)
    drawn = _quantities(draw_pooled_tables(cells, settings.bootstrap.resamples, settings.bootstrap.seed))
    columns: Columns = {}
    for name, values in drawn.items():
        if not np.isnan(estimates[name]) and (name in SHARES or not counts.empty_margin):
            columns |= with_interval(name, float(estimates[name]), interval(values))
    if counts.empty_margin:
        return columns
    testable = counts.can_leave(settings.margins.phi)
    return columns | {
        "tost_phi_p": equivalence_p(drawn["phi"], settings.margins.phi) if testable else EMPTY,
        "tost_risk_difference_p": equivalence_p(drawn["risk_difference"], settings.margins.risk_difference),
        "p": min(1.0, 2 * min(tail(drawn["phi"], 0))),
    }


def _quantities(shares: ArrayLike) -> dict[str, NDArray[np.float64]]:
    """Name what has an interval, from shares of the four cells."""
    both, answer_only, trace_only, neither = np.moveaxis(np.asarray(shares), -1, 0)
    given_ok, given_wrong = both / (both + trace_only), answer_only / (answer_only + neither)
    named = dict(zip(SHARES, (both, given_ok, given_wrong), strict=True))
    return named | {"risk_difference": risk_difference(shares), "phi": phi(shares)}
