"""The experiment: when a run holds it, and what its rules read (rules/experiment.smk)."""

from typing import Any

from tracekd.teacher.responses import TRACE
from tracekd.workflow.paths import RESPONSES, fill
from tracekd.workflow.run import Run


def get_experiment(run: Run) -> dict[str, Any] | None:
    """Give the settings of the experiment; None where the run has none, or no adapters."""
    return run.config.get("experiment") if run.given is None else None


def get_teacher_traces(run: Run) -> list[str]:
    """Give the pattern of a teacher's traces, if the experiment sets them and the run has a teacher."""
    settings = get_experiment(run)
    is_set = settings is not None and "teacher" in settings["traces"]
    return [fill(RESPONSES, kind=TRACE)] if is_set and run.has_teacher else []
