"""Estimates with their intervals, and what answers look like by a rule that was fixed beforehand."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracekd.experiment.estimands import EARLY_KINDS
from tracekd.settings.experiment import EquivalenceMargins
from tracekd.settings.statistics import Bootstrap
from tracekd.statistics.association import equivalence_p
from tracekd.statistics.bootstrap import draw_clustered_means, interval

EMPTY = float("nan")
# what seeds taken together are called
ALL = "all"
UNDECIDED = "undecided"
# what decides about the words for an arm
DECIDING = ("avoidance:wrong_near", "trace:wrong_near@intact", "context:gold", "level:gold@gold_swapped")


def estimate(
    values: pd.DataFrame, clusters: pd.Series, margins: EquivalenceMargins, draws: Bootstrap
) -> pd.DataFrame:
    """Estimate every estimand of one adapter, or of several seeds of one arm averaged item by item.

    Args:
        values: estimand, id, value, per; a row for each seed.
        clusters: anchor of each id.
        margins: largest effects that do not matter.
        draws: of clusters (Bayesian bootstrap).

    Returns:
        One row an estimand, in their order: n (items), clusters, estimate, low and high (95 %), equivalence_p
        of two one-sided tests against the margin. Interval and p are empty with fewer than two clusters.

    """
    order = list(dict.fromkeys(values["estimand"]))
    wide = values.pivot_table(index="id", columns="estimand", values=["value", "per"], aggfunc="mean")
    value, per = wide["value"][order].to_numpy(), wide["per"][order].to_numpy()
    known, anchors = ~np.isnan(value), clusters.loc[wide.index].to_numpy()
    sums = np.hstack([np.nan_to_num(value), np.where(known, per, 0)])
    drawn = draw_clustered_means(sums, anchors, draws.resamples, draws.seed)
    with np.errstate(invalid="ignore", divide="ignore"):  # 0/0 where nothing was ever right
        ratios = drawn[:, : len(order)] / drawn[:, len(order) :]
        means = sums.mean(axis=0)
        estimates = means[: len(order)] / means[len(order) :]
    rows = []
    for place, name in enumerate(order):
        n_clusters = len(set(anchors[known[:, place]]))
        row = {"estimand": name, "n": int(known[:, place].sum()), "clusters": n_clusters}
        rows.append(
            row | _limits(float(estimates[place]), ratios[:, place], n_clusters, _margin(name, margins))
        )
    return pd.DataFrame(rows)


def _limits(value: float, draws: NDArray[np.float64], n_clusters: int, margin: float) -> dict[str, float]:
    """Give an estimate with its interval and the p of equivalence."""
    if n_clusters < 2 or not np.isfinite(draws).all():
        return {"estimate": value, "low": EMPTY, "high": EMPTY, "equivalence_p": EMPTY}
    low, high = interval(draws)
    return {"estimate": value, "low": low, "high": high, "equivalence_p": equivalence_p(draws, margin)}


def _margin(estimand: str, margins: EquivalenceMargins) -> float:
    return margins.share if estimand in EARLY_KINDS else margins.log_odds


def characterise(effects: pd.DataFrame, margin: float, alpha: float) -> str:
    """Say what answers look like, by the rule of docs/experiment.md; `undecided` where estimates do not tell.

    Args:
        effects: of one arm, as from `estimate`.
        margin: of log-odds.
        alpha: error rate of a test of equivalence.

    """
    found = effects.set_index("estimand").reindex(DECIDING)
    avoidance, trace, context, conflict = (found.loc[name] for name in DECIDING)
    if avoidance["low"] > margin:
        return "avoids the trace"
    if trace["high"] < -margin:
        if conflict["high"] < 0:
            return "copies the trace"
        return "re-derives from the context" if conflict["low"] > 0 else UNDECIDED
    if not trace["equivalence_p"] < alpha:
        return UNDECIDED
    if context["low"] > margin:
        return "ignores the trace"
    return "answers by prior" if context["equivalence_p"] < alpha else UNDECIDED
