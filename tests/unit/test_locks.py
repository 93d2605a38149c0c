"""Snakemake's locks: those of a killed call are freed once nothing of it is at work; all others stay."""

import json
import os
import socket
import subprocess
import sys

import pytest
from tracekd.core.errors import DataError
from tracekd.workflow.start import MARK, claim_locks, free_locks


@pytest.fixture
def locks(tmp_path, monkeypatch):
    """A lock and its owner; gives a way to say which process that is."""
    lock = tmp_path / "0.output.lock"
    lock.write_text("results/table.csv\n")
    monkeypatch.setenv(MARK, "put back when the test ends")

    def claim(process=None, host=None):
        claim_locks([str(lock)], tmp_path)
        (owner,) = tmp_path.glob("*.owner")
        said = json.loads(owner.read_text())
        assert said == {"host": socket.gethostname(), "process": os.getpid(), "locks": [str(lock)]}
        owner.write_text(json.dumps(said | {"process": process or os.getpid(), "host": host or said["host"]}))
        return lock

    return claim


@pytest.fixture(scope="module")
def gone():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_lock_of_a_call_that_is_gone_is_freed_and_said(locks, gone, capsys):
    lock = locks(gone)
    free_locks(lock.parent)
    assert not list(lock.parent.iterdir())
    assert f"Note: freed the lock of process {gone}, which is gone" in capsys.readouterr().err
    free_locks(lock.parent)


def test_the_lock_of_a_living_call_stays(locks):
    lock = locks()
    free_locks(lock.parent)
    assert lock.exists() and list(lock.parent.glob("*.owner"))


def test_the_lock_of_another_host_stays(locks, gone):
    lock = locks(gone, host="elsewhere")
    free_locks(lock.parent)
    assert lock.exists()


def test_the_lock_stays_while_a_job_of_the_call_is_at_work(locks, gone):
    lock = locks(gone)
    name = f"{socket.gethostname()}.{gone}"
    job = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env={MARK: name})
    free_locks(lock.parent)
    assert lock.exists()
    job.communicate(b"\n")
    free_locks(lock.parent)
    assert not lock.exists()


def test_a_lock_that_nobody_claimed_stays(locks, gone):
    lock = locks(gone)
    other = lock.with_name("1.output.lock")
    other.write_text("results/other.csv\n")
    free_locks(lock.parent)
    assert other.exists() and not lock.exists()


def test_a_job_claims_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(MARK, "the call of this job")
    claim_locks([], tmp_path)
    assert not list(tmp_path.iterdir()) and os.environ[MARK] == "the call of this job"


@pytest.mark.parametrize("content", ["", "5", "{}", '{"host": 1, "process": "x", "locks": []}'])
def test_a_damaged_owner_is_named_with_the_remedy(tmp_path, content):
    (tmp_path / "host.1.owner").write_text(content)
    with pytest.raises(DataError, match=r"host\.1\.owner: .*if no other call is at work .* delete"):
        free_locks(tmp_path)
