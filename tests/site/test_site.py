"""A site of its own rules: what a run of days meets there ends in the right files, or in one sentence."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from getpass import getuser
from pathlib import Path

import pytest
from support.examples import ROOT
from support.missing import skip_without
from support.slurm_calls import JOB_S, STOCK, Workflow, write_profile
from support.slurm_cluster import Cluster, find_processes, wait_until
from support.workflow import copy_project

pytestmark = pytest.mark.site
ONE_ATTEMPT = ("--retries", "0")
BY_SACCT = ("--slurm-tracekd-status-command", "sacct")
BY_SQUEUE = ("--slurm-tracekd-status-command", "squeue")
# no situation may be silent for longer
SILENT_S = 180.0


def demand(**resources: object) -> tuple[str, ...]:
    """Ask for other resources for the toy's slow jobs."""
    return ("--set-resources", *(f"build_base_model:{name}={value}" for name, value in resources.items()))


def read_screen(toy: Workflow) -> str:
    return (toy.folder / "screen").read_text()


def wait_for_words(toy: Workflow, words: str, seconds: float = SILENT_S) -> None:
    wait_until(lambda: words in read_screen(toy), seconds, f"the screen to say {words!r}")


def count_begun(toy: Workflow) -> int:
    begun = toy.folder / "executions"
    return len(begun.read_text().split()) if begun.exists() else 0


@contextmanager
def limit(site: Cluster, **limits: int) -> Iterator[None]:
    """Limit what may be submitted, for a while."""
    set_limits(site, limits)
    try:
        yield
    finally:
        set_limits(site, dict.fromkeys(limits, -1))


def set_limits(site: Cluster, limits: dict[str, int]) -> None:
    words = [f"{name}={value}" for name, value in limits.items()]
    site.run("sacctmgr", "-i", "modify", "qos", "normal", "set", *words)
    time.sleep(1)  # the controller hears of it from the database


def test_a_controller_that_stops_for_a_minute_is_said_and_loses_no_job(toy: Workflow):
    # on the plain command's own clock
    run = toy.start("20.slow", program=STOCK)
    # a job that begins while the controller is silent fails, for its own srun needs it
    wait_until(lambda: count_begun(toy) == 1, JOB_S, "the job's first words")
    toy.cluster.signal("slurmctld", signal.SIGSTOP)
    try:
        wait_for_words(toy, "Slurm has not answered since ")
    finally:
        toy.cluster.signal("slurmctld", signal.SIGCONT)
    assert run.wait(timeout=SILENT_S) == 0
    said = read_screen(toy)
    assert said.count("; 1 job submitted. This command waits; nothing is lost.") == 1
    assert said.count("Slurm answers again.") == 1
    assert "Error in rule" not in said
    assert (toy.folder / "executions").read_text() == "20.slow\n"
    assert (toy.folder / "20.slow").read_text() == "whole\n"


def test_ctrl_c_while_the_controller_does_not_answer_says_how_to_cancel(toy: Workflow):
    run = toy.start("60.slow")
    toy.wait_for_running(1)
    toy.cluster.signal("slurmctld", signal.SIGSTOP)
    began = time.monotonic()
    try:
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=60) == 1
    finally:
        toy.cluster.signal("slurmctld", signal.SIGCONT)
    assert time.monotonic() - began < 25
    (said,) = [line for line in read_screen(toy).splitlines() if "did not cancel the jobs" in line]
    command = said.partition("when it answers again: `")[2].partition("`")[0]
    toy.cluster.run(*shlex.split(command))
    wait_until(lambda: toy.jobs()[0].state == "CANCELLED", JOB_S, "the job's end by the command that is told")


