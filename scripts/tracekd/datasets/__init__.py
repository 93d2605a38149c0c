"""Datasets: one room each with reader, wording and steps; those of the paper, and what an extension adds.

A room is a package with `DATASET` (see `interface.Dataset`). Beside it, each loaded only by whom it serves:
`verifier` (tracekd.traces.verification), `simulator` (simulation) and `published` (published).
"""

from functools import partial
from importlib import import_module

from tracekd.core.registry import Registry
from tracekd.datasets.interface import Dataset

# those of the paper
BUILT_IN = ("cotempqa", "ms_marco", "babi")
DATASETS: Registry[Dataset] = Registry("dataset")


def _load(name: str) -> Dataset:
    """Load the room of a dataset of the paper."""
    dataset: Dataset = import_module(f"tracekd.datasets.{name}").DATASET
    return dataset


for _name in BUILT_IN:
    DATASETS.add(_name, partial(_load, _name))


def get_dataset(name: str) -> Dataset:
    """Give a dataset by its name in the config; ConfigError names the nearest one where there is none."""
    return DATASETS.get(name)


def add_dataset(dataset: Dataset) -> None:
    """Add a dataset of one's own."""
    DATASETS.add(dataset.name, lambda: dataset)
