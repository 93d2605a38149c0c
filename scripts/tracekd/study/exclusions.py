"""Who is left out: the rules that were fixed before the first answer, applied in their order and counted."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import pandas as pd

from tracekd.study.responses import Export

Rule = Callable[[Mapping[str, Any], float], bool]


def is_incomplete(record: Mapping[str, Any], _: float) -> bool:
    """Tell whether a participant stopped before the end."""
    return not record["completed"]


def fails_checks(record: Mapping[str, Any], limit: float) -> bool:
    """Tell whether more attention checks than the limit were failed."""
    return sum(not check["passed"] for check in record["checks"]) > limit


def is_too_fast(record: Mapping[str, Any], limit: float) -> bool:
    """Tell whether the median page took fewer seconds than the limit; without times nobody is too fast."""
    pages = {answer["item"]: answer["seconds"] for answer in record["answers"]}
    known = [seconds for seconds in pages.values() if seconds is not None]
    return bool(known) and median(known) < limit


def is_straight(record: Mapping[str, Any], limit: float) -> bool:
    """Tell whether one point of the scale makes up more than the limit of all answers."""
    values = [answer["value"] for answer in record["answers"]]
    return bool(values) and max(map(values.count, values)) / len(values) > limit


RULES: dict[str, Rule] = {
    "incomplete": is_incomplete,
    "failed_checks": fails_checks,
    "median_seconds": is_too_fast,
    "same_answer": is_straight,
}


def exclude(
    exports: Sequence[Export], rules: Mapping[str, float], groups: Sequence[str]
) -> tuple[list[Export], pd.DataFrame]:
    """Apply the rules one after another.

    Args:
        exports: of all who sent one.
        rules: name (of RULES) to limit, in the order in which they are applied.
        groups: names of the plan's groups.

    Returns:
        Who stays, and the flow table: step (`sent`, then each rule), excluded, left, and left_{group}.

    """
    kept, flow = list(exports), []

    def count(step: str, before: int) -> None:
        left = [export.record["group"] for export in kept]
        by_group = {f"left_{group}": left.count(group) for group in groups}
        flow.append({"step": step, "excluded": before - len(kept), "left": len(kept), **by_group})

    count("sent", len(kept))
    for name, limit in rules.items():
        before = len(kept)
        kept = [export for export in kept if not RULES[name](export.record, limit)]
        count(name, before)
    return kept, pd.DataFrame(flow)


TITLES = {
    "sent": "sent an export",
    "incomplete": "stopped before the end",
    "failed_checks": "failed attention checks",
    "median_seconds": "too fast",
    "same_answer": "nearly always the same answer",
}


def show_exclusions(flow: pd.DataFrame) -> pd.DataFrame:
    """Write the flow table for readers."""
    groups = [name for name in flow if name.startswith("left_")]
    return pd.DataFrame(
        {
            "Step": flow["step"].map(TITLES),
            "Left out": flow["excluded"].map(str),
            "Stay": flow["left"].map(str),
            **{f"Group {name.removeprefix('left_')}": flow[name].map(str) for name in groups},
        }
    )
