"""The Slurm executor of Snakemake for runs of days: nothing in silence, no job forgotten, no attempt wasted.

It is the stock executor (snakemake-executor-plugin-slurm 2.8.0) through the public interface of executor
plug-ins; jobs on nodes still run by `slurm-jobstep`. What can go when a newer stock executor has it:

- `check_active_jobs`: a round without an answer keeps all jobs; the first word of a state decides; a job that
  is preempted and not requeued has failed; no other status command is taken by itself
- `sleep`, `cancel`, `shutdown`: Ctrl-C cancels every job of the call at once, whatever question is under way
- `run_job`: a refusal that waiting mends costs no attempt, one that waiting does not mend costs all of them
- `run_job_pre`: `attempt` in a resource counts what failed for want of that resource, and nothing else
- `get_account_arg`: no account is guessed; a wrong one is sbatch's to refuse
"""

import asyncio
import os
import shlex
import signal
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from snakemake_executor_plugin_slurm import Executor as StockExecutor
from snakemake_executor_plugin_slurm import ExecutorSettings as StockSettings
from snakemake_executor_plugin_slurm import common_settings
from snakemake_executor_plugin_slurm.job_status_query import get_min_job_age, query_job_status_sacct
from snakemake_executor_plugin_slurm.utils import get_job_wildcards
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from .refusals import Refusal, Remedy, read_refusal
from .reminders import Reminder
from .states import (
    DONE,
    FAILED,
    HOPELESS,
    MAYBE_REQUEUED,
    Cause,
    State,
    find_cause,
    find_fault,
    read_states,
)

__all__ = ["Executor", "ExecutorSettings", "common_settings"]

# more than a busy scheduler takes to answer
ANSWER_S = 60.0
# how long silence and a useless wait may last before they are said
PATIENCE_S = 60.0
# until a question without an answer, and a job without room, are tried again
AGAIN_S = 30.0
# the longest time between two questions; less where Slurm forgets finished jobs sooner
LONGEST_S, STEP_S = 180.0, 10.0
# whoever waits looks up so often whether the call is ending
GLANCE_S = 0.5
# Ctrl-C waits so long for Slurm, and so long for jobs beside this process
CANCEL_S, CHILDREN_S = 15.0, 10.0
# of a job's Slurm log, where its last words stand
LAST_WORDS_BYTES = 1 << 16
# of a job that Slurm does not tell of any more
FORGOTTEN = State("FAILED", "forgotten")


@dataclass
class ExecutorSettings(StockSettings):
    """Those of the stock executor, as `slurm-tracekd-*`; only squeue is at hand on every site."""

    status_command: str = field(
        default="squeue",
        metadata={
            "help": "Command that is asked for the state of jobs: squeue, or sacct on sites with accounting. "
            "No other one is taken by itself.",
            "env_var": False,
            "required": False,
        },
    )


