"""Study: what a plan of its items is made of (rules/study.smk)."""

from tracekd.settings.study import Study
from tracekd.workflow.paths import TRACES, fill
from tracekd.workflow.run import Run


def get_definition(run: Run) -> dict[str, str]:
    """The study's definition, and the one that it is laid over, as inputs of a rule."""
    base = run.study.base if run.study else None
    return {"study": run.config["study"]} | ({"study_base": base} if base else {})


def get_shown_traces(study: Study) -> list[str]:
    """Trace files that a study shows, in the order of its conditions."""
    return [fill(TRACES, dataset=study.dataset, arm=arm) for arm in study.arms]


def get_answers(study: Study) -> list[str]:
    """Table of right and wrong answers by which a study draws its items, if it names one."""
    return [study.answers.table] if study.answers else []
