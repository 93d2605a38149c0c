"""The hypotheses of a study, each tested by its own contrast in the primary model, all in one family."""

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from tracekd.settings.study import Hypothesis
from tracekd.statistics.intervals import CONFIDENCE
from tracekd.statistics.verdict import holm
from tracekd.study.min_f import compare_two
from tracekd.study.model import Fit, random_effects

COLUMNS = ["hypothesis", "dimension", "first", "second", "margin", "estimate", "low", "high"]
COLUMNS += ["odds_ratio", "odds_ratio_low", "odds_ratio_high", "df", "p", "equivalence_p", "holm_p"]
COLUMNS += ["supported", "detectable"]

# a standard deviation that is as good as none
NO_SD = 1e-3


class Level(NamedTuple):
    """Error rate of the family, and wanted probability to find a difference."""

    alpha: float
    power: float


def judge_hypotheses(
    ratings: pd.DataFrame,
    fits: Mapping[str, Fit],
    hypotheses: Sequence[Hypothesis],
    design: str,
    level: Level,
) -> pd.DataFrame:
    """Test every hypothesis of a study in one analysis.

    A difference: t of the contrast, two-sided. Equivalence: two one-sided tests, whether the contrast lies
    within the margin (Schuirmann 1987). Holm's correction goes over all of them. Where a model has no
    estimate, p is that of minF', and equivalence is not shown.

    Args:
        ratings: of the analysis, as from `responses_table`.
        fits: of the same ratings, by dimension.
        hypotheses: of the study.
        design: `between` or `within`.
        level: of the tests.

    Returns:
        A row a hypothesis, columns COLUMNS and sd_{random effect}, converged, note. Margin is empty for a
        difference; estimate is that of the first condition above the second, in logits; holm_p is that of
        what is claimed; detectable is the smallest difference, in logits, that Holm's first step finds with
        the wanted power.

    """
    table = pd.DataFrame(
        _test(ratings[ratings["dimension"] == one.dimension], fits[one.dimension], one, design)
        for one in hypotheses
    )
    equivalence = table["margin"].notna()
    claimed = table["equivalence_p"].where(equivalence, table["p"])
    table["holm_p"] = holm(claimed.fillna(1.0)).where(claimed.notna())
    table["supported"] = (table["holm_p"] < level.alpha) & (equivalence | (table["direction"] > 0))
    strictest = 1 - level.alpha / len(table) / 2
    table["detectable"] = (t.ppf(strictest, table["df"]) + norm.ppf(level.power)) * table["error"]
    sds = [f"sd_{name.replace(':', '_')}" for name in random_effects(design)]
    return table.reindex(columns=[*COLUMNS, *sds, "converged", "note"])


def _test(ratings: pd.DataFrame, fit: Fit, hypothesis: Hypothesis, design: str) -> dict[str, Any]:
    """Row of one hypothesis, not yet corrected."""
    first, second = hypothesis.pair
    estimate, error = fit.contrast(first, second)
    freedom = degrees_of_freedom(ratings, design)
    margin = nan if hypothesis.margin is None else hypothesis.margin
    half = t.ppf((1 + CONFIDENCE) / 2, freedom) * error
    limits = [estimate, estimate - half, estimate + half]
    row: dict[str, Any] = {"hypothesis": hypothesis.name, "dimension": hypothesis.dimension}
    row |= {"first": first, "second": second, "margin": margin}
    row |= dict(zip(("estimate", "low", "high"), limits, strict=True))
    row |= dict(zip(("odds_ratio", "odds_ratio_low", "odds_ratio_high"), np.exp(limits), strict=True))
    row |= {"df": freedom, "error": error, "converged": not fit.fault}
    row |= {f"sd_{name.replace(':', '_')}": sd for name, sd in fit.sds.items()}
    if fit.fault:
        pair = ratings[ratings["condition"].isin((first, second))]
        scores = pair["score"].to_numpy(dtype=float)[None]
        found = compare_two(scores, pair["participant"], pair["item"], pair["condition"] == first, design)
        note = f"{fit.fault}; p by minF' of means"
        p, direction = float(found.p[0]), float(found.difference[0])
        return row | {"p": p, "equivalence_p": nan, "direction": direction, "note": note}
    none = [name for name, sd in fit.sds.items() if sd < NO_SD]
    return row | {
        "p": float(2 * t.sf(abs(estimate / error), freedom)),
        "equivalence_p": float(
            max(t.sf((estimate + margin) / error, freedom), t.cdf((estimate - margin) / error, freedom))
        ),
        "direction": estimate,
        "note": f"no variance of {', '.join(none)}" if none else "",
    }


def degrees_of_freedom(ratings: pd.DataFrame, design: str) -> int:
    """Degrees of freedom of a contrast: those of participants or of items, whichever are fewer.

    Conditions vary between participants or within them, and always within items.
    """
    participants, items, conditions = (
        int(ratings[name].nunique()) for name in ("participant", "item", "condition")
    )
    of_people = (participants - 1) * (conditions - 1) if design == "within" else participants - conditions
    return max(1, min(of_people, (items - 1) * (conditions - 1)))
