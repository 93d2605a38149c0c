"""The claim ledger: every published number beside the recomputed one, with a verdict and its reason."""

from collections.abc import Sequence
from dataclasses import asdict
from math import isnan, log10
from pathlib import Path
from statistics import NormalDist

import pandas as pd

from tracekd.claims.arithmetic import ROUNDING, find_derived
from tracekd.claims.ledger import Claim
from tracekd.claims.recomputation import Estimate, RunTables, estimate
from tracekd.core.files import atomic_write
from tracekd.datasets import BUILT_IN, DATASETS
from tracekd.labels import (
    CELL_TITLES,
    arm_title,
    as_header,
    count,
    dataset_title,
    part_titles,
    scorer_title,
    share_titles,
)
from tracekd.settings.statistics import Statistics
from tracekd.statistics.intervals import Z
from tracekd.statistics.verdict import holm
from tracekd.tables.downloads import Downloads
from tracekd.tables.write import markdown, write_csv, write_table

MISSING = "data missing"
SCORERS = ("published", "aligned")
DERIVED, COINCIDENCE = "derived", "equal by coincidence"
VERDICTS = ("reproduced", COINCIDENCE, "compatible", "deviates", DERIVED, "not testable", MISSING)
COLUMNS = (
    *("id", "group", "source", "dataset", "class", "model", "arm", "quantity", "published"),
    *("recomputed_published", "recomputed_aligned", "low", "high", "detectable", "holm_p", "n"),
    *("verdict", "why", "file", "kind", "generations", "scorer"),
)
NUMBERS = (
    *("published", "recomputed_published", "recomputed_aligned"),
    *("low", "high", "detectable", "holm_p"),
)
LEDGER = (
    "Published numbers beside those of this run. Brackets: where 95 % of other training runs on the same "
    "questions come out, by the scorer of the claim. Reproduced: equal to the last printed digit, on the "
    "very "
    "generations. Compatible: of another run, and within the brackets. Derived: arithmetic of other rows."
)
QUANTITY_TITLES = {
    "acc": "acc.",
    "f1": "F1",
    "acc_without_Q5": "acc. without Q5",
    "acc_mean": "acc., mean",
    "acc_sd": "acc., SD",
    **{f"{name}_step": title for name, title in part_titles(BUILT_IN).items()},
    **CELL_TITLES,
    **share_titles("step"),
    "chi2": "chi-square",
    "chi2_yates": "chi-square, Yates",
    "chi2_p": "p of chi-square",
    "chi2_bound": "chi-square below",
}
SUMMARY = "Published numbers by verdict of this run."


def claims_table(claims: Sequence[Claim], run: RunTables, downloads: Downloads | None = None) -> pd.DataFrame:
    """Hold claims against the tables of a run; one row per claim, columns COLUMNS.

    `recomputed_*` are the values by either scorer; low and high are the 95 % interval of another run (see
    tracekd.claims.recomputation) and n the items of the value by `scorer`, that of the claim, which alone
    is judged. Of claims that are judged by that interval, `detectable` is the distance from the value that
    would be seen with the wanted power, and `holm_p` the p of none after Holm's correction over all of them.
    `file` names, of data that is missing, the released files that would bring the number, separated by
    blanks; empty where no known file does, or without `downloads`.
    """
    derived = find_derived(claims)
    rows = [_row(claim, run, downloads, derived.get(claim.id, "")) for claim in claims]
    table = pd.DataFrame(rows, columns=[*COLUMNS, "p"])
    table = table.astype(dict.fromkeys([*NUMBERS, "n", "p"], float))
    table["holm_p"] = holm(table["p"])
    judged = int(table["p"].notna().sum())
    table["why"] = [
        f"{row.why}; {'also' if row.holm_p < run.settings.alpha else 'not'} after Holm's correction over "
        f"{judged}"
        if row.verdict == "deviates" and not isnan(row.p)
        else row.why
        for row in table.itertuples()
    ]
    return table[list(COLUMNS)]


