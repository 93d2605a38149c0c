"""The cluster that the tests of this folder share, and small jobs to submit to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.slurm_calls import Workflow, call_toy, running
from support.slurm_cluster import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running cluster without accounting."""
    with running() as cluster:
        yield cluster


@pytest.fixture
def toy(cluster: Cluster, tmp_path: Path) -> Workflow:
    """The jobs of tests/slurm/Snakefile: 400 MB for a job with a GPU on its first attempt."""
    return call_toy(cluster, tmp_path)
