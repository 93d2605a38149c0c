"""Jobs of other calls that are still in the queue of a Slurm cluster.

A workflow that was killed leaves its jobs behind. Snakemake does not know them when it is started again,
and would submit the same work once more. So it would with the jobs of another user in the same folder.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tracekd.core.errors import WorkError

# more than a busy scheduler takes to answer
TIMEOUT_S = 60
# how executors name their jobs: by the id of the call, with a prefix if one is set, or as Snakemake says
CALL = re.compile(r"(.+_)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|snakejob\..+")
# the folder comes last, for it may hold the separator; %F is one number for all tasks of an array
FIELDS = "%F|%U|%u|%j|%Z"
# stands above the jobs of each cluster where the environment (SLURM_CLUSTERS) names several
CLUSTER = "CLUSTER: "
# whoever has submitted from a folder has left these there
LOGS = Path(".snakemake/slurm_logs")


@dataclass(frozen=True, slots=True)
class Job:
    """A job in the queue; `cluster` is empty where squeue names none."""

    cluster: str
    id: str
    uid: str
    user: str


def uses_slurm(executor: str, remote: bool) -> bool:
    """Tell whether Slurm may hold jobs of this folder.

    Args:
        executor: name of the call's executor; any may follow one that has submitted to Slurm.
        remote: whether it runs jobs elsewhere, through Slurm or another scheduler.

    """
    known = shutil.which("squeue") is not None
    return executor.startswith("slurm") or (known and (remote or LOGS.is_dir()))


def refuse_orphans(folder: Path) -> None:
    """Raise WorkError if jobs that Snakemake has submitted from this folder wait or run, whoever's they are.

    To be called by a process that holds the folder's lock and has submitted nothing: such jobs are then of
    a call that is gone.
    """
    jobs = select_jobs(ask_queue(), folder)
    if not jobs:
        return
    own = [job for job in jobs if job.uid == str(os.geteuid())]
    others = sorted({job.user for job in jobs if job not in own})
    count, are, them = ("1 job", "is", "it") if len(jobs) == 1 else (f"{len(jobs)} jobs", "are", "them")
    remedies = [f"let {them} finish"]
    if own:
        remedies.append(f"`{write_scancel(own)}`")
    if others:
        remedies.append(f"have {' and '.join(others)} cancel what is theirs")
    raise WorkError(
        f"{count} of an earlier call {are} still at work here: "
        + ", ".join(name_job(job, with_user=bool(others)) for job in jobs),
        where=folder,
        hint=f"{', or '.join(remedies)}, then give the same command again",
    )


def name_job(job: Job, *, with_user: bool) -> str:
    """Name a job, with its cluster if there are several."""
    return job.id + (f" of {job.user}" if with_user else "") + (f" ({job.cluster})" if job.cluster else "")


def write_scancel(jobs: list[Job]) -> str:
    """Write the command that cancels jobs, cluster by cluster."""
    return "; ".join(
        " ".join(["scancel", *([f"--clusters={cluster}"] if cluster else []), *(job.id for job in group)])
        for cluster, group in groupby(jobs, key=lambda job: job.cluster)
    )


def ask_queue() -> str:
    """List all jobs that wait or run, in lines of FIELDS; WorkError if Slurm does not say."""
    command = ["squeue", "--noheader", f"--format={FIELDS}"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        reason = (getattr(error, "stderr", None) or str(error)).strip()
        raise WorkError(
            f"Slurm does not say which jobs are at work: {reason}",
            where="squeue",
            hint="try again when this command answers",
        ) from error
    return answer.stdout


def select_jobs(queue: str, folder: Path) -> list[Job]:
    """Pick the jobs that Snakemake has submitted from this folder, each once.

    Lines of any other form, such as the halves of a job whose name has a line break, are of no job of ours.
    """
    jobs, cluster = set(), ""
    for line in queue.splitlines():
        if line.startswith(CLUSTER):
            cluster = line.removeprefix(CLUSTER).strip()
        job, uid, user, name, place = (*line.split("|", maxsplit=4), "", "", "", "")[:5]
        if job.isdecimal() and CALL.fullmatch(name) and Path(place).resolve() == folder.resolve():
            jobs.add(Job(cluster, job, uid, user))
    return sorted(jobs, key=lambda job: (job.cluster, int(job.id)))
