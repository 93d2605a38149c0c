"""What a profile will ask of a site, beside what the site says."""

import json
from dataclasses import asdict, replace

import pytest
from tracekd.core.errors import ConfigError
from tracekd.run.site import (
    ASKED,
    GROWN,
    LATER,
    NO,
    OK,
    UNKNOWN,
    Demand,
    check_site,
    has_gres,
    read_asked,
    read_minutes,
)

ANSWERS = {
    "scontrol show config": "MinJobAge               = 300 sec\nEnforcePartLimits       = NO",
    "scontrol show partition --oneliner": (
        "PartitionName=cpu AllowAccounts=ALL MaxTime=1:00:00 State=UP\n"
        "PartitionName=gpu AllowAccounts=lab,chem MaxTime=1-00:00:00 State=DRAIN"
    ),
    "sinfo --noheader --Node --format=%R|%m|%c|%G": (
        "cpu|16000|16|(null)\ngpu|64000|32|gpu:a100:4(S:0-1)\ngpu|512000+|8|gpu:t4:1"
    ),
    "sacctmgr -nP show assoc user=ann format=Account,QOS,MaxSubmit": "other|normal,long|\nlab|normal|30",
    "sacctmgr -nP show user ann format=DefaultAccount": "other",
    "sacctmgr -nP show qos format=Name,MaxSubmitPU,MaxWall": "normal|40|10:00:00\nlong||\nurgent|2|",
}
DEMAND = Demand("generate", 1, "gpu", 40_000, 480, 8, "gpu:1", "lab", None)
CALL = {"executor": "slurm-tracekd", "jobs": 20, "status_command": "squeue"}


def write_site(tmp_path, monkeypatch, answers):
    """Put the site's commands on the path: each gives its answer, or fails without one."""
    for name in ("sbatch", "squeue", "scancel", "scontrol", "sinfo", "sacctmgr", "sacct"):
        cases = "".join(
            f"{words!r}) cat <<'END'\n{answer}\nEND\n;;\n"
            for words, answer in ((words.partition(" ")[2], answer) for words, answer in answers.items()
                                  if words.split()[0] == name)
        )  # fmt: skip
        (tmp_path / name).write_text(f'#!/bin/sh\ncase "$*" in\n{cases}*) exit 1;;\nesac\n')
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("LOGNAME", "ann")


def judge(demand, call=CALL):
    """Verdicts by what was compared, of all but the commands."""
    return {row.what: row.verdict for row in check_site([demand], call) if row.what != "command"}


def test_what_the_site_has_is_ok(tmp_path, monkeypatch):
    write_site(tmp_path, monkeypatch, ANSWERS)
    assert {row.verdict for row in check_site([DEMAND], CALL) if row.what == "command"} == {OK}
    assert judge(DEMAND) == {
        "partition": LATER,  # it is drained
        "time, generate, attempt 1": OK,
        "time by qos, generate, attempt 1": OK,
        "node, generate, attempt 1": OK,
        "account": OK,
        "jobs in the queue": OK,
        "state of jobs": OK,
    }


@pytest.mark.parametrize(
    ("change", "what", "verdict"),
    [
        ({"partition": "gpus"}, "partition", NO),
        ({"runtime": 1500}, "time, generate, attempt 1", NO),
        ({"runtime": 700}, "time by qos, generate, attempt 1", NO),
        ({"partition": "cpu", "gres": None, "runtime": 61, "mem_mb": 1}, "time, generate, attempt 1", NO),
        ({"mem_mb": 100_000, "gres": "gpu:a100:1"}, "node, generate, attempt 1", NO),
        ({"mem_mb": 100_000, "gres": "gpu:t4:1"}, "node, generate, attempt 1", OK),
        ({"cpus": 33}, "node, generate, attempt 1", NO),
        ({"cpus": 33, "attempt": 3}, "node, generate, attempt 3", GROWN),
        ({"runtime": 1500, "attempt": 3}, "time, generate, attempt 3", GROWN),
        ({"gres": "gpu:5"}, "node, generate, attempt 1", NO),
        ({"account": "physics"}, "account", NO),
        ({"account": "other"}, "account", NO),  # the partition does not take it
        ({"account": None}, "account", NO),  # nor the default one, which is other
        ({"qos": "urgent"}, "qos", NO),  # not the user's
        ({"qos": "long"}, "qos", OK),
    ],
)
def test_what_the_site_does_not_take_cannot_run(tmp_path, monkeypatch, change, what, verdict):
    write_site(tmp_path, monkeypatch, ANSWERS)
    assert judge(Demand(**asdict(DEMAND) | change))[what] == verdict


