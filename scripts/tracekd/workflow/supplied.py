"""Generations that the run has not made: where they are and what is asked of them (rules/supplied.smk)."""

from tracekd.released.plan import Plan
from tracekd.released.supplied import find_others
from tracekd.workflow.paths import QUESTIONS, fill
from tracekd.workflow.run import Run


def get_questions(run: Run) -> list[str]:
    """Question files of the run, whether or not there are generations."""
    return [fill(QUESTIONS, run=run.name, dataset=name) for name in run.datasets]


def get_parameters(plan: Plan) -> dict[str, list[str]]:
    """Paths that the config names, and those of other files that lie there."""
    wanted = [path for cell in plan.wanted for path in cell.paths.values()]
    return {"wanted": wanted, "others": find_others(plan)}


def get_files(plan: Plan) -> list[str]:
    """The files of generations that there are."""
    return [path for cell in plan.found for path in cell.paths.values()]
