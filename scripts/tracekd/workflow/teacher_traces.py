"""A teacher's traces: which responses the run's arms learn from (rules/teacher_traces.smk)."""

from tracekd.teacher.responses import TRACE
from tracekd.teacher.traces import SOURCES
from tracekd.workflow.paths import RESPONSES
from tracekd.workflow.run import Run


def get_sources(run: Run) -> dict[str, str]:
    """Kind of response that each arm of the run quotes; arms without a teacher's words are not named."""
    return {arm: SOURCES[arm] for arm in run.sft_arms if arm in SOURCES}


def get_kinds(run: Run) -> list[str]:
    """Kinds of responses that the run needs, the traces first: they say which questions are kept."""
    return list(dict.fromkeys([TRACE, *get_sources(run).values()]))


def get_run_responses(run: Run) -> list[str]:
    """Response files of the whole run; none without a teacher."""
    return run.every(RESPONSES, kind=get_kinds(run)) if run.has_teacher else []
