"""The workflow itself on a cluster: the same bytes as on this machine, even if a training job is lost."""

import shutil
from pathlib import Path

import pytest
from support.examples import ROOT
from support.slurm_calls import JOB_S, Workflow, write_profile
from support.slurm_cluster import Cluster, wait_until
from support.workflow import copy_project, digests

pytestmark = pytest.mark.slurm
SMALL = (
    *("--configfile", str(ROOT / "tests/workflow/smoke.yaml")),
    *("--config", "arms=[correct]", "interventions=[]", "one_job_per=adapter"),
    # files that are copied in come without Snakemake's notes on how they were made
    *("--rerun-triggers", "mtime"),
)
TABLES = [f"results/smoke/tables/{name}.csv" for name in ("results", "statistics", "follow")]


def test_a_run_on_the_cluster_gives_the_bytes_of_a_local_one(cluster: Cluster, tmp_path: Path):
    local = Workflow(copy_project(tmp_path / "local"), cluster, ("--cores", "2", *SMALL))
    local.run("results/smoke/models/tiny-qwen3", "results/smoke/traces/babi/correct.jsonl")
    folder = copy_project(tmp_path / "remote")
    for stage in ("raw", "questions", "traces", "models"):
        shutil.copytree(local.folder / "results/smoke" / stage, folder / "results/smoke" / stage)
    profile = write_profile(tmp_path / "profile", memory_mb=4000)
    remote = Workflow(folder, cluster, ("--workflow-profile", str(profile), *SMALL))

    runs = [workflow.start(*TABLES) for workflow in (local, remote)]
    work = folder / "work/smoke/train_adapters/babi.tiny-qwen3"
    wait_until(lambda: list(work.glob("*/seed0")), 3 * JOB_S, "a training job at work")
    (lost,) = remote.jobs("train_adapters", "running")
    cluster.run("scancel", lost.id)
    assert [run.wait(timeout=5 * JOB_S) for run in runs] == [0, 0], (folder / "screen").read_text()[-6000:]

    stages = ("tables/*", "generations/**/*.jsonl", "adapters/**/*.safetensors")
    here, there = (
        [digests(place, f"results/smoke/{stage}") for stage in stages] for place in (local.folder, folder)
    )
    assert sum(map(len, here)) > 10
    assert there == here
    # one attempt was lost; what takes seconds was not submitted
    jobs = remote.jobs()
    assert sorted((job.comment.split("_wildcards_")[0], job.state) for job in jobs) == [
        ("rule_generate", "COMPLETED"),
        ("rule_preflight", "COMPLETED"),
        ("rule_train_adapters", "CANCELLED"),
        ("rule_train_adapters", "COMPLETED"),
    ]
    # what the libraries and a tiny model need, less than the profile's; the second attempt asked for the same
    assert {job.memory for job in jobs} == {"3002M"}
    first, second = remote.jobs("train_adapters")
    assert first.minutes == second.minutes < "8:00:00"
    assert {(job.partition, job.gres) for job in jobs} == {("gpu", "gres:gpu:1")}
