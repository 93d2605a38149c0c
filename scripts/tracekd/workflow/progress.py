"""What a person sees of a run while it goes on: how far it is, what is at work, when it will be done.

The weight of a job is the time that the forecast expects of it, or that earlier jobs of its rule have taken.
Where the jobs of a stage take longer than expected, what is left of the stage is expected to take longer too.
"""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tracekd.core.times import say_time
from tracekd.run.cells import count_cells
from tracekd.run.provenance import FOLDER, read_record
from tracekd.workflow.forecast import expect_seconds
from tracekd.workflow.run import Run

# what the rules of a file make; those of all others make tables and figures
STAGES = {
    "data": "data",
    "traces": "traces",
    "teacher": "teacher",
    "teacher_traces": "traces",
    "models": "models",
    "preflight": "preflight",
    "training": "training",
    "generation": "answers",
    "intervention": "set traces",
    "experiment": "experiment",
    "replay": "scores",
    "supplied": "scores",
    "scoring": "scores",
    "study": "study",
    "study_analysis": "study",
}
LAST_STAGE = "tables and figures"
# of a job whose rule has no record yet: Python's start, and a little
SHORT_S = 3.0
# records of one rule that are read
RECORDS = 20
# the last bar of a log: done and all, as tqdm writes them
BAR = re.compile(r"(\d+)/(\d+) \[")
# bytes at the end of a log in which its last bar stands
TAIL = 2000
# a bar says nothing of the speed before this much of it is done
SMALL_PART = 0.05
# an end that is further away is said with its day
HALF_A_DAY_S = 43_200


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the run: its stage, what people call it, seconds that it should take, its log.

    A job of several cells (adapters, files of answers) has a bar for each, and its outputs come cell by cell.
    """

    stage: str
    name: str
    expected_s: float
    log: Path | None = None
    cells: int = 1
    outputs: tuple[Path, ...] = ()

    @property
    def finished_cells(self) -> int:
        """Count the cells of a job at work that have all of their outputs."""
        if self.cells == 1:
            return 0
        return sum(path.exists() for path in self.outputs) * self.cells // len(self.outputs)


# (done, all) of the bars of jobs at work that have one
Bars = Mapping[int, tuple[int, int]]


class Board:
    """Counts the jobs of a run and draws what a person sees of it.

    Args:
        run: name of the run.
        jobs: that are to be run, by Snakemake's numbers.
        clock: seconds that only ever grow.
        now: the time of day.

    """

    def __init__(
        self,
        run: str,
        jobs: Mapping[int, Job],
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = datetime.now,
    ):
        self._run, self._jobs, self._clock, self._now = run, dict(jobs), clock, now
        self._begun = clock()
        self._started: dict[int, float] = {}
        self._taken: dict[int, float] = {}

    def start(self, job: int) -> None:
        """A job is at work, perhaps once more."""
        if job in self._jobs:
            self._started[job] = self._clock()

    def finish(self, job: int) -> None:
        """A job is done."""
        if job in self._started:
            self._taken[job] = self._clock() - self._started.pop(job)

    def fail(self, job: int) -> None:
        """A job has failed and may be tried again."""
        self._started.pop(job, None)

    def say(self) -> str:
        """One line for a screen that is no terminal."""
        bars = self._read_bars()
        at_work = ", ".join(self._at_work(bars)) or "nothing"
        return f"{self._now():%H:%M}  {self._head(bars)}; at work: {at_work}"

    def draw(self) -> list[str]:
        """Lines of a block in a terminal."""
        done, all_jobs = (
            Counter(self._jobs[job].stage for job in jobs) for jobs in (self._taken, self._jobs)
        )
        stages = (f"{stage} {done[stage]} of {count}" for stage, count in all_jobs.items())
        bars = self._read_bars()
        return [self._head(bars), f"  {' · '.join(stages)}", *(f"  → {name}" for name in self._at_work(bars))]

    def _read_bars(self) -> Bars:
        return {job: bar for job in self._started if (bar := read_bar(self._jobs[job].log))}

    def _head(self, bars: Bars) -> str:
        part, left_s = self.judge(bars)
        jobs = f"{self._run}: {part:.0%}, {len(self._taken)} of {len(self._jobs)} jobs"
        if left_s is None:
            return jobs
        until = self._now() + timedelta(seconds=left_s)
        when = until.strftime("%H:%M" if left_s < HALF_A_DAY_S else "%d %b %H:%M")
        return f"{jobs}, about {say_time(left_s)} left (until {when})"

    def _at_work(self, bars: Bars) -> list[str]:
        return [_say_job(self._jobs[job], bars.get(job)) for job in self._started]

    def judge(self, bars: Bars | None = None) -> tuple[float, float | None]:
        """Give the part of the work that is done, and the seconds that the rest will take, None at first."""
        bars = self._read_bars() if bars is None else bars
        now = self._clock()
        expected: defaultdict[str, float] = defaultdict(float)
        taken: defaultdict[str, float] = defaultdict(float)
        busy = 0.0
        left: list[tuple[Job, float, float]] = []  # job, part that is left, seconds it has been at work
        for number, job in self._jobs.items():
            part, seconds = self._measure(number, job, bars.get(number), now)
            busy += seconds
            left += [(job, 1 - part, seconds)] * (part < 1)
            if part > SMALL_PART:
                expected[job.stage] += job.expected_s * part
                taken[job.stage] += seconds
        if not expected:
            return 0.0, None
        overall = sum(taken.values()) / sum(expected.values())
        rest = 0.0
        for job, part, seconds in left:
            scale = taken[job.stage] / expected[job.stage] if job.stage in expected else overall
            whole = job.expected_s * scale
            # of a job without a bar only the time is known that it has been at work
            rest += whole * part if part < 1 else max(whole - seconds, whole * SMALL_PART)
        side_by_side = max(busy / max(now - self._begun, 1.0), 1.0)
        return busy / max(busy + rest, SMALL_PART), rest / side_by_side

    def _measure(self, number: int, job: Job, bar: tuple[int, int] | None, now: float) -> tuple[float, float]:
        """Give the part of a job that is known to be done, and the seconds it has been at work."""
        if number in self._taken:
            return 1.0, self._taken[number]
        if number not in self._started:
            return 0.0, 0.0
        done, steps = bar or (0, 1)
        finished = job.finished_cells
        # a full bar may be that of a cell whose outputs are there
        current = 0.0 if finished and done == steps else done / max(steps, 1)
        return min((finished + current) / job.cells, 1.0), now - self._started[number]


def _say_job(job: Job, bar: tuple[int, int] | None) -> str:
    if not bar:
        return job.name
    cell = f"{min(job.finished_cells + 1, job.cells)} of {job.cells}: " if job.cells > 1 else ""
    return f"{job.name} ({cell}{bar[0]} of {bar[1]})"


def read_bar(log: Path | None) -> tuple[int, int] | None:
    """Read how far a job is from the end of its log, as (done, all); None where it has no bar."""
    if log is None or not log.is_file():
        return None
    with open(log, "rb") as stream:
        stream.seek(max(log.stat().st_size - TAIL, 0))
        bars = BAR.findall(stream.read().decode("utf-8", errors="replace"))
    return (int(bars[-1][0]), int(bars[-1][1])) if bars else None


def make_board(run: Run, jobs: Iterable[tuple[int, Any]]) -> Board:
    """Make the board of a run.

    Args:
        run: the run.
        jobs: Snakemake's jobs that are to be run, with their numbers.

    """
    expected = expect_seconds(run)
    known: dict[str, float] = {}
    board = {}
    for number, job in sorted(jobs, key=lambda one: one[0]):
        rule, wildcards = job.rule.name, dict(job.wildcards_dict)
        known_by = (wildcards.get(name) for name in ("dataset", "model", "arm"))
        seconds = expected.get((rule, *known_by))
        if seconds is None:
            if rule not in known:
                known[rule] = average_time(FOLDER, rule)
            seconds = known[rule]
        stage = STAGES.get(Path(str(job.rule.snakefile)).stem, LAST_STAGE)
        log = Path(str(job.log[0])) if job.log else None
        outputs = tuple(map(Path, map(str, job.output)))
        board[number] = Job(
            stage, job_title(rule, wildcards), seconds, log, max(count_cells(outputs), 1), outputs
        )
    return Board(run.name, board)


def job_title(rule: str, wildcards: Mapping[str, str]) -> str:
    """Name a job by its rule and wildcards, without the run's name."""
    values = (f"seed {value}" if key == "seed" else value for key, value in wildcards.items() if key != "run")
    return " ".join([rule, *values])


def average_time(folder: Path, rule: str) -> float:
    """Average the wall time of a rule's last records of all runs; SHORT_S without any."""
    records = sorted(folder.glob(f"*/{rule}/*.json"))[-RECORDS:]
    times = [read_record(path)["wall_s"] for path in records]
    return sum(times) / len(times) if times else SHORT_S
