"""The project's Slurm profile on a real cluster of two nodes: what is submitted, and what failures do."""

import shlex
import signal

import pytest
from support.slurm_calls import JOB_S, QUICK, STOCK, Workflow
from support.slurm_cluster import NODE_MEMORY_MB, wait_until

pytestmark = pytest.mark.slurm
ONE_ATTEMPT = ("--retries", "0")


def test_each_job_gets_a_gpu_of_its_own_and_small_ones_are_not_submitted(toy: Workflow):
    # the only run on Snakemake's own clock
    toy.run("a.gpu", "b.gpu", "c.gpu", "all.local", program=STOCK)
    gpus = [(toy.folder / f"{name}.gpu").read_text().split() for name in "abc"]
    assert all(device in "01" and node in ("n1", "n2") for device, node in gpus)
    assert len({tuple(gpu) for gpu in gpus}) == 3
    jobs = toy.jobs()
    assert {job.comment for job in jobs} == {f"rule_train_adapters_wildcards_{name}" for name in "abc"}
    assert {(job.partition, job.gres, job.memory, job.state) for job in jobs} == {
        ("gpu", "gres:gpu:1", "400M", "COMPLETED")
    }
    assert (toy.folder / "all.local").read_text() == "none\n"


def test_a_failing_job_ends_the_run_and_names_rule_and_logs(toy: Workflow):
    screen = toy.run("lost.failed", *ONE_ATTEMPT, ok=False)
    (job,) = toy.jobs("read_questions")
    assert job.state == "FAILED" and job.partition == "cpu"
    assert screen.count("Error in rule read_questions:") == 1
    assert f"Slurm job {job.id} is FAILED (another attempt asks for the same)" in screen
    assert "log: logs/lost.log" in screen and f"rule_read_questions/lost/{job.id}.log" in screen
    assert (toy.folder / "logs/lost.log").read_text() == "no such question\n"


def test_a_job_that_ran_out_of_memory_gets_more_of_it_and_no_more_time(toy: Workflow):
    screen = toy.run("a.large")
    first, second = toy.jobs("intervene")
    assert (first.memory, first.minutes, first.state) == ("400M", "8:00:00", "FAILED")
    assert (second.memory, second.minutes, second.state) == ("800M", "8:00:00", "COMPLETED")
    assert f"Slurm job {first.id} is FAILED (another attempt asks for more memory)" in screen
    assert "Trying to restart job" in screen and "mem_mb=800" in screen
    assert "memory limit" in next(toy.folder.rglob(f"{first.id}.log")).read_text()


def test_a_cancelled_job_ends_the_run_and_leaves_nothing_behind(toy: Workflow):
    run = toy.start("60.slow", *ONE_ATTEMPT)
    (job,) = toy.wait_for_running(1)
    wait_until((toy.folder / "executions").exists, JOB_S, "the job's first words")
    toy.cluster.run("scancel", job.id)
    assert run.wait(timeout=JOB_S) == 1
    assert f"Slurm job {job.id} is CANCELLED" in (toy.folder / "screen").read_text()
    assert not (toy.folder / "60.slow").exists()


def test_an_interrupted_run_cancels_its_jobs_and_the_next_one_finishes(toy: Workflow):
    run = toy.start("20.slow")
    (job,) = toy.wait_for_running(1)
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=JOB_S) == 1
    wait_until(lambda: toy.jobs()[0].state == "CANCELLED", JOB_S, f"the end of job {job.id}")
    toy.run("20.slow")
    assert (toy.folder / "20.slow").read_text() == "whole\n"


def test_jobs_of_a_killed_run_are_never_doubled(toy: Workflow):
    targets = ("60.slow", "61.slow")
    run = toy.start(*targets)
    ids = [job.id for job in toy.wait_for_running(2)]
    run.kill()
    run.wait()
    assert "LockException" in toy.run(*targets, ok=False)
    toy.run("--unlock")

    sentence = (
        f"Error: {toy.folder}: 2 jobs of an earlier call are still at work here: {', '.join(ids)} "
        f"(let them finish, or `scancel {' '.join(ids)}`, then give the same command again)"
    )
    assert sentence in toy.run(*targets, ok=False).splitlines()
    # a refused run leaves no lock of its own
    assert sentence in toy.run(*targets, ok=False).splitlines()

    wait_until(lambda: not toy.jobs(states="pending,running,completing"), JOB_S, f"the end of jobs {ids}")
    toy.run(*targets)
    assert sorted((toy.folder / "executions").read_text().split()) == sorted(targets)
    assert [(toy.folder / target).read_text() for target in targets] == ["whole\n", "whole\n"]
    assert [job.id for job in toy.jobs()] == ids


def test_the_submitting_process_may_be_a_job_itself(toy: Workflow):
    command = shlex.join([*QUICK, "1.slow", *toy.arguments])
    options = (f"--chdir={toy.folder}", "--output=screen", "--mem=1000", f"--wrap=exec {command}")
    head = toy.cluster.run("sbatch", "--parsable", *options).strip()

    def states():
        return {job.id: job.state for job in toy.cluster.jobs(toy.folder)}

    wait_until(lambda: states()[head] == "COMPLETED", JOB_S, f"the end of job {head}")
    # it is no job of an earlier call
    assert (toy.folder / "1.slow").read_text() == "whole\n"
    assert [job.state for job in toy.jobs("build_base_model")] == ["COMPLETED"]


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("mem_mb", 2 * NODE_MEMORY_MB, "Memory specification can not be satisfied"),
        ("slurm_partition", "nowhere", "invalid partition specified: nowhere"),
        ("runtime", 6000, "Requested time limit is invalid"),
    ],
)
def test_an_impossible_demand_is_made_once_and_ends_the_run_with_the_words_of_sbatch(
    toy: Workflow, key, value, sentence
):
    screen = toy.run("1.slow", "--set-resources", f"build_base_model:{key}={value}", ok=False)
    (said,) = [line for line in screen.splitlines() if "Slurm does not take this job" in line]
    assert sentence in said and f"(change {key} in the profile)" in said
    # the profile allows two more attempts: they would be refused, too
    assert screen.count("Error in rule build_base_model:") == 1 and "Trying to restart" not in screen
    assert not (toy.folder / "executions").exists()