def judge(
    claim: Claim, found: Estimate | None, present: bool, held: bool, settings: Statistics, derived: str = ""
) -> tuple[str, str]:
    """Give the verdict on a claim and, in one line, why.

    Args:
        claim: what is claimed.
        found: the recomputed value, if there is one.
        present: whether the run has such generations.
        held: whether they are the very ones that the claim was measured on.
        settings: error rate and power.
        derived: how the claim follows from others, if it does.

    """
    if claim.untestable:
        return "not testable", claim.untestable
    if derived:
        return DERIVED, derived + (f"; this run gives {_number(claim, found.value)}" if found else "")
    if found is None:
        why = "the run's tables hold no such value" if present else "the run has no such generations"
        return MISSING, why
    value = _number(claim, found.value)
    where = f" ({found.cell})" if found.cell else ""
    if claim.quantity == "chi2_bound":
        holds = found.value < claim.value or found.p >= settings.alpha
        return ("compatible" if holds else "deviates"), f"{value}{where}"
    same = held or claim.generations == "none"
    if _equal(claim, found) and not found.cell:
        words = "equal to the last printed digit"
        return ("reproduced", words) if same else (COINCIDENCE, f"{words}, on other generations")
    side = "above" if claim.value > found.value else "below"
    stated = _number(claim, claim.value)
    if same:
        return "deviates", f"{stated} is {_number(claim, abs(found.value - claim.value))} {side} {value}"
    if isnan(found.low):
        return "deviates", f"{stated} is {side} {value}; other generations, and no interval"
    limits = f"the interval {_number(claim, found.low)} to {_number(claim, found.high)} of {value}{where}"
    if not found.low <= claim.value <= found.high:
        if found.cell:
            return "not testable", (
                f"the source names neither model nor dataset, and {stated} lies {side} {limits}; averages "
                f"and cells "
                "that are not at hand are not excluded"
            )
        return "deviates", f"{stated}, of other generations, lies {side} {limits}"
    distance = _number(claim, detectable(found, settings.power))
    return (
        "compatible",
        f"{stated}, of other generations, lies in {limits}; a run {distance} off would lie outside "
        f"with a probability of {settings.power:.0%}".replace("%", " %"),
    )


def detectable(found: Estimate, power: float) -> float:
    """Distance of another run that lies outside the interval with this probability (normal limits)."""
    return (1 + NormalDist().inv_cdf(power) / Z) * (found.high - found.low) / 2


