"""Who is left out: the rules that were fixed before the first answer, applied in their order and counted.

Everything is analysed twice. Intention to treat: all ratings of all who sent any. Per protocol: those whom no
rule leaves out. Nothing that a condition does to its raters may decide who counts, so what is found has to
hold in the first; whether the conditions lost different shares of their participants is tested.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracekd.study.reading import Page, count_words
from tracekd.study.responses import Export

INTENTION_TO_TREAT, PER_PROTOCOL = "intention_to_treat", "per_protocol"
# tables drawn at random behind the p of a Fisher test of more than two conditions
DRAWS = 9_999

Rule = Callable[[Mapping[str, Any], float, Mapping[Page, int]], bool]


def is_incomplete(record: Mapping[str, Any], _: float, __: Mapping[Page, int]) -> bool:
    """Tell whether a participant stopped before the end."""
    return not record["completed"]


def fails_checks(record: Mapping[str, Any], limit: float, _: Mapping[Page, int]) -> bool:
    """Tell whether more attention checks than the limit were failed."""
    return sum(not check["passed"] for check in record["checks"]) > limit


def is_too_fast(record: Mapping[str, Any], limit: float, words: Mapping[Page, int]) -> bool:
    """Tell whether the median page took fewer seconds per word than the limit; not without any time."""
    pages = {(answer["item"], answer["condition"]): answer["seconds"] for answer in record["answers"]}
    paces = [seconds / words[page] for page, seconds in pages.items() if seconds is not None]
    return bool(paces) and median(paces) < limit


RULES: dict[str, Rule] = {
    "incomplete": is_incomplete,
    "failed_checks": fails_checks,
    "seconds_per_word": is_too_fast,
}


def find_left_out(
    exports: Sequence[Export], rules: Mapping[str, float], plan: Mapping[str, Any]
) -> dict[str, str]:
    """Participants who are left out of the analysis per protocol, each with the first rule that does so.

    Args:
        exports: of all who sent one.
        rules: name (of RULES) to limit, in the order in which they are applied.
        plan: of the study.

    """
    words = count_words(plan)
    broken = {
        export.record["participant"]: [
            name for name, limit in rules.items() if RULES[name](export.record, limit, words)
        ]
        for export in exports
    }
    return {participant: names[0] for participant, names in broken.items() if names}


def split_analyses(ratings: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give the ratings of either analysis; `excluded` names the rule by which a participant is left out."""
    yield INTENTION_TO_TREAT, ratings
    yield PER_PROTOCOL, ratings[ratings["excluded"].isna()]


def flow_table(
    exports: Sequence[Export],
    left_out: Mapping[str, str],
    rules: Mapping[str, float],
    plan: Mapping[str, Any],
    seed: int,
) -> pd.DataFrame:
    """Count who sent an export, who is left out by each rule in turn, and who stays.

    Args:
        exports: of all who sent one.
        left_out: as from `find_left_out`.
        rules: in the order in which they are applied.
        plan: of the study. Between subjects all is counted by condition, too, and each rule tested: were the
            shares that it leaves out of the conditions further apart than chance makes them (Fisher)?
            Within subjects everyone sees every condition.
        seed: of the Monte Carlo draws of that test.

    Returns:
        A row `sent`, one for each rule, and `stays`, which tests all that are left out at once. Columns:
        step, excluded, left, excluded_{condition}, left_{condition}, p.

    """
    conditions = {group["group"]: group["sequence"][0]["condition"] for group in plan["groups"]}
    names = [one["name"] for one in plan["conditions"]] if plan["design"] == "between" else []
    people = pd.DataFrame(
        {
            "condition": [conditions[export.record["group"]] for export in exports],
            "excluded": [left_out.get(export.record["participant"], "") for export in exports],
        }
    )
    rows, left = [], people
    for step in ("sent", *rules, "stays"):
        before = people if step == "stays" else left
        out = before["excluded"].ne("") if step == "stays" else before["excluded"].eq(step)
        left = before[~out]
        gone, stay = (
            part["condition"].value_counts().reindex(names, fill_value=0) for part in (before[out], left)
        )
        rows.append(
            {
                "step": step,
                "excluded": int(out.sum()),
                "left": len(left),
                **gone.add_prefix("excluded_"),
                **stay.add_prefix("left_"),
                "p": _test_attrition(np.array([gone, stay]), seed),
            }
        )
    return pd.DataFrame(rows)


def _test_attrition(counts: NDArray[np.int64], seed: int) -> float:
    """P of Fisher's test of left out or not by condition, from tables drawn with the same margins.

    Nan where all or none are left out, or there are not two conditions to compare.
    """
    counts = counts[:, counts.any(axis=0)]
    if counts.shape[1] < 2 or not counts.any(axis=1).all():
        return float("nan")
    from scipy.stats import MonteCarloMethod, fisher_exact

    method = MonteCarloMethod(n_resamples=DRAWS, rng=np.random.default_rng(seed))
    return float(fisher_exact(counts, method=method).pvalue)
