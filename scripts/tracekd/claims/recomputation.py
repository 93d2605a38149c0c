"""The quantities of the claims, taken from the tables of a run, with the interval of another run.

A claim on other generations is another training run of the same model and arm on the same questions. The
interval says where such a run comes out: shares over runs vary `run_to_run` (config/statistics.yaml) times
as much as those of as many independent questions, and both runs vary. So it is Wilson's interval for shares
and counts, at n divided by run_to_run (1 + 1 / seeds). A mean over classes combines the classes' limits
(MOVER, Zou and Donner 2008: the delta method with each class's variance recovered from its own limits, so
that a class at 0 % still has one). A mean F1 gets the limits of a share of that size, which are too wide
rather than too narrow: no variable in [0, 1] varies more than a flag of the same mean. A chi-square is n
times phi squared, so its limits, those of Yates's form and those of its p-value follow from phi's interval
item by item, widened in the same way. Values are means over seeds, those of the claim where the run replays
them; items repeat over seeds, so n is that of one seed.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from math import isnan, prod, sqrt
from statistics import fmean, stdev
from typing import Any, NamedTuple

import pandas as pd

from tracekd.claims.ledger import ANY, Claim
from tracekd.datasets.rows import ALL, MACRO
from tracekd.settings.statistics import Statistics
from tracekd.statistics.association import CELLS
from tracekd.statistics.intervals import wilson_interval
from tracekd.statistics.verdict import holm

NAN = float("nan")
Rows = list[dict[str, Any]]


class Estimate(NamedTuple):
    """A recomputed value, the 95 % interval of another run (NaN: none), and the items that it rests on.

    `cell` says which of several tables it was taken from, when the claim names none; `p` is that of an
    association, of a bound on chi-squares only.
    """

    value: float
    low: float
    high: float
    n: int
    cell: str = ""
    p: float = NAN


@dataclass(frozen=True)
class RunTables:
    """The tables of a run that the claims are held against, each as the rule of its name writes it.

    `settings` are those of `config/statistics.yaml`; `released` holds the cells (dataset, model, arm, seed)
    whose generations are the released ones.
    """

    answers: pd.DataFrame
    matrix: pd.DataFrame
    statistics: pd.DataFrame
    ablation: pd.DataFrame
    settings: Statistics
    released: Set[tuple[str, str, str, int]] = frozenset()

    @cached_property
    def cells(self) -> dict[str, dict[tuple[str, str, str], Rows]]:
        """Rows of each table by dataset, model and arm, without those that pool seeds."""
        index: dict[str, dict[tuple[str, str, str], Rows]] = {}
        for name in ("answers", "matrix", "statistics", "ablation"):
            groups = index.setdefault(name, {})
            for row in getattr(self, name).to_dict("records"):
                if str(row["seed"]) != ALL:
                    # beside rows that pool seeds, a column of seeds is one of texts
                    row["seed"] = int(row["seed"])
                    groups.setdefault((row["dataset"], row["model"], row["arm"]), []).append(row)
        return index

    def holds(self, claim: Claim) -> bool:
        """Whether the run replays the very generations that the claim was measured on."""
        cell = (claim.dataset, claim.model, claim.arm)
        seeds = {row["seed"] for row in self.cells["answers"].get(cell, [])}
        held = (seed in seeds and (*cell, seed) in self.released for seed in claim.seeds)
        return bool(claim.seeds) and all(held)

    def widen(self, rows: Rows) -> float:
        """Variance of another run about the mean of these, as a multiple of that of independent items."""
        ratios = self.settings.claims.run_to_run
        ratio = max(getattr(ratios, row["arm"], ratios.other) for row in rows)
        return ratio * (1 + 1 / len({row["seed"] for row in rows}))

    def select(self, table: str, claim: Claim, **values: str) -> Rows:
        """Rows of a table for a claim's dataset, model and arm (`any`: all), with other columns as given.

        They are those of the claim's seeds where the run replays these.
        """
        wanted, held = (claim.dataset, claim.model, claim.arm), self.holds(claim)
        return [
            row
            for cell, rows in self.cells[table].items()
            if all(name in (ANY, found) for name, found in zip(wanted, cell, strict=True))
            for row in rows
            if not held or row["seed"] in claim.seeds
            if all(row[column] == value for column, value in values.items())
        ]


def estimate(run: RunTables, claim: Claim, scorer: str) -> Estimate | None:
    """Recompute a claim's quantity with a scorer; None when the run's tables do not hold it."""
    return QUANTITIES[claim.quantity](run, claim, scorer) if claim.quantity in QUANTITIES else None


def share(value: float, n: float, widen: float) -> Estimate:
    """Estimate of a share in %, or of a mean in % of a variable in [0, 1]; `widen` as from RunTables."""
    low, high = wilson_interval(min(max(value / 100, 0), 1), n / widen)
    return Estimate(value, 100 * float(low), 100 * float(high), round(n))


def mean_of(classes: Sequence[Estimate]) -> Estimate:
    """Combine independent estimates into their unweighted mean (MOVER)."""
    value = fmean(one.value for one in classes)
    below = sqrt(sum((one.value - one.low) ** 2 for one in classes)) / len(classes)
    above = sqrt(sum((one.high - one.value) ** 2 for one in classes)) / len(classes)
    return Estimate(value, value - below, value + above, sum(one.n for one in classes))


def proportion(rows: Rows, name: str, widen: float) -> Estimate | None:
    """P(answer and step right), or P(answer right) where the step is right or wrong, of matrix rows, in %."""
    right, of = {
        "p_joint": ("both_ok", CELLS),
        "p_answer_given_trace_ok": ("both_ok", ["both_ok", "trace_only_ok"]),
        "p_answer_given_trace_wrong": ("answer_only_ok", ["answer_only_ok", "neither_ok"]),
    }[name]
    total = sum(row[cell] for row in rows for cell in of)
    return share(100 * sum(row[right] for row in rows) / total, total / len(rows), widen) if total else None


def chi2_interval(low: float, high: float, n: float, correction: float = 0.0) -> tuple[float, float]:
    """Limits of a chi-square from those of phi; `correction` is what Yates takes off |phi|."""
    nearest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    farthest = max(abs(low), abs(high))
    return n * max(nearest - correction, 0) ** 2, n * max(farthest - correction, 0) ** 2


def _answer(run: RunTables, claim: Claim, scorer: str) -> Estimate | None:
    column = claim.quantity.removesuffix("_mean")
    rows = run.select("answers", claim, scorer=scorer)
    labels = _classes(rows) if claim.class_label == MACRO else [claim.class_label]
    classes = [[row for row in rows if row["class"] == label] for label in labels]
    found = [share(_mean(part, column), part[0]["n"], run.widen(part)) for part in classes if part]
    return mean_of(found) if found else None


def _spread(run: RunTables, claim: Claim, scorer: str) -> Estimate | None:
    """Standard deviation over seeds, with the interval of a normal sample's."""
    rows = run.select("answers", claim, scorer=scorer, **{"class": claim.class_label})
    if len(rows) < 2:
        return None
    from scipy.special import chdtri  # a third of a second, which a figure of the ledger has no use for

    sd, degrees = stdev(row["acc"] for row in rows), len(rows) - 1
    low, high = (sd * sqrt(degrees / limit) for limit in chdtri(degrees, [0.025, 0.975]))
    return Estimate(sd, low, high, rows[0]["n"])


