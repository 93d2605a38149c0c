"""One job at a time in a work folder: a lease with an owner and a heartbeat.

A workflow that was killed may leave jobs running, on this host or on another node. When it is started again,
a second job must not write into the same checkpoints: it waits for a sign that the first is dead, and gives
up in one sentence while it lives.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# lock files that name their owner, are refreshed while it lives, and work on network file systems
from filelock import LeaseCompromise, SoftFileLease, Timeout

from tracekd.core.errors import WorkError, tell

# without a refresh for so long an owner on another host is dead; an owner on this host is looked up at once
LEASE_S = 30.0


@contextmanager
def hold(work: Path, lease_s: float = LEASE_S) -> Iterator[None]:
    """Hold the lease of a work folder or file; the marker `{work}.lease` stands beside it.

    Waits for up to two lease times, so that the lease of a dead owner has run out by then. Raises WorkError
    that names the living owner. A process whose own lease is lost, for it was asleep for too long, ends at
    once: another one may be at work.
    """
    work.parent.mkdir(parents=True, exist_ok=True)
    lease = SoftFileLease(
        work.with_name(f"{work.name}.lease"), lease_duration=lease_s, on_compromise=_end, thread_local=False
    )
    try:
        lease.acquire(timeout=2 * lease_s)
    except Timeout as error:
        owner = lease.owner
        name = f"process {owner.pid} on {owner.hostname}" if owner else "another process"
        raise WorkError(
            f"{name} is at work here",
            where=work,
            hint="let it finish or stop it, then give the same command again",
        ) from error
    try:
        yield
    finally:
        lease.release()


def _end(loss: LeaseCompromise) -> None:
    """End the process before it touches what may be another one's by now."""
    tell(f"\nError: {loss.lock_file}: the lease was lost (give the same command again)")
    os._exit(1)
