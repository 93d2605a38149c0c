"""Does the share of correct traces matter? The trend of right answers over the shares, and where it bends."""

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from statsmodels.genmod.cov_struct import Independence
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_estimating_equations import GEE

from tracekd.settings.statistics import Statistics
from tracekd.statistics.association import Columns, with_interval
from tracekd.statistics.bootstrap import draw_pooled_tables, interval, tail
from tracekd.statistics.intervals import CONFIDENCE
from tracekd.statistics.verdict import holm

STEP_COLUMNS = ["from_share", "to_share", "difference", "difference_low", "difference_high"]
STEP_COLUMNS += ["p", "holm_p", "differs"]
STEP_COLUMNS += ["excess", "excess_low", "excess_high", "excess_p", "excess_holm_p", "change_point"]


def draw_accuracies(
    answers: NDArray[np.float64], clusters: ArrayLike, settings: Statistics
) -> NDArray[np.float64]:
    """Draw the accuracies of several arms that answer the same items: seeds first, then clusters of items.

    Args:
        answers: (seeds, items, arms), 1 where the answer is right and 0 where it is wrong.
        clusters: label of each item's cluster.
        settings: of the draws.

    Returns:
        (resamples, arms). A draw weighs seeds and clusters alike in all arms, so differences of arms are
        paired.

    """
    codes = pd.factorize(np.asarray(clusters))[0]
    cells = np.concatenate([answers, 1 - answers], axis=2)
    by_cluster = np.eye(codes.max() + 1)[codes].T @ cells
    drawn = draw_pooled_tables(by_cluster, settings.bootstrap.resamples, settings.bootstrap.seed)
    right, wrong = np.split(drawn, 2, axis=1)
    accuracies: NDArray[np.float64] = right / (right + wrong)
    return accuracies


def slope(accuracies: ArrayLike, shares: ArrayLike) -> NDArray[np.float64]:
    """Give the least-squares slope of accuracies (last axis) over shares, from no to all traces correct."""
    values = np.asarray(shares, dtype=float)
    centred = values - values.mean()
    slopes: NDArray[np.float64] = np.asarray(accuracies) @ (centred / (centred @ centred))
    return slopes


def contrast_doses(
    means: ArrayLike, drawn: NDArray[np.float64], shares: ArrayLike, alpha: float
) -> pd.DataFrame:
    """Hold each share against the next one, and look for the step at which the curve bends.

    One slope describes a straight line and a threshold alike. `excess` is by how much a step rises more than
    the straight line from the lowest to the highest share would in it: 0 everywhere if the curve is that
    line, positive at a threshold and negative elsewhere. The change point is the step of the greatest excess
    in the direction of the whole change, where Holm's correction over the steps leaves its p below alpha: of
    curves that are straight lines at most alpha have one.

    Args:
        means: accuracy at each share.
        drawn: (resamples, shares), as from `draw_accuracies`.
        shares: of correct traces, 0 to 1, ascending.
        alpha: error rate.

    Returns:
        A row per step: from_share, to_share, difference and excess with 95 % intervals, their two-sided tail
        probabilities p and excess_p, the same by Holm over the steps; differs and change_point, 0 or 1. With
        two shares there is no excess.

    """
    doses, accuracies = np.asarray(shares, dtype=float), np.vstack([np.asarray(means, dtype=float), drawn])
    differences, widths = np.diff(accuracies), np.diff(doses)
    whole = differences.sum(axis=1)
    excesses = differences - whole[:, None] * widths / widths.sum()
    rows = []
    for step, (low, high) in enumerate(pairwise(doses)):
        row: Columns = {"from_share": low, "to_share": high}
        for name, prefix, values in (("difference", "", differences), ("excess", "excess_", excesses)):
            if name == "difference" or len(widths) > 1:
                own = values[:, step]
                row |= with_interval(name, float(own[0]), interval(own[1:]))
                row[f"{prefix}p"] = min(1.0, 2 * min(tail(own[1:], 0)))
        rows.append(row)
    table = pd.DataFrame(rows, columns=STEP_COLUMNS)
    family = pd.DataFrame({"curve": [0] * len(table)})
    for prefix in ("", "excess_"):
        table[f"{prefix}holm_p"] = holm(table[f"{prefix}p"].astype(float), family)
    steepest = int(np.argmax(excesses[0] * np.sign(whole[0])))
    bends = (table.index == steepest) & (table["excess_holm_p"] < alpha)
    return table.assign(differs=(table["holm_p"] < alpha).astype(int), change_point=bends.astype(int))


def odds_trend(items: pd.DataFrame) -> Columns:
    """Regress right answers on the share of correct traces (logistic), anchors as clusters.

    Generalised estimating equations (Liang and Zeger 1986): the answers to the items of an anchor, of all
    shares and seeds, may depend on one another in any way. Training seeds are taken as they are.

    Args:
        items: one row an answer: anchor, share (0 to 1), answer_ok (0 or 1).

    Returns:
        odds_ratio of all traces correct against none, with its 95 % interval, and trend_p (Wald). Nothing
        where right and wrong answers lie on different sides of some share, which leaves it unbounded.

    """
    right, wrong = (items.loc[items["answer_ok"] == value, "share"] for value in (1, 0))
    if right.empty or wrong.empty or right.min() >= wrong.max() or right.max() <= wrong.min():
        return {}
    design = np.column_stack([np.ones(len(items)), items["share"]])
    groups = pd.factorize(items["anchor"])[0]
    model = GEE(items["answer_ok"].to_numpy(), design, groups, family=Binomial(), cov_struct=Independence())
    fit = model.fit()
    limits = np.exp(fit.conf_int(alpha=1 - CONFIDENCE)[1])
    return {
        **with_interval("odds_ratio", float(np.exp(fit.params[1])), tuple(limits)),
        "trend_p": float(fit.pvalues[1]),
    }
