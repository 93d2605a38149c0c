"""Limits of what others wrote and this process runs, such as a model's chat template."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType

import psutil


class OutOfTime(BaseException):
    """The body took too long; no `Exception`, for a library would take that for one of its own."""


@contextmanager
def limited(seconds: float, most_bytes: int) -> Iterator[None]:
    """Run the body within this much processor time, and so many bytes of memory beyond what is taken already.

    For the main thread only. Raises OutOfTime or MemoryError.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _process(os.getpid()).memory_info().vms + most_bytes
    before = signal.signal(signal.SIGVTALRM, _end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    resource.setrlimit(
        resource.RLIMIT_AS, (most if soft == resource.RLIM_INFINITY else min(soft, most), hard)
    )
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGVTALRM, before)


@cache
def _process(number: int) -> psutil.Process:
    """Look a process up, once: this takes longer than its memory does, and many texts are limited."""
    return psutil.Process(number)


def _end(number: int, frame: FrameType | None) -> None:
    """Leave the body."""
    raise OutOfTime
