"""Tests of a study: do conditions differ, which ones, and by how much?

The unit is the participant: a test takes one mean rating of each (and condition), for the ratings of one
participant are alike. `scores` is a frame of participants by conditions (`scores.participant_means`), with
one value a row where groups are compared and no gap where each participant saw all conditions.
"""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import friedmanchisquare, kruskal, wilcoxon
from statsmodels.stats.multitest import multipletests

from tracekd.study.intervals import delta, delta_interval, paired_delta, paired_delta_interval

Row = dict[str, float | str]


def compare_groups(scores: pd.DataFrame) -> list[Row]:
    """Between subjects: Kruskal and Wallis, then Dunn for every pair with Holm's correction, Cliff's delta.

    The effect of the whole is epsilon squared, H / (n - 1) (Kelley 1935; Tomczak and Tomczak 2014).
    """
    import scikit_posthocs  # loads the figure libraries: not for a study within subjects

    groups = {name: column.dropna().to_numpy() for name, column in scores.items()}
    n = sum(map(len, groups.values()))
    whole = kruskal(*groups.values())
    rows = [_whole("Kruskal-Wallis", n, whole, "epsilon squared", whole.statistic / (n - 1))]
    dunn = scikit_posthocs.posthoc_dunn(list(groups.values())).to_numpy()
    p = dunn[np.triu_indices_from(dunn, k=1)]  # in the order of combinations
    adjusted = multipletests(p, method="holm")[1]
    for (first, second), raw, holm in zip(combinations(groups, 2), p, adjusted, strict=True):
        pair = groups[first], groups[second]
        rows.append(
            {
                **_pair("Dunn", first, second, len(pair[0]) + len(pair[1]), raw, holm),
                **_effect("Cliff's delta", delta(*pair), delta_interval(*pair)),
            }
        )
    return rows


def compare_conditions(scores: pd.DataFrame, centred: pd.DataFrame) -> list[Row]:
    """Within subjects: Friedman, then Wilcoxon for every pair with Holm's correction and the paired delta.

    Args:
        scores: raw means, for the effects; indexed by group and participant.
        centred: means of ratings less their item's mean, for the tests: in a Latin square the groups read
            other items under a condition, which the tests would take for noise.

    The effect of the whole is Kendall's W.

    """
    n, k = centred.shape
    whole = friedmanchisquare(*(centred[name] for name in centred))
    rows = [_whole("Friedman", n, whole, "Kendall's W", whole.statistic / (n * (k - 1)))]
    groups = scores.index.get_level_values("group")
    pairs = list(combinations(scores, 2))
    p = [_wilcoxon(centred[first] - centred[second]) for first, second in pairs]
    adjusted = multipletests(p, method="holm")[1]
    for (first, second), raw, holm in zip(pairs, p, adjusted, strict=True):
        pair = scores[first], scores[second]
        rows.append(
            {
                **_pair("Wilcoxon", first, second, n, raw, holm),
                **_effect("paired delta", paired_delta(*pair), paired_delta_interval(*pair, groups)),
            }
        )
    return rows


def _wilcoxon(differences: pd.Series) -> float:
    """P of the signed-rank test; 1 where nobody makes a difference."""
    # centred means that are equal differ by rounding
    rounded = differences.round(9)
    return 1.0 if not rounded.any() else float(wilcoxon(rounded, method="approx").pvalue)


def _whole(test: str, n: int, result: Any, effect: str, estimate: float) -> Row:
    """Row of the test of all conditions at once; it is one test, so there is nothing to correct."""
    p = float(result.pvalue)
    row: Row = {"test": test, "first": "all", "second": "", "n": n, "statistic": float(result.statistic)}
    return row | {"p": p, "holm_p": p} | _effect(effect, float(estimate), (np.nan, np.nan))


def _pair(test: str, first: str, second: str, n: int, p: float, holm_p: float) -> Row:
    """Row of one pair, without its effect."""
    row: Row = {"test": test, "first": first, "second": second, "n": n, "statistic": np.nan}
    return row | {"p": float(p), "holm_p": float(holm_p)}


def _effect(name: str, estimate: float, limits: tuple[float, float]) -> Row:
    """Columns of an effect."""
    return {"effect": name, "estimate": estimate, "low": limits[0], "high": limits[1]}
