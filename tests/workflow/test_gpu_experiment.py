"""A run on a machine that reaches no network: packed, stopped when the time is up, taken up again."""

import json
import os
import runpy
import subprocess
import sys
import tarfile

import pandas as pd
import pytest
import yaml
from support.examples import ROOT
from support.workflow import copy_project, digests, snakemake
from tracekd.core.files import sha256_file
from tracekd.datasets.simulation import get_simulator

pytestmark = pytest.mark.workflow
FILES = [f"{label}.json" for label in ("during", "equal", "mix", "overlap")]
# eight tokens are too few for a trace, but not for an answer without one
CHANGES = {
    "run": "packed",
    "registry": "registry.yaml",
    "datasets": ["cotempqa"],
    "limit": {"cotempqa": {"train": 32, "test": 8}},
    "arms": ["none"],
    "scorers": ["aligned"],
    "interventions": [],
    "one_job_per": "adapter",
}
SCRIPT = "tests/benchmark/gpu_experiment.py"
CONFIG = ("--config", "tests/workflow/smoke.yaml", "packed.yaml")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose dataset comes from addresses that nobody answers, but for the mirror beside it."""
    folder = copy_project(tmp_path_factory.mktemp("gpu") / "project")
    raw = folder.parent / "mirror/cotempqa"
    raw.mkdir(parents=True)
    get_simulator("cotempqa").write_raw(raw, {"rows": 120}, 0)
    files = {name: {"url": f"http://localhost:9/{name}", "sha256": sha256_file(raw / name)} for name in FILES}
    registry = yaml.safe_load((folder / "config/datasets_demo.yaml").read_text())
    entry = registry["cotempqa"] | {"source": {"kind": "url", "files": files}}
    (folder / "registry.yaml").write_text(yaml.safe_dump({"cotempqa": entry}))
    (folder / "packed.yaml").write_text(yaml.safe_dump(CHANGES))
    call(folder, "pack", "--mirror", "../mirror", "--out", "parts", "--megabytes", "0.004")
    return folder


def call(folder, *arguments, ok=True):
    """Call the script as its first lines say; give the screen."""
    run = subprocess.run(
        [sys.executable, SCRIPT, *arguments, *CONFIG],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    screen = run.stdout + run.stderr
    assert run.returncode == (0 if ok else 1), screen[-4000:]
    assert 'gpu_experiment.py", line' not in screen  # a traceback of its own
    return screen


def error_of(screen):
    """The one sentence with which a call ends."""
    return screen.splitlines()[-1]


def test_the_run_on_one_gpu_is_the_experiment_on_three_adapters_and_nothing_else(project):
    configs = runpy.run_path(str(ROOT / SCRIPT))["CONFIGS"]
    screen = snakemake(project, "--dry-run", "--configfile", *configs)
    counted = ("train_", "generate ", "measure_", "intervene ", "fetch_")
    jobs = dict(line.split()[:2] for line in screen.splitlines() if line.startswith(counted))
    arms = {"train_adapters": "3", "generate": "3", "measure_answers": "3"}
    assert jobs == {"fetch_raw": "1", "fetch_model": "1"} | arms


def test_the_parts_are_of_one_size_but_the_last_and_their_sums_are_those_of_sha256sum(project):
    *parts, last = sorted((project / "parts").glob("mirror.tar.xz.*"))
    assert {path.stat().st_size for path in parts} == {4000} and 0 < last.stat().st_size <= 4000
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=project / "parts", check=True)


def test_the_same_files_give_the_same_parts(project):
    call(project, "pack", "--mirror", "../mirror", "--out", "again", "--megabytes", "0.004")
    assert list(digests(project / "again", "*").values()) == list(digests(project / "parts", "*").values())


@pytest.fixture
def parts(project, tmp_path):
    """The parts as they were packed, to be damaged."""
    folder = tmp_path / "parts"
    folder.mkdir()
    for path in (project / "parts").glob("[mS]*[0-9S]"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.mark.parametrize("damage", ["truncated", "missing"])
def test_a_part_that_is_not_as_packed_is_named_in_one_sentence(project, parts, tmp_path, damage):
    part = parts / "mirror.tar.xz.01"
    if damage == "missing":
        part.unlink()
    else:
        part.write_bytes(part.read_bytes()[:-1])
    screen = call(project, "run", "--parts", str(parts), "--out", str(tmp_path / "out"), ok=False)
    assert error_of(screen) == f"Error: {part}: the part is missing or damaged (bring it again)"
    assert not (parts / "mirror").exists()


@pytest.mark.parametrize(
    ("keep", "where", "fault"),
    [
        (lambda text: text.splitlines(keepends=True)[0], "/SHA256SUMS", "lists not all of the parts"),
        (lambda text: "", "/SHA256SUMS", "lists not all of the parts"),
        (lambda text: "rubbish", "", "the part is missing or damaged"),
    ],
    ids=["cut", "empty", "rubbish"],
)
def test_a_list_of_parts_that_is_not_as_packed_is_refused_in_one_sentence(
    project, parts, tmp_path, keep, where, fault
):
    sums = parts / "SHA256SUMS"
    sums.write_text(keep(sums.read_text()))
    screen = call(project, "run", "--parts", str(parts), "--out", str(tmp_path / "out"), ok=False)
    assert error_of(screen) == f"Error: {parts}{where}: {fault} (bring it again)"
    assert not (parts / "mirror").exists()


def test_a_run_is_stopped_when_its_time_is_up_and_goes_on_until_it_is_finished(project, tmp_path):
    there = ("run", "--parts", "parts", "--out", str(tmp_path))
    screen = call(project, *there, "--minutes", "0.3", ok=False)
    before = pd.read_csv(tmp_path / "jobs.csv")
    fault = f"stopped after 0.3 minutes, {len(before)} jobs are finished (give the same command again)"
    assert error_of(screen) == f"Error: packed: {fault}"

    # the check for which eight tokens are too few
    screen = call(project, *there, ok=False)
    jobs = pd.read_csv(tmp_path / "jobs.csv")
    assert {"fetch_raw", "train_adapters", "generate", "measure_answers"} <= set(jobs["rule"])
    # Snakemake had not yet heard of the end of a job that ended as it was stopped
    again, at_once = len(before) - len(before.merge(jobs)), len(os.sched_getaffinity(0))
    assert again <= at_once and again < len(before), "what had finished was done again"
    fault = f"a job failed, {len(jobs)} jobs are finished (see {tmp_path / 'screen.txt'})"
    assert error_of(screen) == f"Error: packed: {fault}"
    assert "--- logs/packed/check_readable/all.log\nTraceback" in screen

    (project / "results/packed/readable.txt").touch()
    call(project, *there)
    check_brought_back(tmp_path)


def check_brought_back(out):
    """What is there is small, tells of the machine, and holds all that numbers are read from."""
    machine = json.loads((out / "machine.json").read_text())
    assert set(pd.read_csv(out / "jobs.csv")["device"]) <= {"cpu", machine["device"]}
    assert "snakemake" in machine["packages"]
    with tarfile.open(out / "packed.tar.xz") as tar:
        names = set(tar.getnames())
    job, cell = "cotempqa.tiny-qwen3.none.0", "cotempqa.tiny-qwen3.none.seed0"
    assert names >= {
        "results/packed/tables/experiment_effects.csv",
        "results/packed/tables/results.csv",
        "results/packed/experiment/cotempqa/tiny-qwen3/none/seed0.jsonl",
        "results/packed/adapters/cotempqa/tiny-qwen3/none/seed0/training_log.csv",
        "figures/packed/experiment_cotempqa.svg",
        f"benchmarks/packed/train_adapters/{cell}.tsv",
        f"logs/packed/generate/{cell}.log",
        f"provenance/packed/measure_answers/{job}.json",
    }
    assert not any(name.endswith(".safetensors") for name in names)
