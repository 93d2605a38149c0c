"""The pre-registration of a study: what is fixed before the first answer, written from its definition."""

from collections import Counter
from collections.abc import Mapping
from math import sqrt
from typing import Any

from tracekd.labels import TASK_TITLES
from tracekd.settings.study import Study
from tracekd.study.model import write_formula
from tracekd.study.pages import render
from tracekd.study.plan import find_overlap
from tracekd.study.power import N_STUDIES, list_items, simulate_power

RULES = {
    "incomplete": "stopped before the end",
    "failed_checks": "failed {least} or more of the attention checks",
    "seconds_per_word": "spent less than {limit} seconds on each word of a page (median over the pages)",
}
SENSITIVITY = {
    "between": (
        "Kruskal–Wallis test of the participants' means over the conditions, Dunn's test of each pair with "
        "Holm's correction, and Cliff's delta with interval"
    ),
    "within": (
        "Friedman test of the participants' means over the conditions, with Kendall's W, Wilcoxon's "
        "signed-rank test of each pair with Holm's correction, and paired delta with interval"
    ),
}


def registration_page(study: Study, plan: Mapping[str, Any], template: str) -> str:
    """Write the page; `plan` is the one that the survey is made from."""
    asked = Counter(question.dimension for question in study.questions)
    return render(
        template,
        study=study,
        plan=plan,
        titles={condition.name: condition.title for condition in study.conditions},
        task_titles=TASK_TITLES,
        overlap=find_overlap(plan, study.participants_per_group),
        strata=_strata(plan),
        rules=[
            RULES[name].format(limit=limit, least=limit + 1)
            for name, limit in study.exclusions.limits.items()
        ],
        model=write_formula(study.design, max(asked.values())),
        sensitivity=SENSITIVITY[study.design],
        power=simulate_power(study),
        guesses=[1 / len(item["choices"]) for item in plan["items"] if item.get("choices")],
        item_numbers=list_items(study),
        n_studies=N_STUDIES,
        error=100 * sqrt(0.25 / N_STUDIES),
    )


def _strata(plan: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Class, answer and number of items of each stratum."""
    words = {True: "right", False: "wrong", None: "not looked at"}
    counts = Counter((item["class"], words[item["answer_ok"]]) for item in plan["items"])
    return [(*stratum, number) for stratum, number in sorted(counts.items())]
