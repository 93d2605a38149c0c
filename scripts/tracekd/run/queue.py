"""Jobs in the queue of PBS, Grid Engine or LSF, for the executor cluster-generic (profiles/cluster-generic).

    python -m tracekd.run.queue submit pbs qsub …    submits, and prints the number of the job
    python -m tracekd.run.queue status pbs 12        prints running, success or failed

How a job has ended it says itself (profiles/cluster-generic/jobscript.sh); what ends without a word, at a
limit or with its node, is no longer in the queue. A queue that does not answer ends nothing.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from getpass import getuser
from pathlib import Path

from tracekd.core.errors import WorkError, tell

# `{number}.job` of each job that was submitted, `{number}.exit` with its exit status once it has ended,
# `{number}.gone` since it is in the queue no longer, `silent` while the queue does not answer
FOLDER = Path(".snakemake/cluster")
# commands that list a user's jobs, the number in front of each line
LISTING = {
    "pbs": ("qstat", "-u", "{user}"),
    "sge": ("qstat", "-u", "{user}"),
    "lsf": ("bjobs", "-u", "{user}", "-noheader", "-o", "jobid"),
}
# more than a busy scheduler takes to answer
ANSWER_S = 60
# as long as a shared file system may need to show how a job has ended
GONE_S = 60
# between two words about a queue that does not answer
AGAIN_S = 600


def submit(scheduler: str, command: Sequence[str]) -> str:
    """Run a scheduler's own command and give the number of the job, the first one in its answer.

    Raises CalledProcessError where it refuses.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    number: str = re.findall(r"\d+", answer)[0]
    for old in FOLDER.glob(f"{number}.*"):  # a scheduler may begin again at 1
        old.unlink()
    (FOLDER / f"{number}.job").write_text(json.dumps({"scheduler": scheduler, "user": getuser()}))
    return number


def tell_status(scheduler: str, number: str) -> str:
    """Tell whether a job is `running`, or how it has ended."""
    ended, gone = FOLDER / f"{number}.exit", FOLDER / f"{number}.gone"
    if ended.is_file():
        return "success" if ended.read_text().strip() == "0" else "failed"
    listed = list_queue(scheduler, getuser())
    note_silence(scheduler, silent=listed is None)
    if listed is None or number in listed:
        gone.unlink(missing_ok=True)
        return "running"
    if not gone.exists():
        gone.touch()
    return "failed" if time.time() - gone.stat().st_mtime > GONE_S else "running"


def list_queue(scheduler: str, user: str) -> set[str] | None:
    """List the numbers of a user's jobs in the queue; None if it does not answer."""
    command = [word.format(user=user) for word in LISTING[scheduler]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return set(re.findall(r"^\s*(\d+)", done.stdout, re.MULTILINE))


def note_silence(scheduler: str, *, silent: bool) -> None:
    """Say that a queue does not answer, at once and every ten minutes, and when it answers again."""
    mark, command = FOLDER / "silent", LISTING[scheduler][0]
    if not silent:
        if mark.exists():
            mark.unlink(missing_ok=True)
            tell(f"{command} answers again.")
    elif not mark.exists() or time.time() - mark.stat().st_mtime > AGAIN_S:
        mark.touch()
        tell(f"{command} does not answer. This command waits; nothing is lost.")


def refuse_left(folder: Path) -> None:
    """Raise WorkError if jobs that were submitted from this folder are in the queue, whoever's they are.

    To be called by a process that holds the folder's lock and has submitted nothing.
    """
    left = []
    for path in sorted((folder / FOLDER).glob("*.job"), key=lambda path: int(path.stem)):
        if path.with_suffix(".exit").is_file():
            continue
        owner = json.loads(path.read_text())
        listed = list_queue(owner["scheduler"], owner["user"])
        if listed is None:
            command = LISTING[owner["scheduler"]][0]
            raise WorkError(
                "does not say which jobs are at work",
                where=command,
                hint="try again when this command answers",
            )
        if path.stem in listed:
            left.append(f"{path.stem} of {owner['user']}")
    if left:
        count, are = ("1 job", "is") if len(left) == 1 else (f"{len(left)} jobs", "are")
        raise WorkError(
            f"{count} of an earlier call {are} still at work here: {', '.join(left)}",
            where=folder,
            hint="let them finish, or cancel them, then give the same command again",
        )


def main(arguments: Sequence[str]) -> int:
    """Submit a job, or tell its status, to Snakemake, which reads it."""
    what, scheduler, *rest = arguments
    try:
        answer = tell_status(scheduler, rest[0]) if what == "status" else submit(scheduler, rest)
    except subprocess.CalledProcessError as error:  # the scheduler has said why
        return error.returncode
    sys.stdout.write(f"{answer}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
