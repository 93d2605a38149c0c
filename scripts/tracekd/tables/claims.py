"""The claim ledger: every published number beside the recomputed one, with a verdict and its reason."""

from collections.abc import Sequence
from dataclasses import asdict
from math import isnan, log10
from pathlib import Path

import pandas as pd

from tracekd.claims.ledger import Claim
from tracekd.claims.recomputation import Estimate, RunTables, estimate
from tracekd.core.files import atomic_write
from tracekd.datasets import BUILT_IN, DATASETS
from tracekd.labels import arm_title, count, dataset_title, part_titles
from tracekd.tables.downloads import Downloads
from tracekd.tables.write import latex, markdown, write_csv, write_table

MISSING = "data missing"
VERDICTS = ("reproduced", "compatible", "deviates", "not testable", MISSING)
COLUMNS = (
    *("id", "group", "source", "dataset", "class", "model", "arm", "quantity", "published"),
    *("recomputed_published", "recomputed_aligned", "ci_low", "ci_high", "n", "verdict", "why", "file"),
    *("kind", "generations", "scorer"),
)
# what is rounded to the last printed digit may be half a unit off, and a little more in floating point
ROUNDING = 1 + 1e-6
NUMBERS = ("published", "recomputed_published", "recomputed_aligned", "ci_low", "ci_high")
LEDGER = (
    "Published numbers beside those of this run. Intervals are the 95 % ones of the value by the scorer of "
    "the claim, over items: how much training runs differ is not in them. Reproduced: equal to the last "
    "printed digit. Compatible: measured on other generations, and within the interval."
)
QUANTITY_TITLES = {
    "acc": "acc.",
    "f1": "F1",
    "acc_without_Q5": "acc. without Q5",
    "acc_mean": "acc., mean",
    "acc_sd": "acc., SD",
    "class_step": "class step",
    "facts_step": "retrieval step",
    "both_ok": "both ok",
    "answer_only_ok": "answer only",
    "trace_only_ok": "step only",
    "neither_ok": "neither",
    "p_joint": "P(both ok)",
    "p_answer_given_trace_ok": "P(ok | step ok)",
    "p_answer_given_trace_wrong": "P(ok | step wrong)",
    "chi2": "chi-square",
    "chi2_yates": "chi-square, Yates",
    "chi2_p": "p of chi-square",
    "chi2_bound": "chi-square below",
}
SUMMARY = "Published numbers by verdict of this run."


def claims_table(claims: Sequence[Claim], run: RunTables, downloads: Downloads | None = None) -> pd.DataFrame:
    """Hold claims against the tables of a run; one row a claim, columns COLUMNS.

    `recomputed_*` are the values by either scorer; ci_low and ci_high are the 95 % interval (see
    tracekd.claims.recomputation) and n the items of the value by `scorer`, that of the claim, which alone
    is judged. `file` names, of data that is missing, the released files that would bring the number,
    separated by blanks; empty where no known file does, or without `downloads`.
    """
    table = pd.DataFrame([_row(claim, run, downloads) for claim in claims], columns=COLUMNS)
    return table.astype(dict.fromkeys([*NUMBERS, "n"], float))


def judge(claim: Claim, found: Estimate | None, present: bool, held: bool) -> tuple[str, str]:
    """Give the verdict on a claim and, in one line, why.

    Args:
        claim: what is claimed.
        found: the recomputed value, if there is one.
        present: whether the run has such generations.
        held: whether they are the very ones that the claim was measured on.

    """
    if claim.untestable:
        return "not testable", claim.untestable
    if found is None:
        why = "the run's tables hold no such value" if present else "the run has no such generations"
        return MISSING, why
    stated, value, low, high = (
        _number(claim, one) for one in (claim.value, found.value, found.low, found.high)
    )
    where = f" ({found.cell})" if found.cell else ""
    if claim.quantity == "chi2_bound":
        holds = found.value < claim.value
        return ("compatible" if holds else "deviates"), f"{value}{where}"
    same = held or claim.generations == "none"
    if abs(found.value - claim.value) <= claim.tolerance * ROUNDING and not found.cell:
        return "reproduced", "equal to the last printed digit" + ("" if same else ", on other generations")
    side = "above" if claim.value > found.value else "below"
    if same:
        difference = _number(claim, abs(found.value - claim.value))
        return "deviates", f"{stated} is {difference} {side} {value}"
    if isnan(found.low):
        return "deviates", f"{stated} is {side} {value}; other generations, and no interval"
    inside = found.low <= claim.value <= found.high
    place = f"{'in' if inside else side} the interval {low} to {high} of {value}{where}"
    return ("compatible" if inside else "deviates"), f"{stated}, of other generations, lies {place}"


