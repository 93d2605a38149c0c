"""Where the numbers of a page come from: the jobs that made its files, as their records tell it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tracekd.run.provenance import FOLDER, Makers, read_record


@dataclass(frozen=True, slots=True)
class Job:
    """What the record of a job says of how it ran."""

    rule: str
    wildcards: Mapping[str, str]
    params: Mapping[str, Any]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    commit: str | None
    dirty: bool | None
    python: str
    packages: Mapping[str, str]
    device: str
    started: str
    finished: str
    wall_s: float


def read_job(record: Mapping[str, Any]) -> Job:
    """Take from a record what the page shows; paths go to their SHA-256."""
    same = ("rule", "wildcards", "params", "inputs", "python", "packages", "device", "started", "finished")
    return Job(
        **{name: record[name] for name in same},
        outputs={path: made["sha256"] for path, made in record["outputs"].items()},
        commit=record["code"]["commit"],
        dirty=record["code"]["dirty"],
        wall_s=record["wall_s"],
    )


def find_jobs(run: str, paths: Iterable[str], folder: Path = FOLDER) -> dict[str, Job]:
    """Give the jobs that made these files, those that made their inputs, and so on, by path of the record.

    A file that no job made (a registry, a mirror's, one that the user put there) has none.
    """
    makers, jobs, waiting = Makers(folder / run), dict[str, Job](), list(dict.fromkeys(paths))
    seen = set(waiting)
    while waiting:
        made = makers.get(waiting.pop())
        if made is None or str(made.record) in jobs:
            continue
        job = jobs[str(made.record)] = read_job(read_record(made.record))
        new = [path for path in job.inputs if path not in seen]
        seen |= set(new)
        waiting += new
    return dict(sorted(jobs.items()))


def describe_jobs(jobs: Iterable[Job], shown: Iterable[str]) -> dict[str, Any]:
    """Give the jobs behind these files as the page shows them.

    Returns `files`: path to the place of its job and its SHA-256, of the files shown; `jobs`: of each its
    rule, inputs (path to SHA-256), commit, whether the code differed from it, device, seconds and time of its
    end; `sums`: of each rule its number of jobs and their seconds; `where`: Python, packages, devices,
    commits, and when the first job started and the last one ended.

    """
    jobs, wanted = list(jobs), set(shown)
    used = [job for job in jobs if wanted & job.outputs.keys()]
    fields = ("rule", "inputs", "commit", "dirty", "device", "finished", "wall_s")
    rules = dict.fromkeys(job.rule for job in sorted(jobs, key=lambda job: job.started))
    last = max(jobs, key=lambda job: job.finished, default=None)
    return {
        "jobs": [{name: asdict(job)[name] for name in fields} for job in used],
        "files": {
            path: [place, digest]
            for place, job in enumerate(used)
            for path, digest in job.outputs.items()
            if path in wanted
        },
        "sums": [
            [rule, len(walls), round(sum(walls), 1)]
            for rule in rules
            for walls in [[job.wall_s for job in jobs if job.rule == rule]]
        ],
        "where": last
        and {
            "python": last.python,
            "packages": last.packages,
            "devices": sorted({job.device for job in jobs}),
            "commits": sorted({name_commit(job) for job in jobs}),
            "started": min(job.started for job in jobs),
            "finished": last.finished,
        },
    }


def name_commit(job: Job) -> str:
    """Name the code of a job."""
    return f"{job.commit or 'outside of git'}{' with changes' if job.dirty else ''}"
