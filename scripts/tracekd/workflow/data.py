"""Data: what the registry says of the run's datasets (rules/data.smk)."""

from typing import Any

from tracekd.sources.kinds import Simulate, local_files
from tracekd.workflow.run import Run


def get_fetched(run: Run) -> list[str]:
    """Datasets whose raw files come from elsewhere."""
    return [name for name in run.dataset_entries if name not in run.simulated_datasets]


def get_sizes(run: Run) -> dict[str, Any]:
    """How many raw rows of each kind a simulated corpus has, by dataset."""
    sources = {name: entry.source for name, entry in run.dataset_entries.items()}
    return {name: source.sizes for name, source in sources.items() if isinstance(source, Simulate)}


def get_options(run: Run) -> dict[str, Any]:
    """How a reader is to sample and split, by dataset."""
    return {name: entry.options for name, entry in run.dataset_entries.items()}


def get_entries(run: Run) -> dict[str, Any]:
    """What the registry says of a dataset, by dataset."""
    return {name: entry.model_dump(mode="json") for name, entry in run.dataset_entries.items()}


def get_local_files(run: Run) -> dict[str, list[str]]:
    """Files of the datasets that lie on this machine, so that a changed one is read again, by dataset."""
    return {name: local_files(entry.source) for name, entry in run.dataset_entries.items()}


def get_licences(run: Run) -> dict[str, str]:
    """Licence of every dataset."""
    return {name: run.dataset_entries[name].licence for name in run.read_datasets}
