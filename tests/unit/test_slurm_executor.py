"""What the executor of the Slurm profile makes of Slurm's words, and when it speaks."""

from collections import Counter
from types import SimpleNamespace

import pytest
from snakemake.iocontainers import ResourceList
from snakemake_executor_plugin_slurm_tracekd import add_line, ask_by_cause, longest_interval, read_stamp
from snakemake_executor_plugin_slurm_tracekd.refusals import Remedy, read_refusal
from snakemake_executor_plugin_slurm_tracekd.reminders import Reminder
from snakemake_executor_plugin_slurm_tracekd.states import Cause, State, find_cause, find_fault, read_states


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("7|CANCELLED by 5", "CANCELLED"),
        ("7|CANCELLED+", "CANCELLED"),
        ("7|OUT_OF_MEMORY", "OUT_OF_MEMORY"),
        ("7 | RUNNING ", "RUNNING"),
    ],
)
def test_the_first_word_of_a_state_decides(line, word):
    assert read_states(f"\n{line}\nnonsense\n") == {"7": State(word)}


def test_the_reason_of_a_wait_may_hold_anything():
    answer = "7|PENDING|ReqNodeNotAvail, UnavailableNodes:n[1|2]\n8|RUNNING|None"
    assert read_states(answer) == {
        "7": State("PENDING", "ReqNodeNotAvail, UnavailableNodes:n[1|2]"),
        "8": State("RUNNING", "None"),
    }


@pytest.mark.parametrize(
    "log",
    [
        "slurmstepd: error: StepId=9.0 exceeded memory limit (668000256 > 419430400), being killed",
        "slurmstepd: error: Detected 1 oom-kill event(s) in StepId=7.0. Some of your processes may have been",
        "slurmstepd: error: Detected 1 oom_kill event in StepId=7.0. Some of the step",
        "slurmstepd: error: Job 7 exceeded memory limit (900 > 400), being killed",
        "Command 'python train.py' died with <Signals.SIGKILL: 9>.",
        "Command 'python train.py' returned non-zero exit status 137.",
        "srun: error: n1: task 0: Exited with exit code 137",
        "Traceback (most recent call last):\nMemoryError",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes",
    ],
)
def test_a_lack_of_memory_is_known_by_the_words_of_any_site(log):
    assert find_cause("FAILED", f"first line\n{log}\nlast line") is Cause.MEMORY
    # who was cancelled may have been killed on the way
    assert find_cause("CANCELLED", log) is Cause.OTHER


