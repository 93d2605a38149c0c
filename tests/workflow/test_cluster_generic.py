"""profiles/cluster-generic with the programs of a PBS that there is not: the same bytes, and no job twice."""

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from support.examples import ROOT
from support.queue_programs import write_programs
from support.slurm_cluster import wait_until
from support.workflow import copy_project, digests, snakemake

pytestmark = pytest.mark.workflow
JOB_S = 240.0
SMALL = (
    *("--configfile", str(ROOT / "tests/workflow/smoke.yaml")),
    *("--config", "arms=[correct]", "interventions=[]", "one_job_per=adapter"),
    # files that are copied in come without Snakemake's notes on how they were made
    *("--rerun-triggers", "mtime"),
)


@dataclass(frozen=True, slots=True)
class Site:
    """A folder in which Snakemake submits with the project's own profile, and the queue."""

    folder: Path
    queue: Path
    environment: dict[str, str]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Snakemake; what it says goes to the file `screen`."""
        profile = ("--workflow-profile", "profiles/cluster-generic", "--latency-wait", "5")
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", *arguments, *profile, "--printshellcmds"],
            cwd=self.folder,
            env=self.environment,
            stdout=(self.folder / "screen").open("w"),
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def run(self, *arguments: str, ok: bool = True) -> str:
        """Run Snakemake to its end; give what it said."""
        code = self.start(*arguments).wait(timeout=5 * JOB_S)
        screen = (self.folder / "screen").read_text()
        assert (code == 0) == ok, screen[-6000:]
        return screen

    @property
    def asked(self) -> list[str]:
        """What each job was submitted with."""
        path = self.queue / "asked"
        return path.read_text().splitlines() if path.exists() else []


def make_site(folder: Path, programs: Path) -> Site:
    programs.mkdir()
    given = write_programs(programs)
    path = f"{given['PATH']}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV_")}
    environment |= {"QUEUE": given["QUEUE"], "PATH": path, "PYTHONPATH": str(ROOT / "scripts")}
    return Site(folder, Path(given["QUEUE"]), environment)


@pytest.fixture
def toy(tmp_path):
    """The jobs of tests/slurm/Snakefile."""
    (tmp_path / "toy").mkdir()
    shutil.copytree(ROOT / "profiles", tmp_path / "toy/profiles")
    return make_site(tmp_path / "toy", tmp_path / "site")


TOY = ("--snakefile", str(ROOT / "tests/slurm/Snakefile"))


@pytest.mark.site  # it trains twice
def test_a_small_run_through_another_scheduler_gives_the_bytes_of_a_local_one(tmp_path):
    local = copy_project(tmp_path / "local")
    scores = "results/smoke/scores/babi/tiny-qwen3/correct/seed0.aligned.csv"
    snakemake(local, scores, *SMALL)
    folder = copy_project(tmp_path / "remote")
    for stage in ("raw", "questions", "traces", "models"):
        shutil.copytree(local / "results/smoke" / stage, folder / "results/smoke" / stage)
    site = make_site(folder, tmp_path / "site")
    site.run(scores, *SMALL)
    stages = ("scores/**/*.csv", "generations/**/*.jsonl", "adapters/**/*.safetensors")
    here, there = (
        [digests(place, f"results/smoke/{stage}") for stage in stages] for place in (local, folder)
    )
    assert all(here) and there == here
    # what a tiny model needs, on a GPU; what takes seconds was not submitted
    rules = {line.split("-N ")[1].split()[0] for line in site.asked}
    assert rules == {"preflight", "train_adapters", "generate"} and len(site.asked) == 3
    assert all("ncpus=2:mem=3002mb:ngpus=1 -q gpu" in line for line in site.asked)


def test_a_job_that_fails_is_tried_again_and_named(toy):
    screen = toy.run("lost.failed", *TOY, "--retries", "1", ok=False)
    assert len(toy.asked) == 2 and "-l walltime=5:00 -l select=1:ncpus=1:mem=500mb -q cpu" in toy.asked[0]
    assert "log: logs/lost.log" in screen
    assert (toy.folder / "logs/lost.log").read_text() == "no such question\n"


def test_ctrl_c_cancels_the_jobs(toy):
    run = toy.start("60.slow", *TOY)
    wait_until((toy.folder / "executions").exists, JOB_S, "the job's first words")
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=JOB_S) == 1
    assert list_running(toy) == []


def test_jobs_of_a_killed_run_are_never_doubled(toy):
    run = toy.start("25.slow", *TOY)
    wait_until((toy.folder / "executions").exists, JOB_S, "the job's first words")
    run.kill()
    run.wait()
    toy.run("--unlock", *TOY)
    sentence = f"Error: {toy.folder}: 1 job of an earlier call is still at work here: 1 of "
    assert sentence in toy.run("25.slow", *TOY, ok=False)
    # whatever the executor
    beside = ("1.beside", *TOY, "--executor", "local", "--cores", "1")
    assert sentence in toy.run(*beside, ok=False)
    wait_until(lambda: not list_running(toy), JOB_S, "the end of the job")
    toy.run("25.slow", *TOY)
    assert (toy.folder / "25.slow").read_text() == "whole\n"
    assert (toy.folder / "executions").read_text() == "25.slow\n" and len(toy.asked) == 1


def list_running(toy):
    """Numbers of the jobs that run, by the queue's own word."""
    run = subprocess.run(
        ["qstat", "-u", "me"], env=toy.environment, capture_output=True, text=True, check=True
    )
    return [line.split(".")[0] for line in run.stdout.splitlines()[1:]]


def test_the_other_schedulers_of_the_profile_differ_in_three_keys():
    text = (ROOT / "profiles/cluster-generic/config.yaml").read_text()
    blocks = re.findall(r"(?:^# (?:cluster-generic-|  ).*\n)+", text, re.MULTILINE)
    others = [yaml.safe_load(re.sub("^# ", "", block, flags=re.MULTILINE)) for block in blocks]
    for name, cancel, keys in zip(("sge", "lsf"), ("qdel", "bkill"), others, strict=True):
        submit = keys.pop("cluster-generic-submit-cmd")
        assert submit.startswith(f"python -m tracekd.run.queue submit {name} ")
        for value in ("{resources.runtime}", "{threads}", "{resources.mem_mb}", "{resources.options}"):
            assert value in submit
        assert keys == {
            "cluster-generic-status-cmd": f"python -m tracekd.run.queue status {name}",
            "cluster-generic-cancel-cmd": cancel,
        }
