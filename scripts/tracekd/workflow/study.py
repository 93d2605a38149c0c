"""Study: what a plan of its items is made of (rules/study.smk)."""

from tracekd.settings.study import Study
from tracekd.workflow.paths import TRACES, fill


def get_shown_traces(study: Study) -> list[str]:
    """Trace files that a study shows, in the order of its conditions."""
    return [fill(TRACES, dataset=study.dataset, arm=arm) for arm in study.arms]


def get_answers(study: Study) -> list[str]:
    """Table of right and wrong answers by which a study draws its items, if it names one."""
    return [study.answers.table] if study.answers else []
