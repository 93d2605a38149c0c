"""Jobs that an earlier call left in the queue, and the Slurm profile against the rules it is for."""

import os
import re

import pytest
import yaml
from support.examples import ROOT
from tracekd.core.errors import WorkError
from tracekd.run.slurm import Job, ask_queue, refuse_orphans, select_jobs, uses_slurm

CALL = "0dcd6153-0a4c-4ad0-9a9c-5a52b5a1f1a7"
ME = f"{os.geteuid()}|me"


def make_squeue(folder, monkeypatch, script):
    """Put a program named squeue first on the path."""
    (folder / "bin").mkdir()
    (folder / "bin/squeue").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bin/squeue").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}/bin:/usr/bin:/bin")


def test_only_jobs_that_snakemake_submitted_from_this_folder_count(tmp_path):
    here, other = tmp_path / "a|b", tmp_path / "other"
    here.mkdir()
    (tmp_path / "link").symlink_to(here)
    queue = "\n".join(
        [
            f"13|{ME}|{CALL}|{here}",
            f"9|{ME}|prefix_{CALL}|{tmp_path}/link",
            f"13|{ME}|{CALL}|{here}",  # another task of the same array
            f"14|{ME}|{CALL}|{other}",
            f"15|{ME}|bash|{here}",
        ]
    )
    uid = str(os.geteuid())
    assert select_jobs(queue, here) == [Job("", "9", uid, "me"), Job("", "13", uid, "me")]
    assert select_jobs("", here) == []


def test_lines_of_another_form_are_skipped_and_clusters_are_said(tmp_path, monkeypatch):
    queue = [
        "CLUSTER: alpha",
        "",
        f"12|{ME}|{CALL}|{tmp_path}",
        f"13|{ME}|two",
        f"lines|{tmp_path}",
        f"|{ME}|{CALL}|{tmp_path}",
        f"x|{ME}|{CALL}|{tmp_path}",
        "a warning | of | some kind",
        f"8|{ME}|{CALL}|{tmp_path}",
        "CLUSTER: beta",
        f"7|{ME}|{CALL}|{tmp_path}",
    ]
    found = [(job.cluster, job.id) for job in select_jobs("\n".join(queue), tmp_path)]
    assert found == [("alpha", "8"), ("alpha", "12"), ("beta", "7")]
    make_squeue(tmp_path, monkeypatch, "cat <<END\n" + "\n".join(queue) + "\nEND")
    with pytest.raises(WorkError) as error:
        refuse_orphans(tmp_path)
    assert "3 jobs of an earlier call are still at work here: 8 (alpha), 12 (alpha), 7 (beta)" in str(
        error.value
    )
    assert "`scancel --clusters=alpha 8 12; scancel --clusters=beta 7`" in str(error.value)


@pytest.mark.parametrize(
    ("ids", "sentence"),
    [
        (["7"], "1 job of an earlier call is still at work here: 7 (let it finish, or `scancel 7`, then"),
        (["7", "12"], "2 jobs of an earlier call are still at work here: 7, 12 (let them finish, or"),
    ],
)
def test_orphans_are_named_in_one_sentence(tmp_path, monkeypatch, ids, sentence):
    lines = "\n".join(f"{job}|{ME}|{CALL}|{tmp_path}" for job in ids)
    make_squeue(tmp_path, monkeypatch, f"cat <<END\n{lines}\nEND")
    with pytest.raises(WorkError) as error:
        refuse_orphans(tmp_path)
    assert str(error.value).startswith(f"{tmp_path}: {sentence}")


def test_an_empty_queue_is_no_reason_to_stop(tmp_path, monkeypatch):
    make_squeue(tmp_path, monkeypatch, "true")
    refuse_orphans(tmp_path)


def test_the_queue_is_asked_for_the_jobs_of_all_users(tmp_path, monkeypatch):
    make_squeue(tmp_path, monkeypatch, 'echo "$@"')
    assert not re.search(r"--me|--user|-u", ask_queue())


