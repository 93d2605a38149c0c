"""The main claims as a page to read: verdicts, what the run says to each, and the numbers behind it."""

from collections.abc import Sequence
from dataclasses import asdict
from math import isnan
from pathlib import Path

import pandas as pd

from tracekd.claims.findings import CONTROL, PHIS, SHARES, Finding
from tracekd.claims.main import MainClaim
from tracekd.core.files import atomic_write
from tracekd.datasets import BUILT_IN
from tracekd.datasets.rows import TRACE
from tracekd.labels import (
    OUTCOME_TITLES,
    RIGHT,
    arm_title,
    as_header,
    count,
    dataset_title,
    part_titles,
    share_titles,
    show_number,
)
from tracekd.tables.copying import associations
from tracekd.tables.write import markdown

ASSOCIATIONS = {f"phi_{name}": f"phi, {one.title}" for name, one in associations(BUILT_IN).items()}
TITLES = {
    **share_titles(),
    "phi": ASSOCIATIONS[f"phi_{TRACE}"],
    "chi2": "chi-square",
    "facts_right": f"{part_titles(BUILT_IN)['facts']} {RIGHT}",
    "copying_rate": "answers copied",
    **{name: ASSOCIATIONS[name] for name in (*PHIS, CONTROL)},
    **{f"{name}_share": title for name, title in OUTCOME_TITLES.items()},
    "excess": "excess (points)",
}
# of measures that are neither a share in % nor a coefficient: the title says it
UNITS = {"excess": ""}
TABLES = {
    "Trace and answer, by scorer": [*SHARES, "phi", "chi2", "facts_right"],
    "What the association is made of": ["copying_rate", *PHIS, CONTROL],
    "Where the trace implies a wrong answer": ["follows_share", "baseline_share", "excess", "true_share"],
}


def main_claims_table(claims: Sequence[MainClaim], conclusions: Sequence[str]) -> pd.DataFrame:
    """Give one row a claim: id, statement, verdict, text, and in every row what the run shows beyond it."""
    rows = [asdict(claim) for claim in claims]
    return pd.DataFrame(rows).assign(conclusions=" ".join(conclusions))


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """Give one row a finding, in the columns of `Finding`."""
    return pd.DataFrame(findings, columns=Finding._fields)


def write_main_claims(
    claims: Sequence[MainClaim], conclusions: Sequence[str], findings: Sequence[Finding], path: str | Path
) -> None:
    """Write the page as Markdown."""
    parts = ["# Main claims about trace and answer"]
    for claim in claims:
        parts += [f"## “{claim.statement}”", f"Verdict: {claim.verdict}.", claim.text]
    parts += ["## What the run shows", "\n".join(f"- {sentence}" for sentence in conclusions)]
    parts += [
        "## The numbers",
        "Estimate [95 % interval]; n items. Without a scorer: as the aligned scorer reads and judges.",
    ]
    for title, measures in TABLES.items():
        shown = show_findings(findings, measures)
        parts += [f"### {title}", markdown(shown) if len(shown) else "The run has none."]
    with atomic_write(path) as stream:
        stream.write("\n\n".join(parts) + "\n")


def show_findings(findings: Sequence[Finding], measures: Sequence[str]) -> pd.DataFrame:
    """Write measures side by side, one row a dataset, model, arm and scorer."""
    rows: dict[tuple[str, ...], dict[str, Finding]] = {}
    for one in findings:
        if one.measure in measures:
            rows.setdefault(one[:4], {})[one.measure] = one
    return pd.DataFrame(
        [
            {
                "Dataset": dataset_title(dataset),
                "Model": model,
                "Arm": arm_title(arm),
                "Scorer": scorer,
                "n": count(max(one.n for one in found.values())),
                **{as_header(TITLES[name]): _written(found.get(name)) for name in measures},
            }
            for (dataset, model, arm, scorer), found in rows.items()
        ]
    )


def _written(one: Finding | None) -> str:
    """Write an estimate with its interval, if it has one."""
    if one is None:
        return "–"
    unit, digits = ("", 2) if one.measure.startswith(("phi", "chi2")) else (UNITS.get(one.measure, " %"), 1)
    limits = "" if isnan(one.low) else f" [{show_number(one.low, digits)}, {show_number(one.high, digits)}]"
    return f"{show_number(one.value, digits)}{unit}{limits}"
