"""Calls of Snakemake that submit to the cluster of the tests with the project's own profile."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from support.examples import ROOT
from support.missing import skip_without
from support.slurm_cluster import Cluster, Job, find_missing, start, wait_until

HERE = ROOT / "tests/slurm"
STOCK = [sys.executable, "-m", "snakemake"]
QUICK = [sys.executable, str(HERE / "quick_snakemake.py")]
# enough for a job to be scheduled, and to start Python twice, beside all other tests
JOB_S = 240.0


def write_profile(folder: Path, memory_mb: int) -> Path:
    """Write the project's own profile with what a toy cluster needs: less memory, shorter waits.

    All messages of Snakemake, which tests read.
    """
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    for family in profile["set-resources"].values():
        family["mem_mb"] = re.sub(r"^\d+", str(memory_mb), family["mem_mb"])
    profile |= {
        "latency-wait": 5,
        "slurm-tracekd-init-seconds-before-status-checks": 1,
        "printshellcmds": True,
    }
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(profile))
    return folder


@contextmanager
def running(*, accounting: bool = False) -> Iterator[Cluster]:
    """Run a cluster; that Slurm is not installed is a failure in CI and a skip elsewhere."""
    if missing := find_missing(accounting=accounting):
        packages = "slurmctld, slurmd, slurm-client and munge"
        more = ", slurmdbd and mariadb-server" if accounting else ""
        what, hint = ", ".join(missing), f"install {packages}{more}"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{what} not found: {hint}")
        skip_without(what, hint)
    # sockets need a short path; another user may submit
    folder = Path(tempfile.mkdtemp(prefix="slurm"))
    folder.chmod(0o755)
    try:
        cluster = start(folder / "c", accounting=accounting)
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class Workflow:
    """A folder in which Snakemake is called with the project's profile."""

    folder: Path
    cluster: Cluster
    arguments: tuple[str, ...]

    def with_program(self, name: str, script: str) -> "Workflow":
        """The same for a caller who finds another program of a name first; in it $REAL is Slurm's own."""
        folder = self.folder / "programs"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\nREAL={self.cluster.folder}/bin/{name}\n{script}\n")
        (folder / name).chmod(0o755)
        path = f"{folder}:{self.cluster.environment['PATH']}"
        environment = {**self.cluster.environment, "PATH": path}
        return replace(self, cluster=replace(self.cluster, environment=environment))

    def start(self, *arguments: str, program: list[str] = QUICK) -> subprocess.Popen[str]:
        """Start Snakemake; what it says goes to the file `screen`."""
        return subprocess.Popen(
            [*program, *arguments, *self.arguments],
            cwd=self.folder,
            env=self.cluster.environment,
            stdout=(self.folder / "screen").open("w"),
            stderr=subprocess.STDOUT,
            text=True,
            # a caller in the background passes on that SIGINT is ignored
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def run(self, *arguments: str, program: list[str] = QUICK, ok: bool = True) -> str:
        """Run Snakemake to its end; give what it said."""
        code = self.start(*arguments, program=program).wait(timeout=2 * JOB_S)
        screen = (self.folder / "screen").read_text()
        assert (code == 0) == ok, screen[-6000:]
        assert "Traceback" not in screen
        return screen

    def jobs(self, rule: str = "", states: str = "all") -> list[Job]:
        """Jobs of a rule that were submitted from here, oldest first."""
        jobs = self.cluster.jobs(self.folder, states)
        return [job for job in jobs if job.comment.startswith(f"rule_{rule}")]

    def wait_for_running(self, count: int, rule: str = "") -> list[Job]:
        """Wait until so many jobs of a rule run."""
        wait_until(lambda: len(self.jobs(rule, "running")) == count, JOB_S, f"{count} running jobs of {rule}")
        return self.jobs(rule, "running")


def call_toy(cluster: Cluster, folder: Path) -> Workflow:
    """Make calls of tests/slurm/Snakefile: 400 MB for a job with a GPU on its first attempt."""
    profile = write_profile(folder / "profile", memory_mb=400)
    arguments = ("--snakefile", str(HERE / "Snakefile"), "--workflow-profile", str(profile))
    return Workflow(folder, cluster, arguments)
