"""What the stated matrices of trace and answer show by themselves, without any recomputation.

They are counts that the released repository keeps; the ledger has them as claims.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from statistics import fmean
from typing import NamedTuple

import pandas as pd

from tracekd.datasets.rows import TRACE
from tracekd.labels import dataset_title
from tracekd.statistics.association import CELLS, Counts, pearson, phi
from tracekd.statistics.verdict import holm

GROUP = "stored_matrices"


class Stated(NamedTuple):
    """Counts of trace and answer as stated for one dataset, model and SFT arm."""

    dataset: str
    model: str
    arm: str
    counts: Counts

    @property
    def chi2(self) -> float:
        """Pearson's chi-square of a table without empty margin."""
        return pearson(self.counts).statistic

    @property
    def phi(self) -> float:
        """Phi of a table without empty margin."""
        return float(phi(self.counts))


class Average(NamedTuple):
    """One way to average conditional shares over stated matrices, in words, and its value in %."""

    words: str
    value: float


def stated_matrices(ledger: pd.DataFrame) -> list[Stated]:
    """Take the matrices of the whole trace from the rows of the ledger, in their order."""
    rows = ledger[(ledger["group"] == GROUP) & ledger["quantity"].isin([f"{TRACE} {cell}" for cell in CELLS])]
    found = []
    for (dataset, model, arm), part in rows.groupby(["dataset", "model", "arm"], sort=False):
        cells = dict(zip(part["quantity"].str.removeprefix(f"{TRACE} "), part["published"], strict=True))
        found.append(Stated(dataset, model, arm, Counts(*(int(cells[name]) for name in CELLS))))
    return found


def count_associated(matrices: Sequence[Stated], alpha: float) -> int:
    """Count the matrices with an association after Holm's correction over all of them, item by item."""
    p = pd.Series([pearson(one.counts).p for one in matrices], dtype=float)
    return int((holm(p) < alpha).sum()) if len(p) else 0


def average_conditionals(matrices: Sequence[Stated]) -> list[Average]:
    """Average P(answer ok | trace ok) over each choice of datasets, models and arms.

    Each is a mean of shares, and with items pooled. Choices of a single matrix, which are no averages, and
    repetitions are left out.
    """
    found: dict[tuple[object, ...], Average] = {}
    for datasets, models, arms in _choices(matrices):
        chosen = [
            one for one in matrices if one.dataset in datasets and one.model in models and one.arm in arms
        ]
        rows = [(one.counts.both_ok, one.counts.both_ok + one.counts.trace_only_ok) for one in chosen]
        rows = [(right, of) for right, of in rows if of]
        if len(rows) < 2:
            continue
        titles = [dataset_title(name) for name in datasets]
        words = f"{' and '.join(titles)}; {' and '.join(models)}; SFT on {' and '.join(arms)} traces"
        key = tuple(one[:3] for one in chosen)
        found.setdefault((key, "mean"), Average(f"mean, {words}", 100 * fmean(a / b for a, b in rows)))
        pooled = 100 * sum(right for right, _ in rows) / sum(of for _, of in rows)
        found.setdefault((key, "pooled"), Average(f"pooled, {words}", pooled))
    return list(found.values())


def _choices(
    matrices: Sequence[Stated],
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """Yield every choice of datasets, models and arms."""
    datasets, models, arms = (
        list(
            chain.from_iterable(combinations(dict.fromkeys(of), size) for size in range(1, len(set(of)) + 1))
        )
        for of in (
            [one.dataset for one in matrices],
            [one.model for one in matrices],
            [one.arm for one in matrices],
        )
    )
    return ((a, b, c) for a in datasets for b in models for c in arms)