def _without_q5(run: RunTables, claim: Claim, scorer: str) -> Estimate | None:
    """Accuracy with quirk Q5 off; the table of quirks is of the published scorer and has no intervals."""
    rows = run.select("ablation", claim, quirk="Q5", measure=f"acc_{claim.class_label}")
    sizes = run.select("answers", claim, scorer=scorer, **{"class": ALL})
    if scorer != "published" or not rows or not sizes:
        return None
    return Estimate(_mean(rows, "without_quirk"), NAN, NAN, sizes[0]["n"])


def _step(run: RunTables, claim: Claim, scorer: str) -> Estimate | None:
    """Share of all items, also those that entered no matrix, whose step is right."""
    rows = run.select("matrix", claim, scorer=scorer, step=claim.quantity.removesuffix("_step"))
    sizes = run.select("answers", claim, scorer=scorer)
    labels = _classes(sizes) if claim.class_label == MACRO else [claim.class_label]
    found = []
    for label in labels:
        items = [row["n"] for row in sizes if row["class"] == label]
        right = sum(row["both_ok"] + row["trace_only_ok"] for row in rows if row["class"] == label)
        if rows and items:
            found.append(share(100 * right / sum(items), items[0], run.widen(rows)))
    return mean_of(found) if found else None


def _count(run: RunTables, claim: Claim, scorer: str) -> Estimate | None:
    """Items of one cell of a matrix, or all that entered it; the interval is that of their share."""
    rows = run.select("matrix", claim, scorer=scorer, step=claim.step, **{"class": claim.class_label})
    sizes = run.select("answers", claim, scorer=scorer, **{"class": claim.class_label})
    if not rows:
        return None
    number, n = _mean(rows, claim.quantity), (sizes if claim.quantity == "n" else rows)[0]["n"]
    of_n = share(100 * number / n, n, run.widen(rows))
    return Estimate(number, of_n.low * n / 100, of_n.high * n / 100, n)


