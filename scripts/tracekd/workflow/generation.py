"""Generation: which adapters a job applies (rules/generation.smk)."""

from collections.abc import Callable, Mapping

from tracekd.traces.arms import PROMPT_ONLY
from tracekd.workflow.run import Run


def get_adapters(run: Run, pattern: str) -> Callable[[Mapping[str, str]], list[str]]:
    """Input function: files of the adapters that a generation job applies; the arm without SFT has none."""
    adapters = run.per_cell(pattern, run.sft_arms, run.cut(run.arms))
    return lambda wildcards: [] if wildcards.get("arm") == PROMPT_ONLY else adapters
