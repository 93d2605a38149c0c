"""Claims that follow from other claims: repetitions, means of classes or runs, shares of stated counts.

Such a number is no evidence of its own, however well a run agrees with it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean, stdev
from typing import NamedTuple

from tracekd.claims.ledger import Claim
from tracekd.datasets.rows import ALL, MACRO, TRACE
from tracekd.statistics.association import CELLS, Counts, pearson

# what is rounded to the last printed digit may be half a unit off, and a little more in floating point
ROUNDING = 1 + 1e-6
OF_RUNS: dict[str, Callable[[Sequence[float]], float]] = {"acc_mean": fmean, "acc_sd": stdev}


class Way(NamedTuple):
    """What other claims give for a number, how far their rounding may move it, and where they stand."""

    value: float
    slack: float
    words: str


class Matrix(NamedTuple):
    """Stated counts of answer and step, and the group of claims that states them."""

    counts: Counts
    group: str


NO_WAY = Way(float("nan"), 0, "")


def find_derived(claims: Sequence[Claim]) -> dict[str, str]:
    """Say of each claim that follows from others how it does: id to words.

    A claim whose stated value is not what the others give follows from none of them.
    """
    by_place = {(_prefix(claim), claim.class_label, claim.step, claim.quantity): claim for claim in claims}
    matrices = dict(_matrices(claims))
    derived: dict[str, str] = {}
    first: dict[tuple[object, ...], str] = {}
    for claim in claims:
        ways = (_of_matrix(claim, matrices), _of_classes(claim, by_place), _of_runs(claim, claims))
        words = next((way.words for way in ways if _equal(claim, way)), "")
        if not words and claim.generations != "none":
            # no two runs come to the same number but by chance: a number that stands twice was copied
            place = (*_cell(claim), claim.class_label, claim.step, claim.quantity, claim.scorer, claim.value)
            same = first.setdefault(place, claim.id)
            words = f"the number of {same} again" if same != claim.id else ""
        if words:
            derived[claim.id] = words
    return derived


def _cell(claim: Claim) -> tuple[object, ...]:
    """Name the outputs that a claim was measured on, as far as the ledger tells them apart."""
    return (claim.dataset, claim.model, claim.arm, claim.generations, claim.seeds)


def _prefix(claim: Claim) -> str:
    """Give the part of an id that the claims of one row of a table share."""
    return claim.id.rsplit("/", 2)[0]


def _equal(claim: Claim, way: Way) -> bool:
    """Whether a value is the stated one to its last digit."""
    return abs(way.value - claim.value) <= (claim.tolerance + way.slack) * ROUNDING


def _matrices(claims: Sequence[Claim]) -> Iterator[tuple[tuple[object, ...], Matrix]]:
    """Yield the stated matrices by cell and step."""
    found: dict[tuple[object, ...], dict[str, int]] = {}
    for claim in claims:
        if claim.quantity in CELLS and claim.class_label == ALL:
            found.setdefault((*_cell(claim), claim.step, claim.group), {})[claim.quantity] = int(claim.value)
    for (*key, group), cells in found.items():
        if len(cells) == len(CELLS):
            yield tuple(key), Matrix(Counts(**cells), str(group))


def _of_matrix(claim: Claim, matrices: Mapping[tuple[object, ...], Matrix]) -> Way:
    """Compute a claim from the stated counts of its cell; of the counts themselves only their sum."""
    step = claim.quantity.removesuffix("_step") if claim.quantity.endswith("_step") else claim.step or TRACE
    matrix = matrices.get((*_cell(claim), step))
    if matrix is None or claim.class_label != ALL or claim.scorer != "published":
        return NO_WAY
    counts, words = matrix.counts, f"arithmetic of the counts in {matrix.group}"
    both, answer_only, trace_only, neither = counts
    shares = {
        "acc": (both + answer_only, counts.n),
        f"{step}_step": (both + trace_only, counts.n),
        "p_joint": (both, counts.n),
        "p_answer_given_trace_ok": (both, both + trace_only),
        "p_answer_given_trace_wrong": (answer_only, answer_only + neither),
    }
    if claim.quantity in shares:
        right, of = shares[claim.quantity]
        return Way(100 * right / of, 0, words) if of else NO_WAY
    if claim.quantity == "n":
        return Way(counts.n, 0, words)
    if claim.quantity in ("chi2", "chi2_yates", "chi2_p") and not counts.empty_margin:
        test = pearson(counts, yates=claim.quantity == "chi2_yates")
        return Way(test.p if claim.quantity == "chi2_p" else test.statistic, 0, words)
    return NO_WAY


def _of_classes(claim: Claim, by_place: Mapping[tuple[str, str, str, str], Claim]) -> Way:
    """Average the classes that stand in the same row: the mean is one of the rounded numbers."""
    if claim.class_label != MACRO:
        return NO_WAY
    row = [
        one
        for (prefix, label, step, quantity), one in by_place.items()
        if (prefix, step, quantity) == (_prefix(claim), claim.step, claim.quantity)
        if label not in (MACRO, ALL)
    ]
    return _reduce(row, fmean, "classes")._replace(slack=0) if len(row) > 1 else NO_WAY


def _of_runs(claim: Claim, claims: Sequence[Claim]) -> Way:
    """Take mean or standard deviation over the runs that are stated one by one."""
    if claim.quantity not in OF_RUNS:
        return NO_WAY
    place = (claim.group, claim.dataset, claim.model, claim.arm, claim.class_label, "acc")
    runs = [
        one
        for one in claims
        if (one.group, one.dataset, one.model, one.arm, one.class_label, one.quantity) == place
        if len(one.seeds) == 1 and set(one.seeds) <= set(claim.seeds)
    ]
    return _reduce(runs, OF_RUNS[claim.quantity], "runs") if len(runs) == len(claim.seeds) > 1 else NO_WAY


def _reduce(claims: Sequence[Claim], function: Callable[[Sequence[float]], float], kind: str) -> Way:
    """Compute one number from stated ones."""
    value = float(function([claim.value for claim in claims]))
    words = f"arithmetic of the {len(claims)} {kind} in {claims[0].group}"
    return Way(value, max(claim.tolerance for claim in claims), words)
