"""Ordinal regression: by what factor do the odds of a higher rating differ from those of a reference?"""

import warnings

import numpy as np
import pandas as pd
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.tools.sm_exceptions import HessianInversionWarning

from tracekd.statistics.intervals import Z

# log odds beyond which the search ran off to infinity: no rating of one condition overlaps with the reference
SEPARATED = 10.0


def regress(ratings: pd.DataFrame, conditions: list[str]) -> list[dict[str, float | str]]:
    """Proportional-odds model of single ratings on their condition.

    Standard errors are clustered by participant; the model has no random effects (statsmodels has none), so
    its odds ratios are those of the whole crowd.

    Args:
        ratings: columns participant, condition, score.
        conditions: the first is the reference.

    Returns:
        A row a condition after the first: first, second, n, n_participants, odds_ratio with low and high, p.
        The estimates are nan where all ratings are equal, or all of a condition lie beyond the others.

    """
    design = pd.DataFrame({name: (ratings["condition"] == name).astype(float) for name in conditions[1:]})
    used = pd.Categorical(ratings["score"], ordered=True).remove_unused_categories()
    row = {"n": len(ratings), "n_participants": ratings["participant"].nunique()}
    if len(used.categories) < 2:
        nothing = dict.fromkeys(("odds_ratio", "low", "high", "p"), np.nan)
        return [{"first": name, "second": conditions[0], **row, **nothing} for name in conditions[1:]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HessianInversionWarning)
        model = OrderedModel(pd.Series(used, index=ratings.index), design, distr="logit")
        groups = pd.factorize(ratings["participant"])[0]
        fit = model.fit(method="bfgs", disp=False, cov_type="cluster", cov_kwds={"groups": groups})
    rows = []
    for name in conditions[1:]:
        effect, error = fit.params[name], fit.bse[name]
        apart = abs(effect) > SEPARATED
        limits = [np.nan] * 3 if apart else np.exp([effect, effect - Z * error, effect + Z * error])
        rows.append(
            {
                "first": name,
                "second": conditions[0],
                **row,
                **dict(zip(("odds_ratio", "low", "high"), map(float, limits), strict=True)),
                "p": np.nan if apart else float(fit.pvalues[name]),
            }
        )
    return rows