def claims_summary(table: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    """Count claims by group and verdict, and over all groups.

    Columns: group, one a verdict, all. `titles` gives every group its name in the order of the rows.
    """
    counts = pd.crosstab(table["group"], table["verdict"]).reindex(
        index=list(titles), columns=list(VERDICTS), fill_value=0
    )
    counts.loc["all groups"] = counts.sum()
    counts["all"] = counts.sum(axis=1)
    counts.insert(0, "group", [*titles.values(), "all groups"])
    return counts.reset_index(drop=True)


def write_ledger(table: pd.DataFrame, summary: pd.DataFrame, *, csv: Path, md: Path, tex: Path) -> None:
    """Write the ledger: CSV with all columns, Markdown under its summary, LaTeX as far as a page is wide."""
    # six decimals, as other tables have them, are too few for a p-value
    exact = {name: ["" if isnan(value) else f"{value:.10g}" for value in table[name]] for name in NUMBERS}
    write_csv(table.assign(**exact, n=table["n"].astype("Int64")), csv)
    shown = show_claims(table)
    with atomic_write(md) as stream:
        stream.write(f"{LEDGER}\n\n{markdown(show_summary(summary))}\n\n{markdown(shown)}\n")
    with atomic_write(tex) as stream:
        stream.write(latex(shown.drop(columns=["Group", "n", "Why"]), LEDGER, label=f"tab:{Path(tex).stem}"))


def write_summary(summary: pd.DataFrame, *, csv: Path, md: Path, tex: Path) -> None:
    """Write the counts of verdicts."""
    write_table(summary, show_summary(summary), csv=csv, md=md, tex=tex, caption=SUMMARY)


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
            "SFT arm": [arm_title(name) for name in table["arm"]],
            "Quantity": [_quantity(name) for name in table["quantity"]],
            "Published": shown["published"],
            "Published scorer": shown["recomputed_published"],
            "Aligned scorer": shown["recomputed_aligned"],
            "95 % CI": [
                "–" if isnan(low) else f"{_short(low)}–{_short(high)}"
                for low, high in zip(table["ci_low"], table["ci_high"], strict=True)
            ],
            "n": ["–" if isnan(n) else count(int(n)) for n in table["n"]],
            "Verdict": table["verdict"],
            "Why": table["why"],
        }
    )


def _row(claim: Claim, run: RunTables, downloads: Downloads | None) -> dict[str, object]:
    """Make one row of the ledger."""
    found = {name: estimate(run, claim, name) for name in ("published", "aligned")}
    judged = found[claim.scorer]
    verdict, why = judge(claim, judged, bool(run.select("answers", claim)), run.holds(claim))
    files = downloads.find(claim) if downloads and verdict == MISSING else []
    return asdict(claim) | {
        "class": claim.class_label,
        "quantity": f"{claim.step} {claim.quantity}".lstrip(),
        "published": claim.value,
        **{f"recomputed_{name}": one.value if one else None for name, one in found.items()},
        "ci_low": judged.low if judged else None,
        "ci_high": judged.high if judged else None,
        "n": judged.n if judged else None,
        "verdict": verdict,
        "why": f"{why}; {claim.note}" if claim.note and verdict != MISSING else why,
        "file": " ".join(files),
    }


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
