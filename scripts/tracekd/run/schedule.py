"""How long jobs take on so many machines: list scheduling, the longest job that can start first."""

from collections.abc import Collection, Sequence
from heapq import heapify, heappop, heappush


def schedule(lengths: Sequence[float], after: Sequence[Collection[int]], machines: int) -> float:
    """Give the time at which the last job ends.

    A machine that is free starts the longest of the jobs that nothing keeps waiting; of equal ones the first.

    Args:
        lengths: of the jobs.
        after: for each job those that must have ended before it starts, by their places in `lengths`.
        machines: how many jobs may be at work at once.

    """
    missing = [set(some) for some in after]
    followers: list[list[int]] = [[] for _ in lengths]
    for job, some in enumerate(missing):
        for before in some:
            followers[before].append(job)
    ready = [(-length, job) for job, length in enumerate(lengths) if not missing[job]]
    heapify(ready)
    at_work: list[tuple[float, int]] = []
    now = 0.0
    while ready or at_work:
        while ready and len(at_work) < machines:
            length, job = heappop(ready)
            heappush(at_work, (now - length, job))
        now, done = heappop(at_work)
        for job in followers[done]:
            missing[job].discard(done)
            if not missing[job]:
                heappush(ready, (-lengths[job], job))
    return now
