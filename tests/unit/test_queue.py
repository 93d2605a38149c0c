"""Jobs in the queue of another scheduler: how they end, and that silence ends none."""

import json
import os
import subprocess
import time
from getpass import getuser

import pytest
from support.examples import ROOT
from tracekd.core.errors import WorkError
from tracekd.run import queue
from tracekd.run.queue import list_queue, main, refuse_left, submit, tell_status


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder and commands of a scheduler: each gives what a test writes to `{command}.says`."""
    monkeypatch.chdir(tmp_path)
    for name in ("qsub", "qstat", "bsub", "bjobs"):
        place = tmp_path / name
        place.write_text(f"#!/bin/sh\necho $* > {place}.asked\ncat {place}.says\n")
        place.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def says(site, **answers):
    for name, answer in answers.items():
        (site / f"{name}.says").write_text(answer)


def end(number, code):
    (queue.FOLDER / f"{number}.exit").write_text(f"{code}\n")


def pass_time(number, seconds):
    """Let a job be gone from the queue for a while."""
    then = time.time() - seconds
    os.utime(queue.FOLDER / f"{number}.gone", (then, then))


@pytest.mark.parametrize(
    ("scheduler", "command", "answer", "number"),
    [
        ("pbs", "qsub", "12.server.example\n", "12"),
        ("sge", "qsub", 'Your job 345 ("train_adapters") has been submitted\n', "345"),
        ("lsf", "bsub", "Job <67> is submitted to queue <gpu>.\n", "67"),
    ],
)
def test_the_number_of_a_job_is_read_from_the_answer(site, capsys, scheduler, command, answer, number):
    says(site, **{command: answer})
    assert main(["submit", scheduler, command, "-q", "gpu", "script.sh"]) == 0
    assert capsys.readouterr().out == f"{number}\n"
    assert (site / f"{command}.asked").read_text() == "-q gpu script.sh\n"
    owner = json.loads((queue.FOLDER / f"{number}.job").read_text())
    assert owner == {"scheduler": scheduler, "user": getuser()}


def test_a_job_that_is_refused_is_not_submitted(site):
    assert main(["submit", "pbs", "qsub"]) == 1
    assert not list(queue.FOLDER.glob("*.job"))


@pytest.mark.parametrize(
    ("scheduler", "command", "answer"),
    [
        ("pbs", "qstat", "Job ID  Username\n------ ----\n12.server  ann\n13.server  ann\n"),
        ("sge", "qstat", "job-ID  prior\n-----\n     12 0.55 train\n     13 0.55 train\n"),
        ("lsf", "bjobs", "12\n13\n"),
    ],
)
def test_jobs_are_read_from_the_queue(site, scheduler, command, answer):
    says(site, **{command: answer})
    assert list_queue(scheduler, "ann") == {"12", "13"}
    assert "-u ann" in (site / f"{command}.asked").read_text()


def test_a_job_runs_until_it_says_how_it_ended(site, capsys):
    says(site, qsub="12.server\n", qstat="12.server ann\n")
    submit("pbs", ["qsub"])
    assert main(["status", "pbs", "12"]) == 0
    assert capsys.readouterr().out == "running\n"
    end(12, 0)
    assert tell_status("pbs", "12") == "success"
    end(12, 1)
    assert tell_status("pbs", "12") == "failed"


def test_a_job_that_ends_without_a_word_has_failed_once_a_shared_disk_had_its_time(site):
    says(site, qsub="12.server\n", qstat="13.server ann\n")
    submit("pbs", ["qsub"])
    assert tell_status("pbs", "12") == "running"
    pass_time(12, queue.GONE_S - 5)
    assert tell_status("pbs", "12") == "running"
    pass_time(12, queue.GONE_S + 5)
    assert tell_status("pbs", "12") == "failed"
    # its word may come late
    end(12, 0)
    assert tell_status("pbs", "12") == "success"


def test_a_number_that_is_given_again_is_another_job(site):
    says(site, qsub="12.server\n", qstat="12.server ann\n")
    submit("pbs", ["qsub"])
    end(12, 0)
    submit("pbs", ["qsub"])
    assert tell_status("pbs", "12") == "running"


def test_a_silent_queue_ends_no_job_and_is_said_once(site, capsys):
    says(site, qsub="12.server\n")
    submit("pbs", ["qsub"])
    assert [tell_status("pbs", "12") for _ in range(3)] == ["running"] * 3
    said = "qstat does not answer. This command waits; nothing is lost.\n"
    assert capsys.readouterr().err == said
    then = time.time() - queue.AGAIN_S - 5
    os.utime(queue.FOLDER / "silent", (then, then))
    tell_status("pbs", "12")
    assert capsys.readouterr().err == said
    says(site, qstat="12.server ann\n")
    assert [tell_status("pbs", "12") for _ in range(2)] == ["running"] * 2
    assert capsys.readouterr().err == "qstat answers again.\n"


def test_jobs_that_are_left_are_named_and_nobody_goes_on_in_silence(site):
    refuse_left(site)
    for number in (3, 12, 14):
        says(site, qsub=f"{number}.server\n")
        submit("pbs", ["qsub"])
    end(3, 0)
    with pytest.raises(WorkError, match="qstat: does not say which jobs are at work"):
        refuse_left(site)
    says(site, qstat="3.server a\n12.server a\n14.server a\n")
    with pytest.raises(WorkError) as error:
        refuse_left(site)
    me = getuser()
    assert str(error.value) == (
        f"{site}: 2 jobs of an earlier call are still at work here: 12 of {me}, 14 of {me} (let them finish, "
        "or cancel them, then give the same command again)"
    )
    says(site, qstat="20.server a\n")
    refuse_left(site)


@pytest.mark.parametrize("variable", ["PBS_JOBID", "LSB_JOBID", "JOB_ID"])
@pytest.mark.parametrize(("command", "code"), [("cd . && true", "0"), ("cd . && false || exit 3", "3")])
def test_the_script_of_a_job_says_how_it_ended(site, variable, command, code):
    queue.FOLDER.mkdir(parents=True)
    template = (ROOT / "profiles/cluster-generic/jobscript.sh").read_text()
    (site / "job").write_text(template.format(properties="{}", exec_job=command))
    run = subprocess.run(["sh", "job"], env={variable: "12.server", "PATH": "/bin:/usr/bin"}, check=False)
    assert str(run.returncode) == code
    assert (queue.FOLDER / "12.exit").read_text() == f"{code}\n"