def test_jobs_of_another_user_are_theirs_to_cancel(tmp_path, monkeypatch):
    queue = f"7|{ME}|{CALL}|{tmp_path}\n8|12345|ann|snakejob.generate.3.sh|{tmp_path}"
    make_squeue(tmp_path, monkeypatch, f"cat <<END\n{queue}\nEND")
    with pytest.raises(WorkError) as error:
        refuse_orphans(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}: 2 jobs of an earlier call are still at work here: 7 of me, 8 of ann (let them "
        "finish, or `scancel 7`, or have ann cancel what is theirs, then give the same command again)"
    )


def test_slurm_is_asked_by_every_executor_that_may_follow_one_of_slurm(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    assert [uses_slurm("local", remote=False), uses_slurm("cluster-generic", remote=True)] == [False, False]
    assert uses_slurm("slurm", remote=True) and uses_slurm("slurm-tracekd", remote=True)

    make_squeue(tmp_path, monkeypatch, "true")
    assert uses_slurm("cluster-generic", remote=True) and not uses_slurm("local", remote=False)
    (tmp_path / ".snakemake/slurm_logs").mkdir(parents=True)
    assert uses_slurm("local", remote=False)


def test_a_scheduler_that_does_not_answer_stops_the_run_in_one_sentence(tmp_path, monkeypatch):
    make_squeue(tmp_path, monkeypatch, "echo 'slurm_load_jobs error: Unable to contact' >&2; exit 1")
    with pytest.raises(WorkError, match="does not say which jobs are at work: slurm_load_jobs error"):
        refuse_orphans(tmp_path)


# profiles/slurm and rules/cluster.smk
PROFILE, GENERIC = (
    yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text())
    for name in ("slurm", "cluster-generic")
)
RULES = {
    name: body
    for path in ROOT.glob("rules/*.smk")
    for name, body in re.findall(
        r"^ *rule (\w+):\n(.*?)(?=^ *rule |\Z)", path.read_text(), re.MULTILINE | re.DOTALL
    )
}
SUBMITTED = set(re.findall(r'(?m)^    "(\w+)",$', (ROOT / "rules/cluster.smk").read_text()))
# a table of the settings reads them as well; it computes nothing with a model
GPU_RULES = {name for name, body in RULES.items() if '"quantisation"' in body and "envs/train.yaml" in body}


def test_every_rule_that_uses_a_gpu_is_submitted_and_gets_one():
    assert {"preflight", "train_adapters", "generate", "intervene"} <= GPU_RULES
    assert GPU_RULES <= SUBMITTED
    for rule in GPU_RULES:
        assert PROFILE["set-resources"][rule]["gres"].startswith("gpu:"), rule
        for profile, key in ((PROFILE, "slurm_partition"), (GENERIC, "options")):
            assert profile["set-resources"][rule][key] != profile["default-resources"][key]


@pytest.mark.parametrize("profile", [PROFILE, GENERIC], ids=["slurm", "cluster-generic"])
def test_the_profile_and_the_list_of_submitted_rules_name_rules_that_exist(profile):
    assert len(RULES) > 40
    assert {*profile["set-resources"], *profile["set-threads"], *SUBMITTED} <= RULES.keys()


def test_rules_that_need_the_network_run_where_snakemake_runs():
    network = {name for name in RULES if name.startswith(("fetch_", "ask_"))}
    assert len(network) >= 5 and not network & SUBMITTED


@pytest.mark.parametrize("profile", [PROFILE, GENERIC], ids=["slurm", "cluster-generic"])
def test_memory_and_time_of_the_profile_grow_with_the_attempt_and_retries_stand_only_there(profile):
    demands = {**profile["set-resources"], "any other": profile["default-resources"]}
    for rule, resources in demands.items():
        for name in ("mem_mb", "runtime"):
            assert re.fullmatch(r"\d+ \* attempt", resources[name]), (rule, name)
    assert profile["retries"] == 2
    # what jobs ask for does not depend on where they run
    local = yaml.safe_load((ROOT / "profiles/default/config.yaml").read_text())["default-resources"]
    assert local.items() <= profile["default-resources"].items()
    assert not [name for name, body in RULES.items() if re.search(r"retries: *[^ 0]", body)]