def test_a_submission_to_a_controller_that_stops_waits_and_is_not_doubled(toy: Workflow):
    controller = (toy.cluster.folder / "run/slurmctld.pid").read_text().strip()
    stopping = f'test -e stopped || {{ touch stopped; kill -STOP {controller}; }}; exec $REAL "$@"'
    run = toy.with_program("sbatch", stopping).start("3.slow", *ONE_ATTEMPT)
    try:
        wait_for_words(toy, "Slurm takes no job at present: ")
    finally:
        toy.cluster.signal("slurmctld", signal.SIGCONT)
    assert run.wait(timeout=SILENT_S) == 0
    assert "Slurm takes jobs again." in read_screen(toy)
    assert (toy.folder / "3.slow").read_text() == "whole\n"
    states = [job.state for job in toy.jobs()]
    assert states.count("COMPLETED") == 1 and set(states) <= {"COMPLETED", "CANCELLED"}


@pytest.mark.parametrize("status", [BY_SACCT, BY_SQUEUE], ids=["sacct", "squeue"])
def test_a_cancelled_job_is_seen_and_asks_for_no_more(toy: Workflow, status):
    run = toy.start("10.slow", *status)
    (job,) = toy.wait_for_running(1)
    toy.cluster.run("scancel", job.id)
    assert run.wait(timeout=SILENT_S) == 0
    assert f"Slurm job {job.id} is CANCELLED (another attempt asks for the same)" in read_screen(toy)
    demands = [(job.state, job.memory, job.minutes) for job in toy.jobs()]
    assert demands == [("CANCELLED", "500M", "5:00"), ("COMPLETED", "500M", "5:00")]


@pytest.mark.parametrize(
    ("status", "partition", "states"),
    [
        (BY_SACCT, "ends", ["PREEMPTED", "COMPLETED"]),
        (BY_SQUEUE, "ends", ["PREEMPTED", "COMPLETED"]),
        # accounting says PREEMPTED of this one, too; Slurm starts it again after two minutes
        (BY_SACCT, "waits", ["COMPLETED"]),
    ],
    ids=["cancel by sacct", "cancel by squeue", "requeue by sacct"],
)
def test_a_preempted_job_is_tried_again_unless_slurm_does_so_itself(toy: Workflow, status, partition, states):
    run = toy.start("12.slow", *status, *demand(slurm_partition=partition, mem_mb=9000))
    wait_until(lambda: count_begun(toy) == 1, JOB_S, "the job's first words")
    mightier = ("--partition=first", "--mem=9000", "--output=/dev/null", "--chdir=/", "--wrap=sleep 5")
    toy.cluster.run("sbatch", *mightier)
    assert run.wait(timeout=JOB_S) == 0
    jobs = toy.jobs()
    assert [(job.state, job.memory, job.minutes) for job in jobs] == [
        (state, "9000M", "5:00") for state in states
    ]
    assert (f"Slurm job {jobs[0].id} is PREEMPTED" in read_screen(toy)) == (partition == "ends")
    assert (toy.folder / "executions").read_text() == "12.slow\n" * 2
    assert (toy.folder / "12.slow").read_text() == "whole\n"


def test_a_limit_on_submitted_jobs_costs_no_attempt(toy: Workflow):
    names = [f"{seconds}.slow" for seconds in range(1, 6)]
    with limit(toy.cluster, MaxSubmitJobsPerUser=2):
        screen = toy.run(*names, *ONE_ATTEMPT)
    assert [job.state for job in toy.jobs()] == ["COMPLETED"] * 5
    assert screen.count("Slurm takes no job at present: sbatch: error: QOSMaxSubmitJobPerUserLimit") == 1
    assert "Error in rule" not in screen
    assert sorted((toy.folder / "executions").read_text().split()) == names


def test_a_limit_that_holds_a_job_for_ever_is_said_with_the_key_to_change(toy: Workflow):
    with limit(toy.cluster, MaxWallDurationPerJob=5):
        run = toy.start("1.slow", *demand(runtime=30))
        wait_for_words(toy, "1 job will not start: ")
        assert ", QOSMaxWallDurationPerJobLimit (end this command by Ctrl-C, change runtime" in read_screen(
            toy
        )
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=20) == 1
    assert toy.jobs()[0].state == "CANCELLED"


