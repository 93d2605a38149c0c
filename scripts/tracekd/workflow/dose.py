"""Dose and response: when a run asks what the truth of its training traces is worth (rules/dose.smk)."""

from tracekd.traces.arms import DOSE_ARMS
from tracekd.workflow.run import Run


def has_dose(run: Run) -> bool:
    """Whether an arm of the run holds a share of correct traces, or one kind of fault."""
    return run.replay is None and not set(DOSE_ARMS).isdisjoint(run.sft_arms)
