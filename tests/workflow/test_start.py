"""What holds before the first rule: whose code runs, and how a call ends."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time

import psutil
import pytest
from support.workflow import SNAKEMAKE, copy_project, snakemake
from tracekd.workflow.start import MARK

pytestmark = pytest.mark.workflow

SNAKEFILE = """
include: "rules/start.smk"


rule wait:
    output:
        "done.txt",
    script:
        "scripts/wait.py"


RUN = None  # of no experiment


include: "rules/cluster.smk"
"""
WAIT = """
import pathlib, time
pathlib.Path("started").write_text("")
while not pathlib.Path("go").exists():
    time.sleep(0.1)
pathlib.Path("done.txt").write_text("done")
"""
LIMIT_S = 120


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("start") / "project")


def test_the_package_of_another_checkout_is_not_used(project, tmp_path, monkeypatch):
    # named by PYTHONPATH, and in the folder of the call, where Python looks first of all
    others = (tmp_path / "other/scripts/tracekd", project / "tracekd")
    for package in others:
        for name in ("", "run", "core"):
            (package / name).mkdir(parents=True, exist_ok=True)
            (package / name / "__init__.py").write_text("raise SystemExit('code of another checkout')\n")
    monkeypatch.setenv("PYTHONPATH", str(others[0].parent))
    screen = snakemake(project, "verify", ok=False)
    assert "nothing is recorded" in screen and "another checkout" not in screen
    shutil.rmtree(others[1])


def test_a_key_that_stands_twice_ends_a_call_in_one_sentence(project, tmp_path):
    (tmp_path / "own.yaml").write_text("seeds: [0]\nseeds: [1]\n")
    screen = snakemake(project, "--dry-run", "--configfile", str(tmp_path / "own.yaml"), ok=False)
    assert "own.yaml:2: key 'seeds' stands twice, in lines 1 and 2" in screen


def test_a_call_in_another_folder_is_told_where_to_start(project, tmp_path):
    screen = snakemake(tmp_path, "--dry-run", "--snakefile", str(project / "Snakefile"), ok=False)
    assert f"add --directory {project}" in screen


def test_a_closed_terminal_leaves_no_job_behind(project):
    (project / "Waiting").write_text(SNAKEFILE)
    (project / "scripts/wait.py").write_text(WAIT)
    command = [*SNAKEMAKE, "--snakefile", "Waiting", "done.txt"]
    call = subprocess.Popen(
        command,
        cwd=project,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # as in a terminal: tests that run in the background of a script inherit that it is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        wait_for(lambda: (project / "started").exists())
        jobs = psutil.Process(call.pid).children(recursive=True)
        assert jobs
        os.kill(call.pid, signal.SIGHUP)
        assert call.wait(LIMIT_S) != 0
        wait_for(lambda: not any(job.is_running() and job.status() != "zombie" for job in jobs))
        assert not list(project.glob(".snakemake/locks/*"))
        assert not (project / "done.txt").exists()
    finally:
        os.killpg(call.pid, signal.SIGKILL) if call.poll() is None else None


def test_a_killed_call_leaves_no_lock_behind_once_its_job_has_ended(project):
    (project / "Waiting").write_text(SNAKEFILE)
    (project / "scripts/wait.py").write_text(WAIT)
    (project / "started").unlink(missing_ok=True)
    command = ["--snakefile", "Waiting", "done.txt"]
    call = subprocess.Popen([*SNAKEMAKE, *command], cwd=project, stderr=subprocess.DEVNULL)
    jobs = []
    try:
        wait_for(lambda: (project / "started").exists())
        jobs = psutil.Process(call.pid).children(recursive=True)
        assert {job.environ()[MARK] for job in jobs} == {f"{socket.gethostname()}.{call.pid}"}
    finally:
        call.kill()
        call.wait()
        for job in jobs:
            with contextlib.suppress(psutil.NoSuchProcess):
                job.kill()
    assert list(project.glob(".snakemake/locks/*.lock"))
    (project / "go").touch()
    screen = snakemake(project, *command)
    assert f"Note: freed the lock of process {call.pid}, which is gone" in screen
    assert (project / "done.txt").read_text() == "done"
    assert not list(project.glob(".snakemake/locks/*"))


def wait_for(holds):
    """Wait until something holds."""
    end = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < end, f"not within {LIMIT_S} s"
        time.sleep(0.1)
