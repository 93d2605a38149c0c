"""The cluster that the tests of this folder share, and small jobs to submit to it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.missing import skip_without
from support.slurm_calls import HERE, Workflow, write_profile
from support.slurm_cluster import Cluster, find_missing, start


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running cluster; that Slurm is not installed is a failure in CI and a skip elsewhere."""
    if missing := find_missing():
        what, hint = ", ".join(missing), "install slurmctld, slurmd, slurm-client and munge"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{what} not found: {hint}")
        skip_without(what, hint)
    # sockets need a short path
    folder = Path(tempfile.mkdtemp(prefix="slurm"))
    try:
        running = start(folder / "c")
        yield running
        running.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def toy(cluster: Cluster, tmp_path: Path) -> Workflow:
    """The jobs of tests/slurm/Snakefile: 400 MB for a job with a GPU on its first attempt."""
    profile = write_profile(tmp_path / "profile", memory_mb=400)
    arguments = ("--snakefile", str(HERE / "Snakefile"), "--workflow-profile", str(profile))
    return Workflow(tmp_path, cluster, arguments)