def _proportion(run: RunTables, claim: Claim, scorer: str) -> Estimate | None:
    """A share of a matrix; of all matrices the nearest one when the claim names no dataset."""
    rows = run.select("matrix", claim, scorer=scorer, step=claim.step, **{"class": claim.class_label})
    if claim.dataset != ANY:
        return proportion(rows, claim.quantity, run.widen(rows)) if rows else None
    cells: dict[str, Rows] = {}
    for row in rows:
        cells.setdefault(f"{row['dataset']} {row['model']}", []).append(row)
    found = [
        one._replace(cell=f"{cell}, nearest of {len(cells)}")
        for cell, part in cells.items()
        if (one := proportion(part, claim.quantity, run.widen(part)))
    ]
    return min(found, key=lambda one: abs(one.value - claim.value), default=None)


def _chi2(run: RunTables, claim: Claim, scorer: str) -> Estimate | None:
    rows = _defined(run.select("statistics", claim, scorer=scorer, step=claim.step), "chi2")
    if not rows:
        return None
    n = _mean(rows, "n")
    correction = fmean(map(_yates, rows)) if claim.quantity == "chi2_yates" else 0.0
    low, high = chi2_interval(*_widen_phi(run, rows), n, correction)
    if claim.quantity == "chi2_p":
        from scipy.special import chdtrc

        low, high = chdtrc(1, [high, low])
    return Estimate(_mean(rows, claim.quantity), float(low), float(high), round(n))


def _largest_chi2(run: RunTables, claim: Claim, scorer: str) -> Estimate | None:
    """The largest chi-square of step and answer over all tables of the run for which there is one.

    `p` is the smallest of their associations within classes after Holm's correction over all of them.
    """
    rows = _defined(run.select("statistics", claim, scorer=scorer, step=claim.step), "chi2")
    if not rows:
        return None
    row, below = max(rows, key=lambda row: row["chi2"]), sum(row["chi2"] < claim.value for row in rows)
    p = pd.Series([row["p"] for row in rows])
    adjusted = holm(p)
    seen = int((adjusted < run.settings.alpha).sum())
    cell = (
        f"{row['dataset']} {row['model']} {row['arm']}, largest of {len(rows)}, {below} of them below; "
        f"within "
        f"classes and after Holm's correction an association is seen in {seen}, in this one p = "
        f"{row['p']:.2g}"
    )
    limits = chi2_interval(*_widen_phi(run, [row]), row["n"])
    return Estimate(row["chi2"], *limits, row["n"], cell, float(adjusted.min()))


def _items(run: RunTables, claim: Claim, scorer: str) -> Estimate | None:
    rows = run.select("answers", claim, scorer=scorer, **{"class": ALL})
    return Estimate(rows[0]["n"], NAN, NAN, rows[0]["n"]) if rows else None


def _mean(rows: Rows, column: str) -> float:
    return fmean(row[column] for row in rows)


def _classes(rows: Rows) -> list[str]:
    """Classes that rows are of, without the rows that pool them."""
    return [label for label in dict.fromkeys(row["class"] for row in rows) if label not in (ALL, MACRO)]


def _defined(rows: Rows, column: str) -> Rows:
    """Rows that have a value."""
    return [row for row in rows if not isnan(row[column])]


def _widen_phi(run: RunTables, rows: Rows) -> tuple[float, float]:
    """Limits of another run's phi, from those of these rows item by item."""
    phi, factor = _mean(rows, "phi"), sqrt(run.widen(rows))
    low, high = (phi + factor * (_mean(rows, f"phi_item_{end}") - phi) for end in ("low", "high"))
    return low, high


def _yates(row: dict[str, Any]) -> float:
    """What Yates's correction takes off |phi| of a 2 x 2 table."""
    both, answer_only, trace_only, neither = (row[cell] for cell in CELLS)
    margins = (both + answer_only, trace_only + neither, both + trace_only, answer_only + neither)
    return float(row["n"] / 2 / sqrt(prod(margins)))


QUANTITIES: dict[str, Callable[[RunTables, Claim, str], Estimate | None]] = {
    **dict.fromkeys(["acc", "f1", "acc_mean"], _answer),
    "acc_sd": _spread,
    "acc_without_Q5": _without_q5,
    **dict.fromkeys(["class_step", "facts_step"], _step),
    **dict.fromkeys([*CELLS, "n"], _count),
    **dict.fromkeys(["p_joint", "p_answer_given_trace_ok", "p_answer_given_trace_wrong"], _proportion),
    **dict.fromkeys(["chi2", "chi2_yates", "chi2_p"], _chi2),
    "chi2_bound": _largest_chi2,
    "items": _items,
}