@pytest.mark.parametrize(
    ("word", "log", "cause"),
    [
        ("OUT_OF_MEMORY", "", Cause.MEMORY),
        ("TIMEOUT", "slurmstepd: error: *** JOB 7 CANCELLED DUE TO TIME LIMIT ***", Cause.TIME),
        ("NODE_FAIL", "", Cause.OTHER),
        ("PREEMPTED", "", Cause.OTHER),
        ("FAILED", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", Cause.OTHER),
        ("FAILED", "returned non-zero exit status 1. 1370 items", Cause.OTHER),
    ],
)
def test_only_a_lack_of_memory_or_of_time_asks_for_more(word, log, cause):
    assert find_cause(word, log) is cause


class Job:
    """A job as Snakemake keeps it: an attempt that is set evaluates the resources anew."""

    def __init__(self, attempt):
        self.attempt = attempt

    @property
    def attempt(self):
        return self._attempt

    @attempt.setter
    def attempt(self, attempt):
        self._attempt = attempt
        values = {"mem_mb": 400 * attempt, "runtime": 30 * attempt, "gres": "gpu:1"}
        self.resources = ResourceList(fromdict=values)


@pytest.mark.parametrize(
    ("causes", "memory", "minutes"),
    [
        ([], 400, 30),
        ([Cause.MEMORY], 800, 30),
        ([Cause.TIME, Cause.TIME], 400, 90),
        ([Cause.OTHER, Cause.OTHER], 400, 30),
        ([Cause.MEMORY, Cause.OTHER, Cause.TIME], 800, 60),
    ],
)
def test_each_resource_grows_by_its_own_cause_and_the_attempt_stays(causes, memory, minutes):
    job = Job(attempt=1 + len(causes))
    ask_by_cause(job, Counter(causes))
    resources = job.resources
    assert (resources.mem_mb, resources.get("runtime"), resources.gres) == (memory, minutes, "gpu:1")
    assert job.attempt == 1 + len(causes)


def test_a_resource_that_nobody_names_is_not_made_up():
    job = SimpleNamespace(attempt=1, resources=ResourceList(fromdict={"mem_mb": 400}))
    ask_by_cause(job, Counter())
    assert dict(job.resources.items()) == {"mem_mb": 400}


FAILED = "sbatch: error: Batch job submission failed: "


def refuse(words):
    return read_refusal(
        f"SLURM sbatch failed. The error message was '{words}'.\n    sbatch call:\n        sbatch x\n"
    )


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (
            f"sbatch: error: QOSMaxSubmitJobPerUserLimit\n{FAILED}Job violates accounting/QOS policy",
            Remedy.ROOM,
        ),
        (f"sbatch: error: AssocMaxSubmitJobLimit\n{FAILED}Job violates accounting/QOS policy", Remedy.ROOM),
        (f"sbatch: error: AssocGrpSubmitJobsLimit\n{FAILED}Job violates accounting/QOS policy", Remedy.ROOM),
        (f"{FAILED}Resource temporarily unavailable", Remedy.ROOM),
        ("site: 2 jobs at most, try again later", Remedy.ROOM),
        (f"{FAILED}Socket timed out on send/recv operation", Remedy.ANSWER),
        (f"{FAILED}Unable to contact slurm controller (connect failure)", Remedy.ANSWER),
        ("", Remedy.ANSWER),
        (f"{FAILED}Requested time limit is invalid (missing or exceeds some limit)", Remedy.CHANGE),
        ("sbatch: error: no such thing", Remedy.CHANGE),
    ],
)
def test_refusals_are_told_apart_by_what_helps(words, remedy):
    assert refuse(words).remedy is remedy


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (f"{FAILED}Invalid account or account/partition combination specified", "slurm_account"),
        (
            f"sbatch: error: invalid partition specified: nowhere\n{FAILED}Invalid partition name",
            "slurm_partition",
        ),
        (f"{FAILED}Invalid qos specification", "qos"),
        (f"sbatch: error: Memory specification can not be satisfied\n{FAILED}Requested node", "mem_mb"),
        (f"{FAILED}Requested time limit is invalid (missing or exceeds some limit)", "runtime"),
        (
            f"sbatch: error: QOSMaxWallDurationPerJobLimit\n{FAILED}Job violates accounting/QOS policy",
            "runtime",
        ),
        (f"sbatch: error: AssocMaxMemPerJob\n{FAILED}Job violates accounting/QOS policy", "mem_mb"),
        (f"{FAILED}Invalid generic resource (gres) specification", "gres"),
        ("sbatch: error: CPU count per node can not be satisfied", "set-threads"),
        (f"{FAILED}More processors requested than permitted", "set-threads"),
        (f"{FAILED}Job violates accounting/QOS policy", None),
    ],
)
def test_a_refusal_names_the_key_of_the_profile_and_is_one_line(words, key):
    refusal = refuse(words)
    assert refusal.key == key
    assert refusal.sentence == "; ".join(words.splitlines())


def test_what_lasts_is_said_after_a_while_then_every_ten_minutes():
    reminder = Reminder(patience_s=60)
    said = [now for now in range(0, 2000, 20) if reminder.is_due(now)]
    assert said == [60, 660, 1260, 1860]
    assert reminder.end() and not reminder.end()
    assert not reminder.is_due(2000) and reminder.is_due(2060)


def test_what_is_short_is_never_said():
    reminder = Reminder(patience_s=60)
    assert not reminder.is_due(0) and not reminder.end()


@pytest.mark.parametrize(("age", "longest"), [(300, 150), (600, 180), (30, 15), (0, 180), (None, 180)])
def test_finished_jobs_are_asked_about_before_slurm_forgets_them(age, longest):
    assert longest_interval(age) == longest


@pytest.mark.parametrize(
    ("log", "fault"),
    [
        (
            'File "a.py", line 261\nOSError: [Errno 28] No space left on device\nsrun: error: task 0',
            "OSError: [Errno 28] No space left on device",
        ),
        (
            "/bin/sh: 1: /nowhere/python: No such file or directory\n",
            "/bin/sh: 1: /nowhere/python: No such file",
        ),
        (
            "ModuleNotFoundError: No module named 'x'\nRuleException:\nCalledProcessError in file a\n"
            "Error in rule train_adapters:\nWorkflowError:\nAt least one job did not complete successfully.",
            "ModuleNotFoundError: No module named 'x'",
        ),
        ("one\nslurmstepd: error: *** JOB 7 CANCELLED ***\n\n", "slurmstepd: error: *** JOB 7 CANCELLED ***"),
        ("", "the Slurm log is empty"),
    ],
)
def test_the_line_of_a_slurm_log_that_tells_most_is_found(log, fault):
    assert find_fault(log).startswith(fault)


def test_the_log_of_a_rule_is_written_even_where_its_folder_was_never_made(tmp_path):
    log = tmp_path / "logs/rule/one.log"
    assert read_stamp(log) == 0
    add_line(log, "Error: 1")
    stamp = read_stamp(log)
    assert stamp > 0 and log.read_text() == "Error: 1\n"
    log.write_text("")
    assert read_stamp(log) == 0
    # a file where the folder belongs: the screen has said it
    add_line(log / "two.log", "Error: 2")
