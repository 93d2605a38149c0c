"""Association within classes: a class has its own base rates, which alone would associate trace and answer.

Cochran, Mantel and Haenszel's test and pooled odds ratio, and Breslow and Day's test that the odds ratio is
the same in all classes (statsmodels).
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import chi2
from statsmodels.stats.contingency_tables import StratifiedTable

from tracekd.statistics.association import Columns, Counts, with_interval
from tracekd.statistics.intervals import CONFIDENCE


def stratify(classes: Sequence[Counts]) -> Columns:
    """Columns cmh_p, pooled_odds_ratio with its interval, breslow_day_p.

    Classes with an empty margin hold no information on the association. A column that is undefined is left
    out: all of them when no class is left, the odds ratio and the test of its equality when it is unbounded.
    """
    tables = [counts.table for counts in classes if not counts.empty_margin]
    if not tables:
        return {}
    strata = StratifiedTable([table.astype(float) for table in tables])
    # sf keeps a p far below 1e-16, which statsmodels rounds to 0
    row: Columns = {"cmh_p": float(chi2.sf(strata.test_null_odds(correction=False).statistic, df=1))}
    # statsmodels divides by 0 where the odds ratio is infinite, or exactly 1 (Breslow and Day): undefined
    with np.errstate(divide="ignore", invalid="ignore"):
        odds_ratio = strata.oddsratio_pooled
        if 0 < odds_ratio < np.inf:
            limits = strata.oddsratio_pooled_confint(alpha=1 - CONFIDENCE)
            row |= with_interval("pooled_odds_ratio", odds_ratio, limits)
            if len(tables) > 1:
                row["breslow_day_p"] = float(strata.test_equal_odds().pvalue)
    return row