@pytest.mark.parametrize(("jobs", "verdict"), [(30, OK), (31, LATER)])
def test_more_jobs_than_may_be_submitted_wait(tmp_path, monkeypatch, jobs, verdict):
    write_site(tmp_path, monkeypatch, ANSWERS)
    assert judge(DEMAND, CALL | {"jobs": jobs})["jobs in the queue"] == verdict


@pytest.mark.parametrize(
    ("age", "command", "verdict"),
    [("300 sec", "squeue", OK), ("0 sec", "squeue", OK), ("2 sec", "squeue", NO), ("2 sec", "sacct", NO)],
)
def test_the_end_of_a_job_must_be_seen(tmp_path, monkeypatch, age, command, verdict):
    config = f"MinJobAge               = {age}"
    write_site(tmp_path, monkeypatch, ANSWERS | {"scontrol show config": config})
    assert judge(DEMAND, CALL | {"status_command": command})["state of jobs"] == verdict


def test_a_site_that_tells_nothing_is_not_taken_for_one_that_allows_all(tmp_path, monkeypatch):
    write_site(tmp_path, monkeypatch, {})
    assert set(judge(DEMAND).values()) == {UNKNOWN}


def test_missing_commands_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    rows = {row.asked: row.verdict for row in check_site([DEMAND], CALL) if row.what == "command"}
    assert rows["sbatch"] == NO and rows["sacctmgr"] == UNKNOWN


@pytest.mark.parametrize(
    ("there", "asked", "enough"),
    [
        ("gpu:4", "gpu:1", True),
        ("gpu:a100:4(S:0-1)", "gpu:4", True),
        ("gpu:a100:2,gpu:t4:2", "gpu:3", True),
        ("gpu:a100:2,gpu:t4:2", "gpu:t4:3", False),
        ("gpu:a100:2", "gpu:h100:1", False),
        ("gpu:a100:2", "gpu", True),
        ("(null)", "gpu:1", False),
        ("(null)", None, True),
    ],
)
def test_generic_resources_are_counted(there, asked, enough):
    assert has_gres(there, asked) == enough


@pytest.mark.parametrize(
    ("limit", "minutes"),
    [
        ("1:00:00", 60),
        ("1-00:00:00", 1440),
        ("2-12", 3600),
        ("30:00", 30),
        ("90", 90),
        ("UNLIMITED", None),
        ("", None),
    ],
)
def test_limits_of_time_are_read_as_slurm_writes_them(limit, minutes):
    assert read_minutes(limit) == minutes


def test_without_a_profile_there_is_nothing_to_compare(monkeypatch):
    monkeypatch.delenv(ASKED, raising=False)
    with pytest.raises(ConfigError, match="add --workflow-profile profiles/slurm"):
        read_asked()
    demands = [DEMAND, replace(DEMAND, rule="intervene"), replace(DEMAND, attempt=3)]
    monkeypatch.setenv(ASKED, json.dumps(CALL | {"demands": [asdict(demand) for demand in demands]}))
    assert read_asked() == ([replace(DEMAND, rule="generate intervene"), replace(DEMAND, attempt=3)], CALL)
