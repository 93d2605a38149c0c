"""What is estimated: differences of log-odds within an item, one per item and estimand (docs/experiment.md).

Names read `kind:trace@context`. All are in nats but those of early answering, which are shares.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from tracekd.experiment.contexts import CUED, INTACT, REMOVED, SWAPPED
from tracekd.experiment.measurements import Measurement
from tracekd.experiment.traces import (
    EARLY,
    EMPTY,
    GOLD,
    NO_TRACE,
    OWN,
    OWN_CUED,
    OWN_MISTAKEN,
    OWN_SWAPPED,
)

# context and trace to what was measured there, of one item under one adapter
Cells = Mapping[tuple[str, str], Measurement]
# estimands in shares, not in nats
EARLY_KINDS = ("early_area", "early_area_per_accuracy", "early_area_per_prior")


class Value(NamedTuple):
    """What an item adds to an estimand: the estimate is the sum of `value` over that of `per`."""

    estimand: str
    value: float
    per: float = 1.0


def item_values(cells: Cells, reference: Cells) -> list[Value]:
    """Give all that one item tells.

    Args:
        cells: of the adapter.
        reference: of the adapter without traces, same model and seed; empty where the run has none.

    """
    values = [
        *_levels(cells),
        *_trace_effects(cells),
        *_context_effects(cells),
        *_mediation(cells),
        *_avoidance(cells, reference),
        *_against_no_trace(cells, reference),
        *_cue(cells),
        *_probes(cells),
        *_early(cells, reference),
    ]
    return [Value(one.estimand, one.value, one.per) for one in values if one.value is not None]


class _Value(NamedTuple):
    """A value that may be missing, for one of its answers was not weighed."""

    estimand: str
    value: float | None
    per: float = 1.0


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _pair(cell: Measurement) -> tuple[str, str]:
    """Give the right answer, and the one that it is held against."""
    return cell.answers[cell.truth], cell.answers[cell.opposed]


def _levels(cells: Cells) -> Iterator[_Value]:
    """Log-odds of the right answer against the opposed one."""
    for (context, trace), cell in cells.items():
        yield _Value(f"level:{trace}@{context}", cell.truth_log_odds)


def _trace_effects(cells: Cells) -> Iterator[_Value]:
    """Effect of a trace in place of the gold one, the context held."""
    for (context, trace), cell in cells.items():
        gold = cells.get((context, GOLD))
        if gold is not None and trace != GOLD and context != CUED:
            pair = _pair(cell)
            yield _Value(f"trace:{trace}@{context}", _difference(cell.log_odds(*pair), gold.log_odds(*pair)))


def _context_effects(cells: Cells) -> Iterator[_Value]:
    """Effect of the context, the trace held: gold against renamed answer, gold against foil."""
    for (context, trace), cell in cells.items():
        if context != INTACT:
            continue
        truth, foil = cell.answers[cell.truth], cell.answers[cell.foil]
        if swapped := cells.get((SWAPPED, trace)):
            pair = (truth, swapped.answers[swapped.truth])
            yield _Value(f"context:{trace}", _difference(cell.log_odds(*pair), swapped.log_odds(*pair)))
        if removed := cells.get((REMOVED, trace)):
            pair = (truth, foil)
            yield _Value(f"removal:{trace}", _difference(cell.log_odds(*pair), removed.log_odds(*pair)))


def _mediation(cells: Cells) -> Iterator[_Value]:
    """Split the effect of the renamed context at the model's own trace (Pearl 2001)."""
    corners = [(INTACT, OWN), (SWAPPED, OWN), (INTACT, OWN_SWAPPED), (SWAPPED, OWN_SWAPPED)]
    if not all(corner in cells for corner in corners):
        return
    before, after = cells[corners[0]], cells[corners[1]]
    pair = (after.answers[after.truth], before.answers[before.truth])
    odds = [cells[corner].log_odds(*pair) for corner in corners]
    total, direct, indirect = (_difference(odds[place], odds[0]) for place in (3, 1, 2))
    yield _Value("total", total)
    yield _Value("natural_direct", direct)
    yield _Value("natural_indirect", indirect)
    yield _Value("interaction", _difference(_difference(total, direct), indirect))


def _avoidance(cells: Cells, reference: Cells) -> Iterator[_Value]:
    """How much less likely a named wrong entity is than without any trace: above 0 it is avoided."""
    for (context, trace), cell in cells.items():
        if context != INTACT or cell.named is None or cell.named == cell.truth:
            continue
        named = cell.answers[cell.named]
        for kind, without in (
            ("avoidance", cells.get((INTACT, EMPTY))),
            ("avoidance_no_trace", reference.get((INTACT, NO_TRACE))),
        ):
            if without is not None:
                yield _Value(f"{kind}:{trace}", _difference(without.logit(named), cell.logit(named)))


def _against_no_trace(cells: Cells, reference: Cells) -> Iterator[_Value]:
    """Log-odds behind a trace less those of the adapter without traces."""
    for (context, trace), cell in cells.items():
        without = reference.get((context, NO_TRACE))
        if without is not None and trace != NO_TRACE:
            pair = _pair(cell)
            yield _Value(
                f"no_trace:{trace}@{context}", _difference(cell.log_odds(*pair), without.log_odds(*pair))
            )


def _cue(cells: Cells) -> Iterator[_Value]:
    """What a suggested wrong answer costs the right one, the trace held, or written freely under the cue."""
    for plain, cued in ((OWN, OWN), (OWN, OWN_CUED), (EMPTY, EMPTY), (NO_TRACE, NO_TRACE)):
        before, after = cells.get((INTACT, plain)), cells.get((CUED, cued))
        if before is not None and after is not None:
            pair = (before.answers[before.truth], before.answers[before.foil])
            yield _Value(f"cue:{cued}", _difference(before.log_odds(*pair), after.log_odds(*pair)))


def _probes(cells: Cells) -> Iterator[_Value]:
    """What a mistake in the own trace, or other words for it, cost the right answer."""
    own = cells.get((INTACT, OWN))
    for kind, name in (("mistake", OWN_MISTAKEN), ("paraphrase", "own_paraphrased")):
        changed = cells.get((INTACT, name))
        if own is not None and changed is not None:
            pair = (own.answers[own.truth], own.answers[own.foil])
            yield _Value(kind, _difference(own.log_odds(*pair), changed.log_odds(*pair)))


def _early(cells: Cells, reference: Cells) -> Iterator[_Value]:
    """Area over the curve of early answering: how long the likeliest answer differs from the last one.

    Beside it the same by the share of right answers behind the whole trace, and by how often the last answer
    is not the one of the adapter without traces.
    """
    whole = cells.get((INTACT, OWN))
    steps = [cells.get((INTACT, f"own_{share}")) for share in EARLY]
    if whole is None or not all(steps):
        return
    agree = [float(step.likeliest == whole.likeliest) for step in steps if step is not None]
    area = 1 - float(np.trapezoid([*agree, 1.0], [*(share / 100 for share in EARLY), 1.0]))
    yield _Value("early_area", area)
    yield _Value("early_area_per_accuracy", area, float(whole.likeliest == whole.answers[whole.truth]))
    without = reference.get((INTACT, NO_TRACE))
    if without is not None and whole.likeliest in without.answers:
        prior = float(without.probabilities()[without.answers.index(whole.likeliest)])
        yield _Value("early_area_per_prior", area, 1 - prior)
