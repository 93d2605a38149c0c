"""The executor of the profile where Slurm is slow, silent or full: nothing is forgotten, and it says so."""

import os
import shutil
import signal
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from support.missing import skip_without
from support.slurm_calls import JOB_S, Workflow
from support.slurm_cluster import wait_until

pytestmark = pytest.mark.slurm


def test_ctrl_c_during_a_slow_question_cancels_the_jobs_all_the_same(toy: Workflow):
    slow = toy.with_program("squeue", 'echo asked >> questions; sleep 5; exec $REAL "$@"')
    run = slow.start("60.slow")
    (job,) = toy.wait_for_running(1)
    questions = toy.folder / "questions"
    asked = len(questions.read_text())
    wait_until(lambda: len(questions.read_text()) > asked, JOB_S, "the next question")
    run.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert run.wait(timeout=JOB_S) == 1
    assert time.monotonic() - began < 20
    wait_until(lambda: toy.jobs()[0].state == "CANCELLED", JOB_S, f"the end of job {job.id}")
    assert not list((toy.folder / ".snakemake/locks").glob("*"))


def test_ctrl_c_ends_jobs_beside_the_command_before_the_lock_is_free(toy: Workflow):
    run = toy.start("60.beside")
    wait_until((toy.folder / "beside.began").exists, JOB_S, "the job beside the command")
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=20) == 1
    assert not list((toy.folder / ".snakemake/locks").glob("*"))
    assert not (toy.folder / "60.beside").exists()


def test_a_job_is_not_forgotten_while_slurm_does_not_answer(toy: Workflow):
    silent = toy.with_program("squeue", 'test -e silent && exit 1; exec $REAL "$@"')
    run = silent.start("4.slow")
    (job,) = toy.wait_for_running(1)
    (toy.folder / "silent").touch()
    wait_until(lambda: toy.jobs()[0].state == "COMPLETED", JOB_S, f"the end of job {job.id}")
    screen = toy.folder / "screen"
    wait_until(lambda: "has not answered since" in screen.read_text(), JOB_S, "a word about the silence")
    (toy.folder / "silent").unlink()
    assert run.wait(timeout=JOB_S) == 0
    said = screen.read_text()
    assert said.count("; 1 job submitted. This command waits; nothing is lost.") == 1
    assert said.count("Slurm answers again.") == 1
    assert (toy.folder / "4.slow").read_text() == "whole\n"


def test_a_job_that_slurm_has_forgotten_is_tried_again(toy: Workflow):
    forgetful = toy.with_program("squeue", '$REAL "$@" | grep -v "^$(cat forgotten)|"; true')
    (toy.folder / "forgotten").write_text("none\n")
    run = forgetful.start("3.slow")
    (job,) = toy.wait_for_running(1)
    time.sleep(2)
    (toy.folder / "forgotten").write_text(f"{job.id}\n")
    assert run.wait(timeout=JOB_S) == 0
    screen = (toy.folder / "screen").read_text()
    assert f"Slurm job {job.id} has ended, and Slurm no longer knows how" in screen
    assert len(toy.jobs("build_base_model")) == 2


def test_a_job_of_another_user_in_the_folder_is_named_and_nothing_is_submitted(toy: Workflow):
    if os.geteuid() != 0:
        skip_without("a second user", "run as root")
    shared = Path(tempfile.mkdtemp())
    shared.chmod(0o777)
    # as left by the other user's own call
    (shared / ".snakemake/slurm_logs").mkdir(parents=True)
    (shared / ".snakemake/slurm_logs/7.log").touch()
    try:
        here = replace(toy, folder=shared)
        name = "0dcd6153-0a4c-4ad0-9a9c-5a52b5a1f1a7"
        job = toy.cluster.run(
            *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sbatch", "--parsable"),
            *(f"--chdir={shared}", f"--job-name={name}", "--output=/dev/null", "--wrap=sleep 60"),
        ).strip()
        refused = here.run("1.slow", ok=False)
        local = here.run("1.beside", "--executor", "local", "--cores", "1", ok=False)
        toy.cluster.run("scancel", job)
    finally:
        shutil.rmtree(shared)
    sentence = (
        f"Error: {shared}: 1 job of an earlier call is still at work here: {job} of nobody "
        "(let it finish, or have nobody cancel what is theirs, then give the same command again)"
    )
    assert sentence in refused.splitlines() and sentence in local.splitlines()