class Executor(StockExecutor):
    """Submits jobs to Slurm, and tells how they end."""

    def __init__(self, workflow: Any, logger: Any) -> None:
        # before the base class: its constructor starts the thread that asks for states
        self._ending = threading.Event()
        self._job_has_ended = threading.Condition()
        self._silence = Reminder(PATIENCE_S)
        self._unlisted = Reminder(PATIENCE_S)
        # a queue stays full: that is over when nobody has been refused for a while
        self._no_room, self._no_answer = Reminder(), Reminder()
        self._hopeless: dict[str, Reminder] = defaultdict(lambda: Reminder(PATIENCE_S))
        self._silent_since = ""
        self._submitted: set[str] = set()
        self._listed: set[str] = set()
        self._refused: dict[Any, str] = {}
        self._causes: dict[Any, Counter[Cause]] = defaultdict(Counter)
        self._stamps: dict[Any, dict[Path, int]] = {}
        self._longest_s = longest_interval(get_min_job_age())
        if workflow.executor_settings.array_jobs:
            raise WorkflowError("slurm-tracekd submits no job arrays: leave out slurm-tracekd-array-jobs.")
        super().__init__(workflow, logger)

    # --- submission ----------------------------------------------------------------------------------------

    def run_job_pre(self, job: Any) -> None:
        """Let a job ask for what its failures call for, then show it."""
        if not job.is_group():
            ask_by_cause(job, self._causes[job])
            self._stamps[job] = {path: read_stamp(path) for path in map(Path, job.log)}
        super().run_job_pre(job)

    def run_job(self, job: Any) -> None:
        """Submit a job, in a thread of its own; wait for room and for an answer if need be."""
        try:
            self._submit_patiently(job)
        except Exception as error:  # nobody else would hear of it
            self.report_job_error(SubmittedJobInfo(job), msg=f"It could not be submitted: {error!r}. ")

    def _submit_patiently(self, job: Any) -> None:
        answered = True
        while not self._ending.is_set() and (answered or self._cancel_strays(job)):
            super().run_job(job)
            message = self._refused.pop(job, None)
            if message is None:
                if self._no_answer.end():
                    self.logger.warning("Slurm takes jobs again.")
                break
            refusal = read_refusal(message)
            if refusal.remedy is Remedy.CHANGE:
                self._give_up(job, refusal)
                return
            answered = refusal.remedy is Remedy.ROOM
            self._wait_for_room(refusal)
        if self._ending.is_set():
            self._cancel_all()

    def get_account_arg(self, job: Any) -> Iterator[str]:
        """Give the account of the profile, or none: Slurm then takes the user's default."""
        account = job.resources.get("slurm_account")
        yield f" -A {shlex.quote(str(account))}" if account else ""

    def report_job_submission(self, job_info: SubmittedJobInfo, register_job: bool = True) -> None:
        """Note a job that Slurm has taken."""
        self._submitted.add(str(job_info.external_jobid))
        super().report_job_submission(job_info, register_job=register_job)

    def _report_job_error_threadsafe(self, job_info: SubmittedJobInfo, msg: str) -> None:
        """Keep why the stock executor could not submit a job: `run_job` decides what it means."""
        self._refused[job_info.job] = msg

    def _give_up(self, job: Any, refusal: Refusal) -> None:
        """Report a job that Slurm will never take as it is; no further attempt is made."""
        job.attempt = max(job.attempt, job.restart_times + 1)
        remedy = f"change {refusal.key} in the profile" if refusal.key else "change the profile"
        msg = f"Slurm does not take this job, and will not later on: {refusal.sentence} ({remedy}). "
        self.report_job_error(SubmittedJobInfo(job), msg=msg)

    def _wait_for_room(self, refusal: Refusal) -> None:
        """Wait until a job has ended, or for a while; the first who waits says so."""
        reminder = self._no_room if refusal.remedy is Remedy.ROOM else self._no_answer
        if not self._ending.is_set() and reminder.is_due(time.monotonic()):
            self.logger.warning(
                f"Slurm takes no job at present: {refusal.sentence}. Jobs wait here and are submitted later; "
                "no attempt is lost."
            )
        with self._job_has_ended:
            if not self._ending.is_set():
                self._job_has_ended.wait(AGAIN_S)

    def _cancel_strays(self, job: Any) -> bool:
        """Cancel what Slurm took of a job without a word; tell whether the job may be submitted again."""
        wildcards = get_job_wildcards(job)
        comment = f"rule_{job.name}" + (f"_wildcards_{wildcards}" if wildcards else "")
        queue = ["squeue", "--noheader", f"--name={self.run_uuid}", "--format=%i|%k"]
        while not self._ending.is_set():
            try:
                lines = call(queue).splitlines()
                pairs = [line.split("|", maxsplit=1) for line in lines if "|" in line]
                strays = [id_ for id_, of in pairs if of == comment and id_ not in self._submitted]
                if strays:
                    call(["scancel", *strays])
                return True
            except (OSError, subprocess.SubprocessError) as error:
                self._wait_for_room(Refusal(say(error), Remedy.ANSWER))
        return False

    # --- states --------------------------------------------------------------------------------------------

    async def check_active_jobs(
        self, active_jobs: Sequence[SubmittedJobInfo]
    ) -> AsyncIterator[SubmittedJobInfo]:
        """Ask for the states of all jobs; report those that have ended, give back all others."""
        first_s = float(self.workflow.executor_settings.init_seconds_before_status_checks)
        if not active_jobs:
            self.next_seconds_between_status_checks = first_s
            return
        asked, clock = time.monotonic(), time.strftime("%H:%M")
        async with self.status_rate_limiter:
            by_sacct = shlex.split(query_job_status_sacct(self.run_uuid))
            answer = await self._ask(by_sacct if self._asks_accounting else self._queue)
        if answer is None:
            if self._silence.since is None:
                self._silence.since, self._silent_since = asked, clock
            self._note_silence(len(active_jobs))
            for job_info in active_jobs:
                yield job_info
            return
        if self._silence.end():
            self.logger.warning("Slurm answers again.")
        states, ended = read_states(answer), 0
        for job_info in active_jobs:
            if await self._has_ended(job_info, states.get(str(job_info.external_jobid))):
                ended += 1
            else:
                yield job_info
        self._note_unlisted([job for job in active_jobs if str(job.external_jobid) not in states])
        self._note_hopeless(states)
        later_s = min(self.next_seconds_between_status_checks + STEP_S, self._longest_s)
        self.next_seconds_between_status_checks = min(first_s, self._longest_s) if ended else later_s

    async def sleep(self) -> None:
        """Wait until the next round, or until the call ends."""
        end = time.monotonic() + self.next_seconds_between_status_checks
        while self.wait and (left_s := end - time.monotonic()) > 0:
            await asyncio.sleep(min(left_s, GLANCE_S))

    def report_job_success(self, job_info: SubmittedJobInfo) -> None:
        """Report a job that is done; whoever waits for room tries again."""
        super().report_job_success(job_info)
        self._make_room()

    def report_job_error(self, job_info: SubmittedJobInfo, msg: str | None = None, **kwargs: Any) -> None:
        """Report a job that has failed; whoever waits for room tries again."""
        super().report_job_error(job_info, msg=msg, **kwargs)
        self._make_room()

    @property
    def _queue(self) -> list[str]:
        return ["squeue", "--noheader", "--states=all", f"--name={self.run_uuid}", "--format=%i|%T|%r"]

    @property
    def _asks_accounting(self) -> bool:
        return bool(self.workflow.executor_settings.status_command == "sacct")

    async def _ask(self, command: list[str]) -> str | None:
        """Ask Slurm; None if there is no answer: it is refused, takes too long, or the call ends."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
        except OSError as error:
            self.logger.debug(f"{shlex.join(command)}: {error}")
            return None
        answer = asyncio.ensure_future(process.communicate())
        end = time.monotonic() + ANSWER_S
        while not answer.done() and self.wait and time.monotonic() < end:
            await asyncio.wait({answer}, timeout=GLANCE_S)
        if not answer.done():
            process.kill()
            answer.cancel()
            return None
        output, errors = answer.result()
        if process.returncode:
            self.logger.debug(f"{shlex.join(command)}: {errors.decode(errors='replace')}")
            return None
        return str(output.decode(errors="replace"))

    async def _has_ended(self, job_info: SubmittedJobInfo, state: State | None) -> bool:
        """Report a job that has ended; tell whether it has."""
        job = str(job_info.external_jobid)
        if state:
            self._listed.add(job)
        if self._asks_accounting and state and state.word in MAYBE_REQUEUED:
            # accounting tells of the last start; the queue tells whether there will be another
            queue = await self._ask(self._queue)
            if queue is None:
                return False
            state = read_states(queue).get(job, state)
        elif state is None and job in self._listed and not self._asks_accounting:
            # it has ended, and the queue has forgotten it
            form = ("--allocations", "--noheader", "--parsable2", "--format=JobIDRaw,State")
            told = await self._ask(["sacct", *form, f"--jobs={job}"])
            state = read_states(told or "").get(job, FORGOTTEN)
        if state is None or (state.word != DONE and state.word not in FAILED):
            return False
        if state.word == DONE:
            self.report_job_success(job_info)
            if not self.workflow.executor_settings.keep_successful_logs:
                get_log(job_info).unlink(missing_ok=True)
        else:
            self._report_failure(job_info, state)
        return True

    def _report_failure(self, job_info: SubmittedJobInfo, state: State) -> None:
        """Report a job that has failed, and note the cause for its next attempt."""
        log = get_log(job_info)
        last_words = read_last_words(log)
        cause = find_cause(state.word, last_words)
        self._causes[job_info.job][cause] += 1
        end = "has ended, and Slurm no longer knows how" if state is FORGOTTEN else f"is {state.word}"
        if unwritten := self._find_unwritten(job_info.job):
            end += f", and its rule wrote nothing: {find_fault(last_words)}"
            for path in unwritten:
                add_line(path, f"Error: Slurm job {job_info.external_jobid} {end} [Slurm log: {log}]")
        msg = f"Slurm job {job_info.external_jobid} {end} (another attempt asks for {cause.value}). "
        self.report_job_error(job_info, msg=msg, aux_logs=[str(log)])

    def _find_unwritten(self, job: Any) -> list[Path]:
        """Find the logs of a rule that are as they were before the job was submitted."""
        return [path for path, stamp in self._stamps.get(job, {}).items() if read_stamp(path) == stamp]

    def _note_silence(self, jobs: int) -> None:
        """Say that Slurm does not answer, and ask again soon."""
        self.next_seconds_between_status_checks = AGAIN_S
        if self.wait and self._silence.is_due(time.monotonic()):
            self.logger.warning(
                f"Slurm has not answered since {self._silent_since}; {count(jobs)} submitted. "
                "This command waits; nothing is lost."
            )

    def _note_unlisted(self, jobs: list[SubmittedJobInfo]) -> None:
        """Say which jobs Slurm has taken and does not tell of."""
        if not jobs:
            self._unlisted.end()
        elif self._unlisted.is_due(time.monotonic()):
            command = self.workflow.executor_settings.status_command
            ids = ", ".join(str(job.external_jobid) for job in jobs)
            self.logger.warning(
                f"{command} does not tell of {count(len(jobs))}: {ids}. This command waits for them."
            )

    def _note_hopeless(self, states: dict[str, State]) -> None:
        """Say which jobs wait for what waiting does not bring."""
        waiting = defaultdict(list)
        for job, state in states.items():
            if state.word == "PENDING" and state.reason in HOPELESS:
                waiting[state.reason].append(job)
        for reason in self._hopeless.keys() - waiting.keys():
            self._hopeless[reason].end()
        for reason, jobs in sorted(waiting.items()):
            if self._hopeless[reason].is_due(time.monotonic()):
                self.logger.warning(
                    f"{count(len(jobs))} will not start: {', '.join(jobs)}, {reason} ({HOPELESS[reason]})."
                )

    # --- the end -------------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Cancel every job of this call that has not ended, here and in Slurm, and shut down."""
        self._end_waits()
        self._job_submission_executor.shutdown(wait=False, cancel_futures=True)
        self._cancel_all()
        interrupt_children()
        self.shutdown()

    def shutdown(self) -> None:
        """Let no thread wait any longer, and shut down."""
        self._end_waits()
        super().shutdown()

    def _cancel_all(self) -> None:
        """Cancel by the name that all jobs of this call bear, whatever is known of them here."""
        command = ["scancel", f"--name={self.run_uuid}"]
        if self._submitted_job_clusters:
            command.append("--clusters=all")
        try:
            call(command, CANCEL_S)
        except (OSError, subprocess.SubprocessError) as error:
            self.logger.error(
                f"Slurm did not cancel the jobs of this call: {say(error)} (when it answers again: "
                f"`{shlex.join(command)}`)"
            )

    def _end_waits(self) -> None:
        self._ending.set()
        self._make_room()

    def _make_room(self) -> None:
        with self._job_has_ended:
            self._job_has_ended.notify_all()


