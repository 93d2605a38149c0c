"""Intervention at inference: which arms answer after set traces (rules/intervention.smk)."""

from tracekd.traces.arms import get_arm
from tracekd.workflow.run import Run


def get_thinking_arms(run: Run) -> list[str]:
    """Arms that write something between think tags, so that a trace can be set there."""
    return [arm for arm in run.sft_arms if get_arm(arm).has_tags]


def has_interventions(run: Run) -> bool:
    """Whether traces are set: this needs adapters and the base they belong to."""
    return bool(run.config["interventions"] and get_thinking_arms(run)) and run.level != "outputs"
