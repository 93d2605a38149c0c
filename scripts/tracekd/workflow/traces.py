"""Traces: what the picture of one must say (rules/traces.smk)."""

from tracekd.workflow.run import Run


def get_corpus_notes(run: Run) -> dict[str, str]:
    """What is not real in a figure of one dataset's items, by dataset."""
    return {name: "simulated corpus" * (name in run.simulated_datasets) for name in run.datasets}
