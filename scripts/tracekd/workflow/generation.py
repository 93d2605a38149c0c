"""Generation: which adapters a job applies (rules/generation.smk)."""

from collections.abc import Callable, Mapping

from tracekd.traces.arms import PROMPT_ONLY
from tracekd.workflow.paths import WEIGHTS
from tracekd.workflow.run import Run


def get_adapters(run: Run) -> Callable[[Mapping[str, str]], list[str]]:
    """Input function: adapters that a generation job applies; the arm without SFT has none."""
    adapters = run.per_cell(WEIGHTS, run.sft_arms)
    return lambda wildcards: [] if wildcards.get("arm") == PROMPT_ONLY else adapters
