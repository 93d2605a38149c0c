"""Calls of Snakemake that submit to the cluster of the tests with the project's own profile."""

import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from support.examples import ROOT
from support.slurm_cluster import Cluster, Job, wait_until

HERE = ROOT / "tests/slurm"
STOCK = [sys.executable, "-m", "snakemake"]
QUICK = [sys.executable, str(HERE / "quick_snakemake.py")]
# enough for a job to be scheduled, and to start Python twice, beside all other tests
JOB_S = 240.0


def write_profile(folder: Path, memory_mb: int) -> Path:
    """Write the project's own profile with what a toy cluster needs: less memory, shorter waits.

    One thread, as in a local run: sums of a model on processors depend on their number.
    """
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    for family in profile["set-resources"].values():
        family["mem_mb"] = re.sub(r"^\d+", str(memory_mb), family["mem_mb"])
    profile["set-threads"] = dict.fromkeys(profile["set-threads"], 1)
    profile |= {"latency-wait": 5, "slurm-init-seconds-before-status-checks": 1}
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(profile))
    return folder


@dataclass(frozen=True, slots=True)
class Workflow:
    """A folder in which Snakemake is called with the project's profile."""

    folder: Path
    cluster: Cluster
    arguments: tuple[str, ...]

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
