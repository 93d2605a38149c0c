"""Data: what the registry says of the run's datasets (rules/data.smk)."""

from typing import Any

from tracekd.workflow.run import Run


def get_fetched(run: Run) -> list[str]:
    """Datasets whose raw files come from elsewhere."""
    return [name for name in run.dataset_entries if name not in run.simulated_datasets]


def get_sizes(run: Run) -> dict[str, Any]:
    """How many raw rows of each kind a simulated corpus has, by dataset."""
    return {name: run.dataset_entries[name].source["sizes"] for name in run.simulated_datasets}


def get_options(run: Run) -> dict[str, Any]:
    """How a reader is to sample and split, by dataset."""
    return {name: entry.options for name, entry in run.dataset_entries.items()}


def get_licences(run: Run) -> dict[str, str]:
    """Licence of every dataset."""
    return {name: run.dataset_entries[name].licence for name in run.read_datasets}