def longest_interval(min_job_age: int | None) -> float:
    """Give the longest time between two questions, seconds: Slurm keeps finished jobs for twice as long.

    `min_job_age` is how long it keeps them, 0 for ever, None if it does not say.
    """
    return min(LONGEST_S, max(min_job_age / 2, GLANCE_S)) if min_job_age else LONGEST_S


def ask_by_cause(job: Any, causes: Counter[Cause]) -> None:
    """Let `attempt` count time-outs in the runtime, and lacks of memory in all other resources, both from 1.

    Snakemake's own attempt, which counts whatever failed, stays what it is.
    """
    attempt = job.attempt
    job.attempt = 1 + causes[Cause.MEMORY]
    resources = dict(job.resources.items())
    job.attempt = 1 + causes[Cause.TIME]
    resources |= {name: value for name, value in job.resources.items() if name == "runtime"}
    job.attempt = attempt
    for name, value in resources.items():
        setattr(job.resources, name, value)


def get_log(job_info: SubmittedJobInfo) -> Path:
    """Give the Slurm log of a job."""
    return Path((job_info.aux or {})["slurm_logfile"])


def read_last_words(log: Path) -> str:
    """Read the end of a log; a job that never began has none."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - LAST_WORDS_BYTES))
            return stream.read().decode(errors="replace")
    except OSError:
        return ""


def read_stamp(path: Path) -> int:
    """Read when a file was written last; 0 if there is none, or nothing in it."""
    try:
        stat = path.stat()
    except OSError:
        return 0
    return stat.st_mtime_ns if stat.st_size else 0


def add_line(path: Path, line: str) -> None:
    """Add a line to a rule's log; where that cannot be, the screen has said it."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")


def call(command: list[str], timeout_s: float = ANSWER_S) -> str:
    """Run a Slurm command; OSError or SubprocessError if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=True)
    return done.stdout


def say(error: Exception) -> str:
    """Say why a command failed: its own words, if it had any."""
    return " ".join((getattr(error, "stderr", None) or str(error)).split())


def count(jobs: int) -> str:
    """Say how many jobs."""
    return "1 job" if jobs == 1 else f"{jobs} jobs"


def interrupt_children() -> None:
    """End what this process has started, as jobs that run beside it, before the folder's lock is free."""
    children = psutil.Process(os.getpid()).children(recursive=True)
    for child in children:
        try:
            child.send_signal(signal.SIGINT)
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(children, timeout=CHILDREN_S)
