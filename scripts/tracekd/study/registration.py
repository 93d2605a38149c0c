"""The pre-registration of a study: what is fixed before the first answer, written from its definition."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tracekd.settings.study import Study
from tracekd.study.pages import render
from tracekd.study.power import N_STUDIES, simulate_power

RULES = {
    "incomplete": "stopped before the end",
    "failed_checks": "failed more than {limit} of the attention checks",
    "median_seconds": "spent less than {limit} seconds on a page (median over the pages)",
    "same_answer": "gave one point of the scale in more than {limit:.0%} of all answers",
}
TESTS = {
    "between": (
        "Kruskal–Wallis test of the participants' means over the conditions; Dunn's test of each pair with "
        "Holm's correction; Cliff's delta with interval."
    ),
    "within": (
        "Friedman test of the participants' means over the conditions, with Kendall's W; Wilcoxon's "
        "signed-rank test of each pair with Holm's correction; paired delta with interval."
    ),
}


def registration_page(study: Study, plan: Mapping[str, Any], template: str) -> str:
    """Write the page; `plan` is the one that the survey is made from."""
    return render(
        template,
        study=study,
        plan=plan,
        n_participants=study.participants_per_group * len(plan["groups"]),
        strata=_strata(plan),
        rules=[RULES[name].format(limit=limit) for name, limit in study.exclusions.limits.items()],
        tests=TESTS[study.design],
        power=simulate_power(
            study.participants_per_group,
            study.design,
            len(study.conditions),
            study.analysis.alpha,
            study.seed,
        ),
        n_studies=N_STUDIES,
    )


def _strata(plan: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Class, answer and number of items of each stratum."""
    words = {True: "right", False: "wrong", None: "not looked at"}
    counts = Counter((item["class"], words[item["answer_ok"]]) for item in plan["items"])
    return [(*stratum, number) for stratum, number in sorted(counts.items())]