def test_an_account_that_must_be_given_is_asked_for_once_and_then_taken(toy: Workflow):
    refused = toy.run("1.slow", *demand(slurm_partition="ours"), ok=False)
    (said,) = [line for line in refused.splitlines() if "Slurm does not take this job" in line]
    assert "Invalid account or account/partition combination specified (change slurm_account in" in said
    assert "Trying to restart" not in refused and not toy.jobs()
    toy.run("1.slow", *demand(slurm_partition="ours", slurm_account="lab"))
    assert (toy.folder / "1.slow").read_text() == "whole\n"


def test_time_limits_that_are_reached_give_more_time_and_no_more_memory(toy: Workflow):
    run = toy.start("12.slow")
    for attempt in (1, 2):
        wait_until(lambda n=attempt: len(toy.jobs()) == n, JOB_S, f"attempt {attempt}")
        (job,) = toy.wait_for_running(1)
        wait_until(lambda n=attempt: count_begun(toy) == n, JOB_S, "the job's first words")
        # its five minutes are over at once
        toy.cluster.run("scontrol", "update", f"JobId={job.id}", "EndTime=now")
        wait_until(lambda id_=job.id: state_of(toy, id_) == "TIMEOUT", JOB_S, "the time limit")
    assert run.wait(timeout=JOB_S) == 0
    first, second, third = toy.jobs()
    assert [job.state for job in (first, second, third)] == ["TIMEOUT", "TIMEOUT", "COMPLETED"]
    assert third.minutes == "15:00"
    assert {job.memory for job in (first, second, third)} == {"500M"}
    for job in (first, second):
        assert f"Slurm job {job.id} is TIMEOUT (another attempt asks for more time)" in read_screen(toy)


def state_of(toy: Workflow, id_: str) -> str:
    return next(job.state for job in toy.jobs() if job.id == id_)


@pytest.mark.parametrize("status", [BY_SACCT, BY_SQUEUE], ids=["sacct", "squeue"])
def test_a_job_whose_node_dies_is_done_elsewhere_and_asks_for_no_more(toy: Workflow, status):
    run = toy.start("15.slow", *status, "--slurm-tracekd-no-requeue")
    (job,) = toy.wait_for_running(1)
    node = toy.cluster.run("squeue", "-h", f"--jobs={job.id}", "-o", "%N").strip()
    kill_node(toy.cluster, node, job.id)
    try:
        assert run.wait(timeout=JOB_S) == 0
    finally:
        restart_node(toy.cluster, node)
    jobs = [(job.state, job.memory, job.minutes) for job in toy.jobs()]
    assert jobs == [("NODE_FAIL", "500M", "5:00"), ("COMPLETED", "500M", "5:00")]
    assert f"Slurm job {job.id} is NODE_FAIL (another attempt asks for the same)" in read_screen(toy)


def restart_node(site: Cluster, node: str) -> None:
    """Start a node's daemon again, and wait until Slurm gives it jobs."""
    command = ["slurmd", "-N", node, "-f", f"{site.folder}/slurm.conf"]
    subprocess.run(command, env=site.environment, capture_output=True, check=True)
    probe = (
        "sinfo",
        "--noheader",
        f"--nodes={node}",
        "--states=idle,mixed",
        "--partition=cpu",
        "--format=%D",
    )
    wait_until(lambda: site.run(*probe).strip() == "1", JOB_S, f"node {node}")


def kill_node(site: Cluster, node: str, job: str) -> None:
    """Kill a node's daemon and all that a job of it has started, as a power cut does."""
    site.signal(f"slurmd-{node}", signal.SIGKILL)
    for process in find_processes(site.folder):
        with suppress(OSError):  # it may end in the meantime
            environment = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
            if f"SLURM_JOB_ID={job}".encode() in environment:
                os.kill(process, signal.SIGKILL)
    for line in subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout.splitlines():
        pid, _, words = line.strip().partition(" ")
        if words.startswith(f"slurmstepd: [{job}."):
            os.kill(int(pid), signal.SIGKILL)


