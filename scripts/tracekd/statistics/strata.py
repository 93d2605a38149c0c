"""Association within classes: a class has its own base rates, which alone would associate trace and answer.

Phi within classes, with questions about one entity taken together; and item by item Cochran, Mantel and
Haenszel's test and pooled odds ratio, and Breslow and Day's test that the odds ratio is the same in all
classes (statsmodels).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tracekd.settings.statistics import Statistics
from tracekd.statistics.association import (
    CELLS,
    EMPTY,
    Columns,
    Counts,
    count_flags,
    equivalence_p,
    with_interval,
)
from tracekd.statistics.bootstrap import (
    JEFFREYS,
    draw_clustered_tables,
    draw_pooled_tables,
    interval,
    tail,
)
from tracekd.statistics.clusters import clustered_mean
from tracekd.statistics.intervals import CONFIDENCE


def stratify(classes: Sequence[Counts]) -> Columns:
    """Columns cmh_p, pooled_odds_ratio with its interval, breslow_day_p.

    Classes with an empty margin hold no information on the association. A column that is undefined is left
    out: all of them when no class is left, the odds ratio and the test of its equality when it is unbounded.
    """
    tables = [counts.table for counts in classes if not counts.empty_margin]
    if not tables:
        return {}
    from scipy.stats import chi2
    from statsmodels.stats.contingency_tables import StratifiedTable

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


def split_cells(cells: NDArray[np.float64], classes: ArrayLike) -> NDArray[np.float64]:
    """Give every class cells of its own, 0 in those of other classes: (items, 4) to (items, classes x 4)."""
    of_class = pd.get_dummies(np.asarray(classes)).to_numpy(float)
    split: NDArray[np.float64] = (of_class[:, :, None] * cells[:, None, :]).reshape(len(cells), -1)
    return split


def phi_within(shares: ArrayLike) -> NDArray[np.float64]:
    """Phi within classes: correlation of answer and trace, each less its class's mean.

    Its numerator is that of Cochran, Mantel and Haenszel's test but for the classes' n / (n - 1); with one
    class it is phi. A class in which one of both never varies adds nothing to it.

    Args:
        shares: counts or shares whose last axis is as from `split_cells`.

    """
    by_class = np.asarray(shares, dtype=float)
    by_class = by_class.reshape(*by_class.shape[:-1], -1, len(CELLS))
    both, answer_only, trace_only, neither = np.moveaxis(by_class, -1, 0)
    size, answer, trace = by_class.sum(axis=-1), both + answer_only, both + trace_only
    with np.errstate(invalid="ignore", divide="ignore"):  # 0/0: a class without items, nothing that varies
        sums = [
            np.nansum(product / size, axis=-1)
            for product in (
                both * neither - answer_only * trace_only,
                answer * (size - answer),
                trace * (size - trace),
            )
        ]
        values: NDArray[np.float64] = sums[0] / np.sqrt(sums[1] * sums[2])
    return values


def associate_within(
    cells: NDArray[np.float64], classes: ArrayLike, clusters: ArrayLike, settings: Statistics
) -> Columns:
    """Describe and test the association within classes, where items of a cluster hang together.

    Args:
        cells: as from `cell_flags`, of a table without empty margin.
        classes: label of each item's class.
        clusters: label of each item's cluster.
        settings: of draws (one weight per cluster) and margins.

    Returns:
        phi_within with its 95 % interval, tost_phi_within_p (empty where the margins of the whole table keep
        phi within the margin on a side) and within_p: whether answer and trace, each less its class's mean,
        have a mean product (`clustered_mean`). Nothing where one of both varies in no class.

    """
    split = split_cells(cells, classes)
    both, answer_only, trace_only, _ = cells.T
    codes = pd.factorize(np.asarray(classes))[0]
    sizes = np.bincount(codes)
    answer, trace = (
        flags - (np.bincount(codes, flags) / sizes)[codes]
        for flags in (both + answer_only, both + trace_only)
    )
    drawn = draw_clustered_tables(split, clusters, *_draws(settings), prior=_prior(split))
    row = _describe(split.sum(axis=0), phi_within(drawn), count_flags(cells), settings)
    if not row:
        return {}
    return row | {"within_p": clustered_mean(answer * trace, clusters).p}


def pool_within(cells: NDArray[np.float64], settings: Statistics) -> Columns:
    """Do for several seeds what `associate_within` does for one; within_p is the two-sided tail of the draws.

    Args:
        cells: (seeds, clusters, classes x 4), as for `draw_pooled_tables`.
        settings: of draws and margins.

    """
    counts = Counts(*map(int, cells.reshape(-1, len(CELLS)).sum(axis=0)))
    drawn = phi_within(draw_pooled_tables(cells, *_draws(settings), prior=_prior(cells)))
    row = {} if counts.empty_margin else _describe(cells.sum(axis=(0, 1)), drawn, counts, settings)
    return row | {"within_p": min(1.0, 2 * min(tail(drawn, 0)))} if row else {}


def _draws(settings: Statistics) -> tuple[int, int]:
    """Number and seed of the draws."""
    return settings.bootstrap.resamples, settings.bootstrap.seed


def _prior(cells: NDArray[np.float64]) -> float:
    """Half an item for each cell of the table, however many classes share it."""
    return JEFFREYS * len(CELLS) / int(cells.shape[-1])


def _describe(
    totals: NDArray[np.float64], drawn: NDArray[np.float64], counts: Counts, settings: Statistics
) -> Columns:
    """Give phi within classes with its interval and TOST; nothing where it is undefined."""
    value, margin = float(phi_within(totals)), settings.margins.phi
    if np.isnan(value):
        return {}
    return with_interval("phi_within", value, interval(drawn)) | {
        "tost_phi_within_p": equivalence_p(drawn, margin) if counts.can_leave(margin) else EMPTY
    }
