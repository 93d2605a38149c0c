"""One 2x2 table, step (trace) against answer: shares, effect sizes with intervals, tests, power.

Joint and conditional are kept apart by name: `p_joint` is P(answer ok and trace ok),
`p_answer_given_trace_ok` is P(answer ok | trace ok).

Figures and tables of other things count with `Counts`: scipy.stats and statsmodels, a second and more, are
loaded by the functions that compute with them.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracekd.settings.statistics import Statistics
from tracekd.statistics.bootstrap import draw_clustered_tables, draw_tables, interval, tail
from tracekd.statistics.clusters import clustered_mean, clustered_share
from tracekd.statistics.intervals import CONFIDENCE, wilson_interval

Columns = dict[str, float | str]
EMPTY = float("nan")
ENDS = ("low", "high")
# items by answer and step, in the order of `Counts`
CELLS = ["both_ok", "answer_only_ok", "trace_only_ok", "neither_ok"]


class Counts(NamedTuple):
    """Items by answer and step, in the order of `CELLS`."""

    both_ok: int
    answer_only_ok: int
    trace_only_ok: int
    neither_ok: int

    @property
    def n(self) -> int:
        """All items."""
        return sum(self)

    @property
    def table(self) -> NDArray[np.int64]:
        """Rows trace right and wrong, columns answer right and wrong."""
        return np.array([[self.both_ok, self.trace_only_ok], [self.answer_only_ok, self.neither_ok]])

    @property
    def empty_margin(self) -> str:
        """Which sort of items there is none of, so that no association is defined; empty where there is."""
        (trace_ok, trace_wrong), (answer_ok, answer_wrong) = self.table.sum(axis=1), self.table.sum(axis=0)
        margins = {
            "no right trace": trace_ok,
            "no wrong trace": trace_wrong,
            "no right answer": answer_ok,
            "no wrong answer": answer_wrong,
        }
        return ", ".join(name for name, count in margins.items() if count == 0)

    @property
    def smallest_expected(self) -> float:
        """Smallest count to be expected in a cell if trace and answer had nothing to do with each other."""
        from scipy.stats.contingency import expected_freq

        return float(expected_freq(self.table).min())

    @property
    def phi_range(self) -> tuple[float, float]:
        """Lowest and highest phi that tables with these margins can have."""
        trace, answer = (ok / wrong for ok, wrong in (self.table.sum(axis=1), self.table.sum(axis=0)))
        lowest, highest = min(trace * answer, 1 / (trace * answer)), min(trace / answer, answer / trace)
        return -float(np.sqrt(lowest)), float(np.sqrt(highest))

    def can_leave(self, margin: float) -> bool:
        """Whether phi could lie beyond the margin on both sides; else these margins alone make it small."""
        lowest, highest = self.phi_range
        return lowest < -margin and highest > margin


def phi(shares: ArrayLike) -> NDArray[np.float64]:
    """Phi coefficient (Matthews's for a 2x2 table) of counts or shares whose last axis is as in `Counts`."""
    both, answer_only, trace_only, neither = np.moveaxis(np.asarray(shares, dtype=float), -1, 0)
    answer, trace = both + answer_only, both + trace_only
    margins = answer * (trace_only + neither) * trace * (answer_only + neither)
    values: NDArray[np.float64] = (both * neither - answer_only * trace_only) / np.sqrt(margins)
    return values


def odds_ratio(shares: ArrayLike) -> NDArray[np.float64]:
    """Odds of a right answer after a right trace against those after a wrong one, elementwise as `phi`."""
    both, answer_only, trace_only, neither = np.moveaxis(np.asarray(shares, dtype=float), -1, 0)
    values: NDArray[np.float64] = (both * neither) / (answer_only * trace_only)
    return values


def risk_difference(shares: ArrayLike) -> NDArray[np.float64]:
    """P(answer right | trace right) - P(answer right | trace wrong), elementwise as `phi`."""
    both, answer_only, trace_only, neither = np.moveaxis(np.asarray(shares, dtype=float), -1, 0)
    values: NDArray[np.float64] = both / (both + trace_only) - answer_only / (answer_only + neither)
    return values


def phi_interval(
    both_ok: int,
    answer_only_ok: int,
    trace_only_ok: int,
    neither_ok: int,
    *,
    resamples: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % interval of phi from draws of the table, item by item; (nan, nan) where a margin is empty.

    Its coverage is measured by tests/benchmark/bench_statistics.py.
    """
    counts = Counts(both_ok, answer_only_ok, trace_only_ok, neither_ok)
    if counts.empty_margin:
        return EMPTY, EMPTY
    return interval(phi(draw_tables(counts, resamples, seed)))


def shares(counts: Counts) -> Columns:
    """Give joint and conditional shares with 95 % Wilson intervals; empty where undefined."""
    both, answer_only, trace_only, neither = counts
    columns: Columns = {}
    for name, right, n in (
        ("p_joint", both, counts.n),
        ("p_answer_given_trace_ok", both, both + trace_only),
        ("p_answer_given_trace_wrong", answer_only, answer_only + neither),
    ):
        low, high = wilson_interval(right / n, n) if n else (EMPTY, EMPTY)
        columns |= with_interval(name, right / n if n else EMPTY, (float(low), float(high)))
    return columns


def effects(counts: Counts, settings: Statistics) -> Columns:
    """Risk difference (Newcombe's interval), phi (draws), odds ratio (log-Wald), and TOST of the first two.

    A zero cell gets 0.5 added to all four for the odds ratio (Haldane 1956). `tost_phi_p` is empty where the
    margins of the table alone keep phi within the margin on a side: such a table cannot show equivalence.
    """
    from statsmodels.stats.contingency_tables import Table2x2
    from statsmodels.stats.proportion import confint_proportions_2indep, tost_proportions_2indep

    both, answer_only, trace_only, neither = counts
    pair = (both, both + trace_only, answer_only, answer_only + neither)
    newcombe = confint_proportions_2indep(*pair, method="newcomb", alpha=1 - CONFIDENCE)
    drawn = phi(draw_tables(counts, settings.bootstrap.resamples, settings.bootstrap.seed))
    odds = Table2x2(counts.table, shift_zeros=True)
    # statsmodels also computes an odds ratio, which a share of 0 or 1 makes infinite
    with np.errstate(divide="ignore"):
        margin = settings.margins.risk_difference
        tost = tost_proportions_2indep(*pair, -margin, margin)
    return {
        **with_interval("risk_difference", float(risk_difference(counts)), newcombe),
        **with_interval("phi", float(phi(counts)), interval(drawn)),
        **with_interval("odds_ratio", odds.oddsratio, odds.oddsratio_confint(alpha=1 - CONFIDENCE)),
        "tost_phi_p": equivalence_p(drawn, settings.margins.phi)
        if counts.can_leave(settings.margins.phi)
        else EMPTY,
        "tost_risk_difference_p": float(tost.pvalue),
    }


def clustered_shares(cells: NDArray[np.float64], clusters: ArrayLike) -> dict[str, tuple[float, float]]:
    """95 % intervals of `shares` where items of a cluster hang together (`clustered_share`).

    Args:
        cells: as from `cell_flags`.
        clusters: label of each item's cluster.

    """
    labels, (both, answer_only, trace_only, _) = np.asarray(clusters), cells.T
    answer, trace = both + answer_only, both + trace_only == 1
    return {
        "p_joint": clustered_share(both, labels),
        "p_answer_given_trace_ok": clustered_share(answer[trace], labels[trace]),
        "p_answer_given_trace_wrong": clustered_share(answer[~trace], labels[~trace]),
    }


def clustered_effects(
    cells: NDArray[np.float64], clusters: ArrayLike, settings: Statistics
) -> tuple[dict[str, tuple[float, float]], Columns]:
    """Do for a table without empty margin what `effects` does, where items of a cluster hang together.

    Args:
        cells: as from `cell_flags`.
        clusters: label of each item's cluster.
        settings: of draws (one weight per cluster) and margins.

    Returns:
        95 % intervals of risk difference, phi and odds ratio; and tost_phi_p (empty as in `effects`),
        tost_risk_difference_p and clustered_p of no association: whether answer and trace, each less its
        mean, have a mean product (`clustered_mean`).

    """
    both, answer_only, trace_only, _ = cells.T
    answer, trace = both + answer_only, both + trace_only
    products = (answer - answer.mean()) * (trace - trace.mean())
    shares_ = draw_clustered_tables(cells, clusters, settings.bootstrap.resamples, settings.bootstrap.seed)
    estimands = {"risk_difference": risk_difference, "phi": phi, "odds_ratio": odds_ratio}
    drawn = {name: of(shares_) for name, of in estimands.items()}
    margins, testable = settings.margins, count_flags(cells).can_leave(settings.margins.phi)
    return {name: interval(values) for name, values in drawn.items()}, {
        "tost_phi_p": equivalence_p(drawn["phi"], margins.phi) if testable else EMPTY,
        "tost_risk_difference_p": equivalence_p(drawn["risk_difference"], margins.risk_difference),
        "clustered_p": clustered_mean(products, clusters).p,
    }


def equivalence_p(draws: NDArray[np.float64], margin: float) -> float:
    """Give the p of TOST from draws: the larger of the shares beyond either margin."""
    return max(tail(draws, -margin)[0], tail(draws, margin)[1])


class Pearson(NamedTuple):
    """Chi-square of a 2x2 table and the p of no association."""

    statistic: float
    p: float


def pearson(counts: Counts, yates: bool = False) -> Pearson:
    """Test a table without empty margin by Pearson's chi-square, with Yates's correction if so."""
    from scipy.stats import chi2_contingency

    test = chi2_contingency(counts.table, correction=yates)
    return Pearson(float(test.statistic), float(test.pvalue))


def independence(counts: Counts, settings: Statistics) -> Columns:
    """Test no association: Pearson's chi-square, the same with Yates's correction, G, Barnard's exact test.

    `chi2_percent` is chi-square of the cells as % of n, for the record: it is 100/n of the true one and has
    no chi-square distribution. The exact test is made where an expected count is below `small_cell`.
    """
    from scipy.stats import chi2_contingency

    table = counts.table
    plain, yates = pearson(counts), pearson(counts, yates=True)
    percent = chi2_contingency(100 * table / counts.n, correction=False)
    g = chi2_contingency(table, correction=False, lambda_="log-likelihood")
    small = counts.smallest_expected < settings.small_cell
    return {
        "chi2": plain.statistic,
        "chi2_p": plain.p,
        "chi2_yates": yates.statistic,
        "chi2_yates_p": yates.p,
        "chi2_percent": percent.statistic,
        "chi2_percent_p": percent.pvalue,
        "exact_test": "barnard" if small else "",
        "exact_p": exact_p(table) if small else EMPTY,
        # G = 2 n ln 2 times the mutual information in bits
        "mutual_information": g.statistic / (2 * counts.n * np.log(2)),
        "g_p": g.pvalue,
    }


def exact_p(table: NDArray[np.int64]) -> float:
    """P of Barnard's exact test, given the margin with the rarest sort: its tables are the fewest."""
    from scipy.stats import barnard_exact

    rare_in_rows = table.sum(axis=1).min() < table.sum(axis=0).min()
    return float(barnard_exact(table.T if rare_in_rows else table).pvalue)


def power(counts: Counts, settings: Statistics) -> Columns:
    """Power of chi-square at the margin of phi, and the smallest phi that it finds with the wanted power."""
    at_margin, smallest = _power(counts.n, settings.alpha, settings.margins.phi, settings.power)
    return {"power": at_margin, "minimum_phi": smallest}


@cache  # most tables of a run have the same n
def _power(n: int, alpha: float, margin: float, wanted: float) -> tuple[float, float]:
    """Give the power at the margin, and the smallest phi."""
    from statsmodels.stats.power import GofChisquarePower

    test, design = GofChisquarePower(), {"nobs": n, "alpha": alpha, "n_bins": 2}
    at_margin = test.power(effect_size=margin, **design)
    return float(at_margin), float(test.solve_power(effect_size=None, power=wanted, **design))


def cell_flags(answer: ArrayLike, trace: ArrayLike) -> NDArray[np.float64]:
    """Tell of each item in which cell it lies: (items, 4), 1 there; a flag that is empty counts as wrong."""
    right, ok = np.asarray(answer, dtype=float) == 1, np.asarray(trace, dtype=float) == 1
    return np.stack([right & ok, right & ~ok, ok & ~right, ~(right | ok)], axis=-1).astype(float)


def count_flags(cells: NDArray[np.float64]) -> Counts:
    """Count the items of each cell, from `cell_flags`."""
    return Counts(*map(int, cells.reshape(-1, len(CELLS)).sum(axis=0)))


def put_item_limits_beside(row: Columns, limits: Mapping[str, tuple[float, float]]) -> Columns:
    """Put clustered intervals in place of those of single items, which become `{name}_item_low`, `_high`."""
    items = {f"{name}_item_{end}": row.get(f"{name}_{end}", EMPTY) for name in limits for end in ENDS}
    replaced = {
        f"{name}_{end}": value for name, pair in limits.items() for end, value in zip(ENDS, pair, strict=True)
    }
    return row | items | replaced


def with_interval(name: str, value: float, limits: tuple[SupportsFloat, SupportsFloat]) -> Columns:
    """Name an estimate and the ends of its interval."""
    return {name: value, f"{name}_low": float(limits[0]), f"{name}_high": float(limits[1])}
