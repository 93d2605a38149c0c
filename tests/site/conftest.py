"""The site that the tests of this folder share: accounting, limits and preemption."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.slurm_calls import Workflow, call_toy, running
from support.slurm_cluster import Cluster


@pytest.fixture(scope="session")
def site() -> Iterator[Cluster]:
    """A running cluster with accounting."""
    with running(accounting=True) as cluster:
        yield cluster


@pytest.fixture
def toy(site: Cluster, tmp_path: Path) -> Workflow:
    """The jobs of tests/slurm/Snakefile."""
    return call_toy(site, tmp_path)
