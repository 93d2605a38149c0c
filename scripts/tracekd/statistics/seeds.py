"""One table over several training seeds: a hierarchical bootstrap, seeds first, then items.

The seeds answer the same items, so an item is drawn in all of them at once (Owen 2007). Drawing items anew in
every seed would take 3 x 950 answers for 2,850 items. The interval is too wide where the seeds hardly differ
(docs/statistics.md), and there is no chi-square.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
from tracekd.statistics.settings import Settings


def pool(cells: NDArray, settings: Settings) -> Columns:
    """Shares, risk difference and phi of the pooled table with 95 % intervals, and TOST of both effects.

    Args:
        cells: as for `draw_pooled_tables`; no margin of their sum is empty.
        settings: of draws and margins.

    Returns:
        Columns as of a single seed, and p: the two-sided tail probability of phi at 0.

    """
    counts = Counts(*map(int, cells.sum(axis=(0, 1))))
    estimates = _quantities(np.array(counts) / counts.n)
    drawn = _quantities(draw_pooled_tables(cells, settings.resamples, settings.seed))
    testable = counts.can_leave(settings.phi_margin)
    columns: Columns = {}
    for name, values in drawn.items():
        columns |= with_interval(name, float(estimates[name]), interval(values))
    return columns | {
        "tost_phi_p": equivalence_p(drawn["phi"], settings.phi_margin) if testable else EMPTY,
        "tost_risk_difference_p": equivalence_p(drawn["risk_difference"], settings.risk_margin),
        "p": min(1.0, 2 * min(tail(drawn["phi"], 0))),
    }


def _quantities(shares: ArrayLike) -> dict[str, NDArray]:
    """Name what has an interval, from shares of the four cells."""
    both, answer_only, trace_only, neither = np.moveaxis(np.asarray(shares), -1, 0)
    return {
        "p_joint": both,
        "p_answer_given_trace_ok": both / (both + trace_only),
        "p_answer_given_trace_wrong": answer_only / (answer_only + neither),
        "risk_difference": risk_difference(shares),
        "phi": phi(shares),
    }
