import os
import shutil
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.recorded import (
    ADAPTER,
    MODEL,
    QUESTIONS,
    make_job,
    model_job,
    read_job,
    run_chain,
    train_job,
    write,
)
from tracekd.core.files import sha256_file
from tracekd.run import audit, provenance
from tracekd.run.audit import report, verify_run
from tracekd.run.code import code_parts, digest_parts
from tracekd.run.jobs import rule_job
from tracekd.run.provenance import read_record, write_record


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder that a workflow runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_again(job, capsys):
    """Run a job whose body must not be reached; give what stands on the screen."""
    with pytest.raises(SystemExit) as exit, rule_job(job):
        pytest.fail("the body of the job was reached")
    assert exit.value.code == 1
    return capsys.readouterr().err


def test_a_record_holds_what_went_in_and_what_came_out(folder):
    run_chain()
    record = read_record(Path("provenance/demo/train_adapters/babi.3.json"))
    model = [f"{MODEL}/deep/config.json", f"{MODEL}/model.safetensors"]
    assert record["inputs"] == {path: sha256_file(path) for path in sorted([QUESTIONS, *model])}
    assert record["outputs"][ADAPTER]["sha256"] == sha256_file(ADAPTER)
    assert record["wildcards"] == {"run": "demo", "dataset": "babi", "seed": "3"}
    assert record["params"]["rank"] == 8 and record["seed"] == "3"
    assert record["packages"]["snakemake"] and record["device"] and record["python"].startswith("3.")
    assert record["wall_s"] >= 0 and record["peak_memory_mb"] > 0
    assert set(record["code"]) == {"commit", "dirty", "parts"}
    assert record["code"]["parts"] == code_parts("train_adapters")
    assert record["params"]["code"] == digest_parts(code_parts("train_adapters"))


def test_neither_keys_nor_the_whole_configuration_are_recorded(folder, monkeypatch):
    monkeypatch.setenv("TEACHER_KEY", "sk-very-secret")
    run_chain()
    text = "".join(path.read_text() for path in Path("provenance").rglob("*.json"))
    assert "sk-very-secret" not in text and "not to be recorded" not in text


def test_records_differ_in_nothing_but_clock_and_memory(folder):
    run_chain()
    first = read_record(Path("provenance/demo/train_adapters/babi.3.json"))
    with rule_job(train_job()):
        pass
    second = read_record(Path("provenance/demo/train_adapters/babi.3.json"))
    differing = {key for key in first if first[key] != second[key]}
    assert differing <= {"started", "finished", "wall_s", "peak_memory_mb", "sha256"}


def test_a_failing_job_leaves_no_record(folder):
    with pytest.raises(SystemExit), rule_job(read_job()):
        write(QUESTIONS)
        raise ValueError("no")
    assert not list(folder.rglob("provenance/**/*.json"))