def test_a_full_folder_for_temporary_files_ends_as_a_sentence_in_the_log_of_the_rule(toy: Workflow):
    if os.geteuid() != 0:
        skip_without("a full disk", "run as root")
    full = toy.folder / "full"
    full.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(full)], check=True)
    try:
        with (full / "filling").open("wb") as stream:
            stream.write(bytes(64 << 10))
        # the node's own choice, not the submitter's
        on_node = toy.with_program("sbatch", f'TMPDIR={full} exec $REAL "$@"')
        screen = on_node.run("lost.failed", *ONE_ATTEMPT, ok=False)
    finally:
        subprocess.run(["umount", str(full)], check=True)
    (said,) = (toy.folder / "logs/lost.log").read_text().splitlines()
    (job,) = toy.jobs()
    assert said.startswith(f"Error: Slurm job {job.id} is FAILED, and its rule wrote nothing: ")
    assert "No space left on device" in said and f"/{job.id}.log]" in said
    assert "No space left on device" in screen


def test_a_job_that_slurm_took_without_a_word_is_not_doubled(toy: Workflow):
    # the controller has taken the job; its answer is lost
    lost = toy.with_program(
        "sbatch",
        'test -e lost && exec $REAL "$@"; touch lost; $REAL "$@" > /dev/null; '
        'echo "sbatch: error: Socket timed out on send/recv operation" >&2; exit 1',
    )
    lost.run("20.slow", "--retries", "0", "--set-resources", "build_base_model:runtime=6")
    first, second = toy.jobs("build_base_model")
    assert (first.state, second.state) == ("CANCELLED", "COMPLETED")
    assert (toy.folder / "20.slow").read_text() == "whole\n"


def test_a_job_that_the_queue_has_forgotten_is_looked_up_in_the_accounting(toy: Workflow):
    forgetful = toy.with_program("squeue", '$REAL "$@" | grep -v "^$(cat forgotten)|"; true')
    (toy.folder / "forgotten").write_text("none\n")
    run = forgetful.start("5.slow", *ONE_ATTEMPT)
    (job,) = toy.wait_for_running(1)
    time.sleep(2)
    (toy.folder / "forgotten").write_text(f"{job.id}\n")
    assert run.wait(timeout=JOB_S) == 0
    assert "Error in rule" not in read_screen(toy)
    assert (toy.folder / "executions").read_text() == "5.slow\n"


def test_check_site_holds_the_profile_to_what_the_site_allows(site: Cluster, tmp_path: Path):
    folder = copy_project(tmp_path / "project")

    def check(memory_mb: int, config: str, *, ok: bool) -> dict[str, str]:
        profile = write_profile(tmp_path / f"profile{memory_mb}", memory_mb)
        arguments = ("--workflow-profile", str(profile), "--configfile", str(ROOT / config))
        screen = Workflow(folder, site, arguments).run("check_site", program=STOCK, ok=ok)
        rows = [line.strip("| ").split(" | ") for line in screen.splitlines() if line.startswith("| ")]
        return {f"{what}: {asked}": verdict for what, asked, _, verdict in rows[2:]}

    verdicts = check(4000, "tests/workflow/smoke.yaml", ok=True)
    default = site.run("sacctmgr", "-nP", "show", "user", getuser(), "format=DefaultAccount").strip()
    assert verdicts["partition: gpu"] == verdicts[f"account: the default {default} in gpu"] == "ok"
    assert verdicts["state of jobs: squeue"] == "ok"
    with limit(site, MaxSubmitJobsPerUser=20):
        verdicts = check(40_000, "config/paper.yaml", ok=False)
    assert verdicts["jobs in the queue: 50"] == "waits"
    assert "cannot run" in verdicts.values()
    refused = [what for what, verdict in verdicts.items() if verdict == "cannot run"]
    # what the largest model needs, which no node has
    assert refused and all(what.startswith("node, ") for what in refused)
    assert all(what.endswith(": 35760 MB, 2 cpus, gpu:1") for what in refused)
