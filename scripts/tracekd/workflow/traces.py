"""Traces: what the picture of one must say (rules/traces.smk)."""

from tracekd.datasets import get_dataset
from tracekd.workflow.paths import TRACES, fill
from tracekd.workflow.run import Run


def get_corpus_notes(run: Run) -> dict[str, str]:
    """What is not real in a figure of one dataset's items, by dataset."""
    return {name: "simulated corpus" * (name in run.simulated_datasets) for name in run.datasets}


def get_wrong_traces(run: Run) -> dict[str, str]:
    """Wrong traces to show beside the correct ones, by dataset: by the released recipe where there is one."""
    arms = {
        name: "incorrect" if get_dataset(name).has_released_recipe else "incorrect_matched"
        for name in run.datasets
    }
    return {name: fill(TRACES, run=run.name, dataset=name, arm=arm) for name, arm in arms.items()}
