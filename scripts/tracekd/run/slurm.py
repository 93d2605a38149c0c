"""Jobs of an earlier call that are still in the queue of a Slurm cluster.

A workflow that was killed leaves its jobs behind. Snakemake does not know them when it is started again,
and would submit the same work once more.
"""

import re
import subprocess
from itertools import groupby
from pathlib import Path

from tracekd.core.errors import WorkError

# more than a busy scheduler takes to answer
TIMEOUT_S = 60
# every job is named by the id of its call, with a prefix if one is set
CALL = re.compile(r"(.+_)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# the folder comes last, for it may hold the separator; %F is one number for all tasks of an array
FIELDS = "%F|%j|%Z"
# stands above the jobs of each cluster where the environment (SLURM_CLUSTERS) names several
CLUSTER = "CLUSTER: "


def refuse_orphans(folder: Path) -> None:
    """Raise WorkError if jobs that Snakemake has submitted from this folder wait or run.

    To be called by a process that holds the folder's lock and has submitted nothing: such jobs are then of
    a call that is gone.
    """
    jobs = select_jobs(ask_queue(), folder)
    if not jobs:
        return
    names = [f"{job} ({cluster})" if cluster else job for cluster, job in jobs]
    count, are, them = ("1 job", "is", "it") if len(jobs) == 1 else (f"{len(jobs)} jobs", "are", "them")
    cancel = "; ".join(
        " ".join(["scancel", *([f"--clusters={cluster}"] if cluster else []), *(job for _, job in group)])
        for cluster, group in groupby(jobs, key=lambda job: job[0])
    )
    raise WorkError(
        f"{count} of an earlier call {are} still at work here: {', '.join(names)}",
        where=folder,
        hint=f"let {them} finish, or `{cancel}`, then give the same command again",
    )


def ask_queue() -> str:
    """List the user's jobs that wait or run, in lines of FIELDS; WorkError if Slurm does not say."""
    command = ["squeue", "--me", "--noheader", f"--format={FIELDS}"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        reason = (getattr(error, "stderr", None) or str(error)).strip()
        raise WorkError(
            f"Slurm does not say which jobs are at work: {reason}",
            where="squeue --me",
            hint="try again when this command answers",
        ) from error
    return answer.stdout


def select_jobs(queue: str, folder: Path) -> list[tuple[str, str]]:
    """Pick (cluster, id) of jobs that Snakemake has submitted from this folder, each once.

    The cluster is empty where squeue names none. Lines of any other form, such as the halves of a job whose
    name has a line break, are of no job of ours.
    """
    jobs, cluster = set(), ""
    for line in queue.splitlines():
        if line.startswith(CLUSTER):
            cluster = line.removeprefix(CLUSTER).strip()
        job, name, place = (*line.split("|", maxsplit=2), "", "")[:3]
        if job.isdecimal() and CALL.fullmatch(name) and Path(place).resolve() == folder.resolve():
            jobs.add((cluster, job))
    return sorted(jobs, key=lambda job: (job[0], int(job[1])))
