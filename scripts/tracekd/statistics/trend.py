"""Does the share of correct traces matter? The trend of right answers over the shares."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from statsmodels.genmod.cov_struct import Independence
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_estimating_equations import GEE

from tracekd.settings.statistics import Statistics
from tracekd.statistics.association import Columns, with_interval
from tracekd.statistics.bootstrap import draw_pooled_tables
from tracekd.statistics.intervals import CONFIDENCE


def draw_accuracies(answers: NDArray[np.float64], settings: Statistics) -> NDArray[np.float64]:
    """Draw the accuracies of several arms that answer the same items: seeds first, then items.

    Args:
        answers: (seeds, items, arms), 1 where the answer is right and 0 where it is wrong.
        settings: of the draws.

    Returns:
        (resamples, arms). A draw weighs seeds and items alike in all arms, so differences of arms are paired.

    """
    cells = np.concatenate([answers, 1 - answers], axis=2)
    drawn = draw_pooled_tables(cells, settings.bootstrap.resamples, settings.bootstrap.seed)
    right, wrong = np.split(drawn, 2, axis=1)
    accuracies: NDArray[np.float64] = right / (right + wrong)
    return accuracies


def slope(accuracies: ArrayLike, shares: ArrayLike) -> NDArray[np.float64]:
    """Give the least-squares slope of accuracies (last axis) over shares, from no to all traces correct."""
    values = np.asarray(shares, dtype=float)
    centred = values - values.mean()
    slopes: NDArray[np.float64] = np.asarray(accuracies) @ (centred / (centred @ centred))
    return slopes


def odds_trend(items: pd.DataFrame) -> Columns:
    """Regress right answers on the share of correct traces (logistic), items as clusters.

    Generalised estimating equations (Liang and Zeger 1986): the answers to one item, of all shares and seeds,
    may depend on one another in any way. Training seeds are taken as they are.

    Args:
        items: one row an answer: id, share (0 to 1), answer_ok (0 or 1).

    Returns:
        odds_ratio of all traces correct against none, with its 95 % interval, and trend_p (Wald). Nothing
        where right and wrong answers lie on different sides of some share, which leaves it unbounded.

    """
    right, wrong = (items.loc[items["answer_ok"] == value, "share"] for value in (1, 0))
    if right.empty or wrong.empty or right.min() >= wrong.max() or right.max() <= wrong.min():
        return {}
    design = np.column_stack([np.ones(len(items)), items["share"]])
    groups = pd.factorize(items["id"])[0]
    model = GEE(items["answer_ok"].to_numpy(), design, groups, family=Binomial(), cov_struct=Independence())
    fit = model.fit()
    limits = np.exp(fit.conf_int(alpha=1 - CONFIDENCE)[1])
    return {
        **with_interval("odds_ratio", float(np.exp(fit.params[1])), tuple(limits)),
        "trend_p": float(fit.pvalues[1]),
    }