@pytest.mark.parametrize("share", range(0, 100, 10))
@pytest.mark.parametrize("path", [QUESTIONS, f"{MODEL}/model.safetensors"])
def test_a_truncated_input_stops_the_job_by_name(folder, capsys, path, share):
    run_chain()
    whole = Path(path).read_bytes()
    expected = sha256_file(path)
    Path(path).write_bytes(whole[: len(whole) * share // 100])
    screen = run_again(train_job(), capsys)
    assert f"Error: {path}: SHA-256 is {sha256_file(path)}" in screen
    assert expected in screen and "restore" in screen and "Traceback" not in screen


def test_a_flipped_bit_is_seen_though_size_and_time_are_unchanged(folder, capsys):
    run_chain()
    flip(QUESTIONS, 7)
    assert f"Error: {QUESTIONS}: SHA-256 is" in run_again(train_job(), capsys)


def test_a_folder_with_a_file_too_few_or_too_many_is_refused(folder, capsys):
    run_chain()
    write(f"{MODEL}/deep/extra.py")
    assert f"{MODEL}/deep/extra.py: was not written by the job" in run_again(train_job(), capsys)
    Path(f"{MODEL}/deep/extra.py").unlink()
    Path(f"{MODEL}/deep/config.json").unlink()
    assert f"{MODEL}/deep/config.json: is missing" in run_again(train_job(), capsys)


def test_a_large_untouched_file_is_not_read_again(folder, monkeypatch):
    run_chain()
    monkeypatch.setattr(provenance, "TRUSTED_BYTES", 100)
    read = []
    monkeypatch.setattr(provenance, "sha256_file", lambda path: read.append(path) or sha256_file(path))
    makers = provenance.Makers(Path("provenance/demo"))
    provenance.check_inputs([QUESTIONS, MODEL], makers)
    assert read == [f"{MODEL}/deep/config.json"]
    os.utime(QUESTIONS, ns=(1, 1))
    provenance.check_inputs([QUESTIONS], makers)
    assert read[1:] == [QUESTIONS]


def test_the_latest_maker_counts(folder):
    run_chain()
    with rule_job(make_job("train_adapters", {}, {"weights": ADAPTER}, dataset="babi")):
        write(ADAPTER, b"made by one job for all seeds")
    found = verify_run("demo")
    assert (found.records, found.files, found.faults, found.stale) == (4, 4, [], [])


def test_the_latest_maker_counts_though_its_clock_has_gone_back(folder, monkeypatch):
    run_chain()
    monkeypatch.setattr(
        provenance, "datetime", SimpleNamespace(now=lambda zone: datetime(1999, 1, 1, tzinfo=zone))
    )
    with rule_job(make_job("train_adapters", {}, {"weights": ADAPTER}, dataset="babi")):
        write(ADAPTER, b"made after all others")
    record = read_record(Path("provenance/demo/train_adapters/babi.json"))
    assert record["finished"] < read_record(Path("provenance/demo/train_adapters/babi.3.json"))["finished"]
    assert verify_run("demo").faults == []
    with rule_job(make_job("generate", {"adapters": ADAPTER}, {"generations": "g.jsonl"}, dataset="babi")):
        write("g.jsonl")


def test_the_name_of_a_file_moves_no_terminal(folder, capsys):
    run_chain()
    write(f"{MODEL}/\x1b[2J\u202enosj.json")
    with pytest.raises(Exception, match="1 faults"):
        report(verify_run("demo"), "demo")
    screen = capsys.readouterr().err
    assert f"{MODEL}/\\x1b[2J\\u202enosj.json: was not written by the job" in screen
    assert "\x1b" not in screen and "\u202e" not in screen


@pytest.mark.parametrize("name", ["deep/extra.json", "extra.json", "new/extra.json", ".hidden"])
def test_verify_names_a_file_too_many_in_a_folder_that_a_job_made(folder, name):
    run_chain()
    write(f"{MODEL}/{name}")
    assert verify_run("demo").faults == [f"{MODEL}/{name}: was not written by the job that made its folder"]


def test_a_record_that_is_gone_is_named(folder, capsys):
    run_chain()
    record = Path("provenance/demo/read_questions/babi.json")
    record.unlink()
    sentence = (
        f"{QUESTIONS}: its record {record} is gone (restore it, or remove provenance/.makers/demo/{QUESTIONS}"
    )
    assert any(fault.startswith(sentence) for fault in verify_run("demo").faults)
    assert sentence in run_again(train_job(), capsys)
    Path(f"provenance/.makers/demo/{QUESTIONS}.maker").unlink()
    with rule_job(train_job()):
        write(ADAPTER)
    assert verify_run("demo").faults == []


PATTERNS = [r"results/demo/questions/(?P<dataset>\w+)\.jsonl", r"results/demo/models/(?P<model>\w+)"]


@pytest.mark.parametrize("gone", [QUESTIONS, f"{MODEL}/deep/config.json"])
def test_an_output_whose_record_and_pointer_are_both_gone_is_named(folder, gone):
    run_chain()
    rule = "read_questions/babi" if gone == QUESTIONS else "build_base_model/tiny"
    Path(f"provenance/demo/{rule}.json").unlink()
    for pointer in Path(f"provenance/.makers/demo/{gone}.maker").parent.parent.rglob("*.maker"):
        pointer.unlink()
    assert f"{gone}: no record tells who made it" in verify_run("demo", outputs=PATTERNS).faults


def test_without_any_record_every_output_is_named(folder):
    run_chain()
    shutil.rmtree("provenance")
    found = verify_run("demo", outputs=PATTERNS)
    files = [f"{MODEL}/deep/config.json", f"{MODEL}/model.safetensors", QUESTIONS]
    assert found.faults == [f"{path}: no record tells who made it" for path in files]
    with pytest.raises(Exception, match="3 faults"):
        report(found, "demo")


def test_what_the_user_put_there_needs_no_record(folder):
    run_chain()
    write("results/demo/own/notes.txt")
    write("results/other/questions/babi.jsonl")
    write(ADAPTER.replace("seed3", "seed4"))
    assert verify_run("demo", outputs=PATTERNS).faults == []


@pytest.mark.parametrize("content", ["", "read_questions/other.json", "build_base_model/tiny.json", "\0"])
def test_a_damaged_pointer_is_no_way_around_a_record(folder, capsys, content):
    run_chain()
    Path(f"provenance/.makers/demo/{QUESTIONS}.maker").write_text(content)
    assert f"Error: {QUESTIONS}: its record provenance/demo" in run_again(train_job(), capsys)
    assert any(fault.startswith(f"{QUESTIONS}: its record") for fault in verify_run("demo").faults)


def test_a_job_reads_the_records_of_its_inputs_and_no_other(folder, monkeypatch):
    run_chain()
    read = []
    monkeypatch.setattr(provenance, "read_record", lambda path: read.append(path) or read_record(path))
    with rule_job(train_job()):
        write(ADAPTER)
    names = ["build_base_model/tiny.json", "read_questions/babi.json"]
    assert sorted(read) == [Path("provenance/demo") / name for name in names]


def test_a_file_outside_of_the_project_has_no_maker(folder, tmp_path):
    run_chain()
    outside = tmp_path.parent / f"outside_{tmp_path.name}" / QUESTIONS
    write(outside, b"another file of the same path")
    for path in (str(outside), os.path.relpath(outside)):
        assert provenance.check_inputs([path], provenance.Makers(Path("provenance/demo")))


def test_a_file_without_record_is_used_and_recorded(folder):
    write(QUESTIONS)
    with rule_job(model_job()):
        write(f"{MODEL}/model.safetensors")
    record = read_record(Path("provenance/demo/build_base_model/tiny.json"))
    assert record["inputs"] == {QUESTIONS: sha256_file(QUESTIONS)}


def test_the_files_of_a_damaged_record_cannot_be_vouched_for(folder, capsys):
    run_chain()
    record = Path("provenance/demo/read_questions/babi.json")
    record.write_text(record.read_text().replace('"wall_s": ', '"wall_s": 1'))
    assert f"Error: {record}: the record is damaged" in run_again(train_job(), capsys)
    assert any(str(record) in fault for fault in verify_run("demo").faults)
    write_record({"rule": "read_questions", "outputs": {}, "finished": ""}, record)
    assert any("must contain" in fault for fault in verify_run("demo").faults)
    record.write_text("[]")
    assert any(str(record) in fault for fault in verify_run("demo").faults)


def flip(path, position):
    """Flip one bit of a file and give it its old time back."""
    stat, content = os.stat(path), bytearray(Path(path).read_bytes())
    content[position] ^= 1 << position % 8
    Path(path).write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.mark.parametrize("position", range(0, 300, 15))
def test_verify_names_a_file_with_one_flipped_bit(folder, position):
    run_chain()
    flip(ADAPTER, position)
    found = verify_run("demo")
    assert len(found.faults) == 1 and found.faults[0].startswith(f"{ADAPTER}: SHA-256 is")


def test_verify_names_what_is_missing_or_out_of_date(folder, capsys):
    run_chain()
    report(verify_run("demo"), "demo")
    assert "4 files of 3 jobs are as recorded" in capsys.readouterr().err
    Path(ADAPTER).unlink()
    with rule_job(read_job()):
        write(QUESTIONS, b"other questions")
    found = verify_run("demo")
    assert f"{ADAPTER}: is missing" in found.faults
    assert sum("read " in fault and fault.startswith(QUESTIONS) for fault in found.faults) == 1
    with pytest.raises(Exception, match=r"2 faults in 4 files of 3 jobs .*restore the files"):
        report(found, "demo")


def test_verify_names_the_rules_whose_code_has_changed_and_which_code(folder, monkeypatch, capsys):
    run_chain()
    trainer = "scripts/tracekd/adapters/trainer.py"

    def changed_parts(rule, extensions):
        return {path: "0" * 64 if path == trainer else digest for path, digest in code_parts(rule).items()}

    monkeypatch.setattr(audit, "code_parts", changed_parts)
    with pytest.raises(Exception, match=r"made by other code than today's .*give the run's command again"):
        report(verify_run("demo"), "demo")
    sentence = f"train_adapters: made by other code (changed: {trainer}; files: 1)"
    assert sentence in capsys.readouterr().err.splitlines()


def test_a_rule_that_is_no_more_made_its_files_by_other_code(folder):
    run_chain()
    record = read_record(Path("provenance/demo/read_questions/babi.json"))
    del record["sha256"]
    write_record(record | {"rule": "read_all"}, Path("provenance/demo/read_questions/babi.json"))
    (sentence,) = verify_run("demo").stale
    assert sentence.startswith("read_all: made by other code (changed: scripts/read_questions.py, ")
    assert sentence.endswith(f" and {len(code_parts('read_questions')) - 3} more; files: 1)")


def test_a_job_whose_code_has_changed_since_the_call_began_is_refused(folder, capsys):
    job = make_job("train_adapters", {}, {"weights": ADAPTER}, {"code": "0" * 64}, dataset="babi")
    screen = run_again(job, capsys)
    assert "Error: rule train_adapters: its code has changed since this call of Snakemake began" in screen
    assert "give the same command again" in screen


def test_a_run_without_records_is_not_verified(folder):
    with pytest.raises(Exception, match="nothing is recorded"):
        report(verify_run("demo"), "demo")


def test_a_stand_in_of_a_job_leaves_no_record(folder):
    with rule_job(SimpleNamespace(log=["job.log"])):
        pass
    assert os.listdir(folder) == ["job.log"]


def test_code_outside_of_git_has_no_commit(monkeypatch):
    monkeypatch.setenv("PATH", "")
    provenance.code_version.cache_clear()
    assert provenance.code_version() == {"commit": None, "dirty": None}
    provenance.code_version.cache_clear()
