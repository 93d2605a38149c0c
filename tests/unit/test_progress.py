"""What stands on the screen while a run goes on: counts, names, and a time that learns from finished jobs."""

import io
import logging
import sys
from contextlib import redirect_stderr
from datetime import datetime
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_logger_plugin_tracekd import LogHandler
from tracekd.core.errors import tell
from tracekd.core.logs import rule_log
from tracekd.core.times import say_time
from tracekd.run.cells import count_cells
from tracekd.workflow.progress import Board, Job, average_time, job_title, read_bar

NOON = datetime(2026, 1, 1, 12, 0)


class Clock:
    """A clock that a test sets."""

    def __init__(self):
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def board(clock):
    """Two trainings of 100 s and two sets of answers of 10 s."""
    jobs = {n: Job("training", f"train {n}", 100.0) for n in (1, 2)}
    jobs |= {n: Job("answers", f"generate {n}", 10.0) for n in (3, 4)}
    return Board("demo", jobs, clock, lambda: NOON)


def test_before_anything_is_done_no_time_is_promised(board):
    board.start(1)
    assert board.judge() == (0.0, None)
    assert board.say() == "12:00  demo: 0%, 0 of 4 jobs; at work: train 1"


def test_a_stage_that_goes_slower_than_expected_stays_slower(board, clock):
    board.start(1)
    clock.s = 200.0
    board.finish(1)
    # 200 s for what was expected to take 100: so will the other training, and the answers, of which nothing
    # is known, will take twice what was expected of them
    part, left = board.judge()
    assert left == 200 + 2 * 10 * 2
    assert part == pytest.approx(200 / 440)
    assert board.draw() == [
        "demo: 45%, 1 of 4 jobs, about 4 min left (until 12:04)",
        "  training 1 of 2 · answers 0 of 2",
    ]


def test_jobs_side_by_side_are_done_sooner(board, clock):
    for job in (1, 2):
        board.start(job)
    clock.s = 100.0
    for job in (1, 2):
        board.finish(job)
    assert board.judge() == (pytest.approx(200 / 220), 10.0)


def test_a_job_at_work_counts_as_far_as_its_own_bar_says(clock, tmp_path):
    log = tmp_path / "log"
    log.write_bytes("correct: 10%|█ | 1/10 [00:10<01:30]\rcorrect: 50%|█ | 5/10 [00:50<00:50]".encode())
    board = Board("demo", {1: Job("training", "train", 50.0, log)}, clock, lambda: NOON)
    board.start(1)
    clock.s = 50.0
    assert read_bar(log) == (5, 10)
    assert board.judge() == (0.5, 50.0)
    assert board.say().endswith("at work: train (5 of 10)")


def test_a_job_of_several_adapters_is_as_far_as_its_finished_ones_and_the_bar_of_the_next(clock, tmp_path):
    log = tmp_path / "log"
    outputs = tuple(tmp_path / f"{arm}/seed0/{name}" for arm in ("none", "correct") for name in ("a", "b"))
    job = Job("training", "train", 50.0, log, count_cells(outputs), outputs)
    board = Board("demo", {1: job}, clock, lambda: NOON)
    board.start(1)
    clock.s = 50.0
    log.write_text("none: 10/10 [00:10<00:00]")
    # the bar is full, its adapter not yet written: this is half of the job, not all of it
    assert board.judge() == (0.5, 50.0)
    for path in outputs[:2]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert board.judge() == (0.5, 50.0)
    log.write_text("none: 10/10 [00:10<00:00]\ncorrect: 5/10 [00:05<00:05]")
    assert board.judge()[0] == pytest.approx(0.75)
    assert board.say().endswith("at work: train (2 of 2: 5 of 10)")


def test_a_job_that_failed_is_counted_once_it_is_done(board, clock):
    board.start(1)
    board.fail(1)
    assert "at work: nothing" in board.say()
    board.start(1)
    clock.s = 100.0
    board.finish(1)
    assert board.judge()[0] == pytest.approx(100 / 220)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "10 s"), (64, "60 s"), (120, "2 min"), (5400, "1.5 h"), (200_000, "2.3 days")],
)
def test_times_are_said_as_a_person_would(seconds, words):
    assert say_time(seconds) == words


def test_a_job_is_named_by_what_tells_it_apart():
    assert job_title("generate", {"run": "demo", "dataset": "babi", "seed": "1"}) == "generate babi seed 1"


def test_a_rule_without_records_is_taken_to_be_short(tmp_path):
    assert average_time(tmp_path, "plot_dose") == 3.0


@pytest.fixture
def screen():
    """The handler on a screen that is no terminal; what it printed."""
    stream = io.StringIO()

    def make(**asked):
        options = dict.fromkeys(
            ("dryrun", "verbose", "printshellcmds", "debug_dag", "stdout", "nocolor"), False
        )
        with redirect_stderr(stream):
            handler = LogHandler(SimpleNamespace(**options | asked), None)
        handler.setFormatter(logging.Formatter("%(message)s"))
        return handler, stream

    return make


def record(message="", level=logging.INFO, **fields):
    one = logging.LogRecord("snakemake", level, "", 0, message, None, None)
    one.__dict__.update(fields)
    return one


def test_only_what_has_to_be_read_is_printed(screen, board):
    handler, stream = screen()
    handler.emit(record("Building DAG of jobs..."))
    handler.emit(record(board=board))
    handler.emit(record("rule train:", event=LogEvent.JOB_INFO, jobid=1))
    handler.emit(record("Error in rule train", logging.ERROR, event=LogEvent.JOB_ERROR, jobid=1))
    handler.emit(record("Trying to restart job 1."))
    handler.close()
    assert stream.getvalue() == "Error in rule train\nTrying to restart job 1.\n"
    assert "at work: nothing" in board.say()


def test_jobs_are_counted_as_snakemake_tells_them(screen, board):
    handler, _ = screen()
    handler.emit(record(board=board))
    handler.emit(record(event=LogEvent.JOB_INFO, jobid=3))
    handler.emit(record(event=LogEvent.JOB_FINISHED, job_id=3))
    handler.close()
    assert "1 of 4 jobs" in board.say()


@pytest.mark.parametrize("option", ["dryrun", "verbose", "printshellcmds"])
def test_whoever_asks_for_all_messages_gets_them(screen, board, option):
    handler, stream = screen(**{option: True})
    handler.emit(record(board=board))
    handler.emit(record("rule train: [x]", event=LogEvent.JOB_INFO, jobid=1))
    assert stream.getvalue() == "rule train: [x]\n"


def test_bars_go_to_the_log_of_their_job_and_sentences_to_the_screen(tmp_path, capsys):
    with rule_log(tmp_path / "log"):
        print("correct:  50%| 5/10 [00:50<00:50]", file=sys.stderr)
        tell("Note: half of it is done")
    assert capsys.readouterr().err == "Note: half of it is done\n"
    assert "5/10" in (tmp_path / "log").read_text()
