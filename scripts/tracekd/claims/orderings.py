"""Which arm answers better: the paper's claims about accuracy, held against the contrasts of a run.

A claim that one arm is above another is judged by every scorer, with and without the quirk that its verdict
may hang on, and among readable outputs alone. Where these judgements differ, it is the scorer that orders the
arms, and the verdict says so.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from tracekd.labels import scorer_title

# how the scorers are named in a sentence
SCORERS = {name: f"the {scorer_title(name)}" for name in ("published", "aligned")}
# how a judgement (scorer, quirk, items) is named in a sentence
JUDGEMENTS = {
    ("published", "all_on", "all"): SCORERS["published"],
    ("published", "Q5_off", "all"): f"{SCORERS['published']} without Q5",
    ("published", "all_on", "readable"): f"{SCORERS['published']} on readable outputs",
    ("aligned", "all_on", "all"): SCORERS["aligned"],
    ("aligned", "all_on", "readable"): f"{SCORERS['aligned']} on readable outputs",
    ("aligned", "all_on", "tolerant"): f"{SCORERS['aligned']} with a tolerant reader",
}


class Ordering(NamedTuple):
    """One judgement of a pair of arms over the runs: in how many the interval lies above, below, around 0."""

    title: str
    above: int
    below: int
    around: int
    lowest: float
    highest: float

    @property
    def verdict(self) -> str:
        """Say whether the first arm is above: `holds`, `deviates`, `mixed`; `open` if no interval tells."""
        if self.above and self.below:
            return "mixed"
        return "holds" if self.above else "deviates" if self.below else "open"


def find_orderings(contrasts: pd.DataFrame, arm: str, other: str) -> list[Ordering]:
    """Judge `arm` against `other` by every judgement that the run has.

    Args:
        contrasts: as from `contrasts_table`, one row per run, judgement and pair; either arm may come first.
        arm: said to answer better.
        other: the one that it is held against.

    """
    forward = contrasts[(contrasts["arm"] == arm) & (contrasts["other"] == other)]
    backward = contrasts[(contrasts["arm"] == other) & (contrasts["other"] == arm)]
    turned = backward.assign(difference=-backward["difference"], low=-backward["high"], high=-backward["low"])
    rows = pd.concat([forward, turned]).groupby(["scorer", "quirk", "items"])
    return [
        Ordering(
            title,
            above := int((part["low"] > 0).sum()),
            below := int((part["high"] < 0).sum()),
            len(part) - above - below,
            100 * part["difference"].min(),
            100 * part["difference"].max(),
        )
        for judgement, title in JUDGEMENTS.items()
        if judgement in rows.groups
        for part in [rows.get_group(judgement)]
    ]


def judge_ordering(orderings: list[Ordering]) -> str:
    """Give one verdict where all judgements agree, else name them by verdict."""
    return join_verdicts([(one.verdict, one.title) for one in orderings])


def join_verdicts(verdicts: Sequence[tuple[str, str]]) -> str:
    """Give one verdict where all judgements agree, else name the judgements (second) by verdict (first)."""
    by_verdict: dict[str, list[str]] = {}
    for verdict, title in verdicts:
        by_verdict.setdefault(verdict, []).append(title)
    if len(by_verdict) < 2:
        return next(iter(by_verdict), "data missing")
    return "; ".join(f"{verdict} by {', '.join(titles)}" for verdict, titles in by_verdict.items())
