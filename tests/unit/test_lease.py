"""A second job must not write where a first one is at work, and a dead one must not keep it out."""

import os
import signal

import pytest
from support.killing import SERVER
from tracekd.core.errors import WorkError
from tracekd.run.lease import hold

LEASE_S = 1.0


def hold_until_killed(work, ready):
    with hold(work, LEASE_S):
        ready.set()
        signal.pause()


def start_holder(work):
    """Start a process that holds the lease until it is killed."""
    ready = SERVER.Event()
    process = SERVER.Process(target=hold_until_killed, args=(work, ready))
    process.start()
    assert ready.wait(300)
    return process


def test_a_living_owner_is_named(tmp_path):
    holder = start_holder(tmp_path / "seed0")
    sentence = f"seed0: process {holder.pid} on .* is at work here"
    with pytest.raises(WorkError, match=sentence), hold(tmp_path / "seed0", LEASE_S):
        pytest.fail("two owners at once")
    holder.kill()
    holder.join()


def test_the_lease_of_a_killed_owner_is_taken_over(tmp_path):
    holder = start_holder(tmp_path / "seed0")
    holder.kill()
    holder.join()
    with hold(tmp_path / "seed0", LEASE_S):
        pass
    assert not list(tmp_path.iterdir())


def test_an_owner_that_slept_too_long_ends_when_it_wakes(tmp_path):
    holder = start_holder(tmp_path / "seed0")
    os.kill(holder.pid, signal.SIGSTOP)
    with hold(tmp_path / "seed0", LEASE_S):
        os.kill(holder.pid, signal.SIGCONT)
        holder.join(300)
        assert holder.exitcode == 1


def test_the_lease_is_given_back_after_an_error(tmp_path):
    with pytest.raises(RuntimeError), hold(tmp_path / "seed0", LEASE_S):
        raise RuntimeError
    assert not list(tmp_path.iterdir())
