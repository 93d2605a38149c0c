"""Simulated tables with a known truth: how often each test rejects and each interval holds the truth.

Used by tests/benchmark/bench_statistics.py (many simulations) and tests/unit/test_validation.py (fewer).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2
from tracekd.statistics.association import Counts, effects, independence, phi, risk_difference, shares
from tracekd.statistics.paired import compare
from tracekd.statistics.seeds import pool
from tracekd.statistics.settings import read_settings
from tracekd.statistics.strata import stratify
from tracekd.statistics.verdict import holm

from support.examples import ROOT

# 2,000 draws a table: the ends of an interval move by less than its Monte-Carlo error over the simulations
CHOICES = read_settings(ROOT / "config" / "statistics.yaml")
SETTINGS = CHOICES.changed(bootstrap=CHOICES.bootstrap.changed(resamples=2000))
P_VALUES = ["chi2_p", "chi2_yates_p", "chi2_percent_p", "g_p", "exact_p"]
INTERVALS = ["p_joint", "p_answer_given_trace_ok", "p_answer_given_trace_wrong"]
INTERVALS += ["risk_difference", "phi", "odds_ratio"]
EQUIVALENCE = ["tost_phi_p", "tost_risk_difference_p"]


@dataclass(frozen=True)
class Design:
    """n items; P(answer ok), P(trace ok) and their phi."""

    name: str
    n: int
    answer: float
    trace: float
    phi: float

    @property
    def cells(self):
        """True shares of the four cells."""
        p, q = self.answer, self.trace
        shift = self.phi * np.sqrt(p * (1 - p) * q * (1 - q))
        cells = np.array([p * q, p * (1 - q), (1 - p) * q, (1 - p) * (1 - q)])
        return cells + shift * np.array([1, -1, -1, 1])

    @property
    def truth(self):
        """True values of what has an interval."""
        both, answer_only, trace_only, neither = self.cells
        return {
            "p_joint": both,
            "p_answer_given_trace_ok": both / self.trace,
            "p_answer_given_trace_wrong": answer_only / (1 - self.trace),
            "risk_difference": float(risk_difference(self.cells)),
            "phi": float(phi(self.cells)),
            "odds_ratio": both * neither / (answer_only * trace_only),
        }


def validate_table(design, simulations, seed=0, settings=SETTINGS):
    """Share of simulated tables in which each p is below alpha and each interval holds the truth."""
    rng = np.random.default_rng(seed)
    tables = [Counts(*map(int, row)) for row in rng.multinomial(design.n, design.cells, size=simulations)]
    defined = [counts for counts in tables if not counts.empty_margin]
    rows = pd.DataFrame(
        shares(counts) | effects(counts, settings) | independence(counts, settings) for counts in defined
    )
    rejected = {name: _rejection(rows[name], settings) for name in P_VALUES + EQUIVALENCE}
    return {"refused": 1 - len(defined) / simulations, **rejected, **_coverage(rows, design.truth)}


def validate_percentile(design, simulations, seed=0, settings=SETTINGS):
    """Share of simulated tables in which a percentile bootstrap of the items holds phi, for comparison."""
    rng = np.random.default_rng(seed)
    rows = []
    for counts in rng.multinomial(design.n, design.cells, size=simulations):
        if not Counts(*map(int, counts)).empty_margin:
            with np.errstate(invalid="ignore"):  # a bootstrap sample may have an empty margin
                drawn = phi(rng.multinomial(design.n, counts / design.n, size=settings.bootstrap.resamples))
            low, high = np.nanquantile(drawn, [0.025, 0.975])
            rows.append({"phi_low": low, "phi_high": high})
    return {"phi_percentile": _coverage(pd.DataFrame(rows), {"phi": design.truth["phi"]})["phi"]}


def validate_classes(n, base_rates, odds_ratio, simulations, seed=0, settings=SETTINGS):
    """Several classes with their own base rates (answer, trace) and one odds ratio of trace and answer.

    chi2_p is that of the pooled table.
    """
    rng = np.random.default_rng(seed)
    cells = [_cells_of_odds_ratio(*rates, odds_ratio) for rates in base_rates]
    rows = []
    for _ in range(simulations):
        classes = [Counts(*map(int, rng.multinomial(n // len(cells), shares_))) for shares_ in cells]
        pooled = Counts(*map(int, np.sum(classes, axis=0)))
        rows.append(stratify(classes) | {"chi2_p": independence(pooled, settings)["chi2_p"]})
    rows = pd.DataFrame(rows)
    rejected = {name: _rejection(rows[name], settings) for name in ("chi2_p", "cmh_p", "breslow_day_p")}
    return rejected | _coverage(rows, {"pooled_odds_ratio": odds_ratio})


def validate_family(design, tests, simulations, seed=0, settings=SETTINGS):
    """Share of families of `tests` tables without association in which any p, raw or by Holm, rejects."""
    rng = np.random.default_rng(seed)
    tables = rng.multinomial(design.n, design.cells, size=simulations * tests)
    p = pd.Series(chi2.sf(design.n * phi(tables) ** 2, df=1))
    family = pd.DataFrame({"family": np.repeat(np.arange(simulations), tests)})
    adjusted = holm(p, family)
    any_of = [(values < settings.alpha).groupby(family["family"]).any().mean() for values in (p, adjusted)]
    return dict(zip(("raw_p", "holm_p"), map(float, any_of), strict=True))


def validate_pairs(n, cells, simulations, seed=0, settings=SETTINGS):
    """Two runs on the same items; cells: both right, first only, second only, neither."""
    rng = np.random.default_rng(seed)
    rows = []
    for table in rng.multinomial(n, cells, size=simulations):
        first, second = np.repeat([1, 1, 0, 0], table), np.repeat([1, 0, 1, 0], table)
        rows.append(compare(pd.Series(first), pd.Series(second)))
    rows = pd.DataFrame(rows)
    return {"mcnemar_p": _rejection(rows["mcnemar_p"], settings)} | _coverage(
        rows, {"difference": cells[1] - cells[2]}
    )


def validate_seeds(n_items, n_seeds, item_share, seed_sd, simulations, seed=0, settings=SETTINGS):
    """Several seeds answer the same items; the association itself may differ from seed to seed.

    The interval for several seeds is held against that of one table of all rows, which takes every row as an
    item of its own. The truth is phi over many items and seeds.

    Args:
        n_items: items that every seed answers.
        n_seeds: training seeds.
        item_share: share of the variance that belongs to the item and is the same in every seed.
        seed_sd: spread over seeds of what trace and answer have in common.
        simulations: number of simulated runs.
        seed: of the simulation.
        settings: of the statistics.

    """
    rng = np.random.default_rng(seed)
    truth = float(phi(_seed_cells(rng, 20_000, 100, item_share, seed_sd).sum(axis=(0, 1))))
    pooled, naive = [], []
    for _ in range(simulations):
        cells = _seed_cells(rng, n_items, n_seeds, item_share, seed_sd)
        pooled.append(pool(cells, settings))
        naive.append(effects(Counts(*map(int, cells.sum(axis=(0, 1)))), settings))
    single = _coverage(pd.DataFrame(naive), {"phi": truth})["phi"]
    return _coverage(pd.DataFrame(pooled), {"phi": truth}) | {"phi_naive": single}


def _seed_cells(rng, n_items, n_seeds, item_share, seed_sd):
    """One-hot cells (seeds, items, 4): answer and trace have a normal variable in common and one each."""
    coupling = 0.6 + seed_sd * rng.standard_normal((n_seeds, 1))
    of_item = rng.standard_normal((3, 1, n_items))
    of_seed = rng.standard_normal((3, n_seeds, n_items))
    common, *own = np.sqrt(item_share) * of_item + np.sqrt(1 - item_share) * of_seed
    answer, trace = (coupling * common + part > 0.3 for part in own)
    cells = np.stack([answer & trace, answer & ~trace, trace & ~answer, ~(answer | trace)], axis=-1)
    return cells.astype(float)


def _cells_of_odds_ratio(answer, trace, odds_ratio):
    """Shares of the cells with these margins and this odds ratio (the root of a quadratic)."""
    if odds_ratio == 1:
        both = answer * trace
    else:
        a, b = odds_ratio - 1, 1 + (answer + trace) * (odds_ratio - 1)
        both = (b - np.sqrt(b**2 - 4 * odds_ratio * a * answer * trace)) / (2 * a)
    return np.array([both, answer - both, trace - both, 1 - answer - trace + both])


def _rejection(p, settings):
    """Share of p-values below alpha, among those that are defined; nan without any."""
    return float((p.dropna() < settings.alpha).mean())


def _coverage(rows, truth):
    """Share of rows whose interval holds the truth."""
    return {
        name: float(
            rows[f"{name}_low"].dropna().le(value).mul(rows[f"{name}_high"].dropna().ge(value)).mean()
        )
        for name, value in truth.items()
    }