def claims_summary(table: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    """Count claims by group and verdict, and over all groups.

    Columns: group, one per verdict, all. `titles` gives every group its name in the order of the rows.
    """
    counts = pd.crosstab(table["group"], table["verdict"]).reindex(
        index=list(titles), columns=list(VERDICTS), fill_value=0
    )
    counts.loc["all groups"] = counts.sum()
    counts["all"] = counts.sum(axis=1)
    counts.insert(0, "group", [*titles.values(), "all groups"])
    return counts.reset_index(drop=True)


def write_ledger(table: pd.DataFrame, summary: pd.DataFrame, *, csv: Path, md: Path) -> None:
    """Write the ledger: CSV with all columns, Markdown under its summary."""
    # six decimals, as other tables have them, are too few for a p-value
    exact = {name: ["" if isnan(value) else f"{value:.10g}" for value in table[name]] for name in NUMBERS}
    write_csv(table.assign(**exact, n=table["n"].astype("Int64")), csv)
    shown = show_claims(table)
    with atomic_write(md) as stream:
        stream.write(f"{LEDGER}\n\n{markdown(show_summary(summary))}\n\n{markdown(shown)}\n")


def write_summary(summary: pd.DataFrame, *, csv: Path, md: Path) -> None:
    """Write the counts of verdicts."""
    write_table(summary, show_summary(summary), csv=csv, md=md, caption=SUMMARY)


def show_summary(summary: pd.DataFrame) -> pd.DataFrame:
    """Write the counts for readers."""
    shown = summary.map(lambda cell: cell if isinstance(cell, str) else count(cell))
    return shown.rename(columns=lambda name: name.capitalize())


def show_claims(table: pd.DataFrame) -> pd.DataFrame:
    """Write the ledger for readers."""
    values = ["published", "recomputed_published", "recomputed_aligned"]
    shown = table[values].map(_short)
    return pd.DataFrame(
        {
            "Group": table["group"],
            "Dataset": [dataset_title(name) if name in DATASETS else name for name in table["dataset"]],
            "Class": table["class"],
            "Model": table["model"],
            "Arm": [arm_title(name) for name in table["arm"]],
            "Quantity": [_quantity(name) for name in table["quantity"]],
            "Published": shown["published"],
            **{as_header(scorer_title(name)): shown[f"recomputed_{name}"] for name in SCORERS},
            "Another run": [
                "–" if isnan(low) else f"{_short(low)}–{_short(high)}"
                for low, high in zip(table["low"], table["high"], strict=True)
            ],
            "n": ["–" if isnan(n) else count(int(n)) for n in table["n"]],
            "Verdict": table["verdict"],
            "Why": table["why"],
        }
    )


def _row(claim: Claim, run: RunTables, downloads: Downloads | None, derived: str) -> dict[str, object]:
    """Make one row of the ledger, and p of the claims that are judged by an interval."""
    found = {name: estimate(run, claim, name) for name in SCORERS}
    judged = found[claim.scorer]
    present, held = bool(run.select("answers", claim)), run.holds(claim)
    verdict, why = judge(claim, judged, present, held, run.settings, derived)
    by_interval = verdict in ("compatible", "deviates") and not held and not (judged and judged.cell)
    compared = judged if by_interval and judged and not isnan(judged.low) else None
    files = downloads.find(claim) if downloads and verdict == MISSING else []
    return asdict(claim) | {
        "class": claim.class_label,
        "quantity": f"{claim.step} {claim.quantity}".lstrip(),
        "published": claim.value,
        **{f"recomputed_{name}": one.value if one else None for name, one in found.items()},
        "low": judged.low if judged else None,
        "high": judged.high if judged else None,
        "detectable": detectable(compared, run.settings.power) if compared else None,
        "p": _p(claim, compared) if compared else None,
        "n": judged.n if judged else None,
        "verdict": verdict,
        "why": f"{why}; {claim.note}" if claim.note and verdict != MISSING else why,
        "file": " ".join(files),
    }


def _equal(claim: Claim, found: Estimate) -> bool:
    """Whether a value is the stated one to its last digit."""
    return abs(found.value - claim.value) <= claim.tolerance * ROUNDING


def _p(claim: Claim, found: Estimate) -> float:
    """P of a run at least as far off as the claim, from the limit on its side."""
    half = (found.high if claim.value > found.value else found.low) - found.value
    off = claim.value - found.value
    if _equal(claim, found):
        return 1.0
    return 2 * NormalDist().cdf(-Z * off / half) if half else 0.0


def _quantity(name: str) -> str:
    """Write a quantity, after its step if it is one of a matrix."""
    *step, quantity = name.split()
    titles = part_titles(BUILT_IN)
    return ": ".join([titles[one] for one in step] + [QUANTITY_TITLES.get(quantity, quantity)])


def _number(claim: Claim, value: float) -> str:
    """Write a number with the digits of the claim, p-values with three that count."""
    return f"{value:.3g}" if claim.unit == "p" else f"{value:.{round(-log10(2 * claim.tolerance))}f}"


def _short(value: float) -> str:
    """Write any number for a table: as many digits as it can need."""
    if isnan(value):
        return "–"
    return f"{value:.2e}" if 0 < abs(value) < 1e-3 else f"{value:.4g}"
