"""YAML files of settings: read as they are meant, or refused in one sentence within a second."""

import os
import signal
import time

import pytest
from support.examples import ROOT
from tracekd.core.checks import read_yaml
from tracekd.core.errors import ConfigError
from tracekd.datasets.registry import read_registry
from tracekd.models.registry import read_models
from tracekd.study.definition import read_study
from tracekd.workflow.start import check_start, end_with_terminal

# of processor time; a refusal takes less than half of it
LIMIT_S = 5.0


def nest_aliases(levels, form):
    """A file of as many anchors, each of which stands for the one before it, twice."""
    lines = [f"a0: &a0 {form.format('x', 'y')}"]
    lines += [f"a{n}: &a{n} {form.format(f'*a{n - 1}', f'*a{n - 1}')}" for n in range(1, levels)]
    return "\n".join(lines)


HOSTILE = {
    "lists of aliases": (nest_aliases(60, "[{}, {}]").encode(), "holds more than 100000 values"),
    "mappings of aliases": (nest_aliases(60, "{{k: {}, l: {}}}").encode(), "holds more than 100000 values"),
    "a thousand aliases of a long list": (
        f"a: &a [{'x, ' * 1000}]\nb: [{'*a, ' * 1000}]".encode(),
        "holds more than 100000 values",
    ),
    "a recursive anchor": (b"a: &a\n  b: [1, *a]\n", r"yaml:1: an anchor contains itself"),
    "a recursive anchor at the top": (b"&a [*a]\n", r"yaml:1: an anchor contains itself"),
    "deep lists": (b"[" * 5_000, "nested too deeply"),
    "deep mappings": (b"{a: " * 100_000, "nested too deeply"),
    "foreign bytes": (b"run: demo\nseed: \xff\xfe\n", r"yaml:2: is not UTF-8"),
    "UTF-16": ("run: demo".encode("utf-16"), r"yaml:1: is not UTF-8"),
    "a control character": (b"run: a\x00b\n", "not valid YAML"),
    "a date that is none": (b"run: 2024-13-45\n", "not valid YAML: month must be in 1..12"),
    "a number of 5,000 digits": (b"run: " + b"9" * 5000, "not valid YAML: Exceeds the limit"),
    "a tag that would run code": (b"run: !!python/object/apply:os.getcwd []\n", r"yaml:1: not valid YAML"),
    "a list as a key": (b"? [a]\n: b\n", r"yaml:1: not valid YAML"),
    "5 MiB": (b"# long\n" * 800_000, "larger than 4 MiB"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_sentence_at_once(tmp_path, name):
    content, sentence = HOSTILE[name]
    path = tmp_path / "hostile.yaml"
    path.write_bytes(content)
    start = time.process_time()
    for read in (read_yaml, read_registry, read_models, read_study):
        with pytest.raises(ConfigError, match=sentence) as caught:
            read(path)
        assert str(caught.value).startswith(str(path)) and len(str(caught.value)) < 500
        assert "\n" not in str(caught.value)
    assert time.process_time() - start < 4 * LIMIT_S


def test_what_never_ends_or_is_no_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    for path in (tmp_path / "pipe.yaml", tmp_path, "/dev/zero"):
        with pytest.raises(ConfigError, match="is no regular file"):
            read_yaml(path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("seed: 1\nrun: a\nseed: 2\n", r"yaml:3: key 'seed' stands twice, in lines 1 and 3"),
        ("a:\n  b: 1\n  b: 1\n", r"yaml:3: key 'b' stands twice, in lines 2 and 3"),
        ("a: [{b: 1}, {c: 1, c: 2}]\n", r"yaml:1: key 'c' stands twice, in lines 1 and 1"),
        ("yes: 1\nx: 2\ntrue: 3\n", r"yaml:3: key 'true' stands twice, in lines 1 and 3"),
        ("16: 1\n0x10: 3\n", r"yaml:2: key '0x10' stands twice"),
        ('"a": 1\na: 3\n', r"yaml:2: key 'a' stands twice"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n  <<: *x\n", r"yaml:4: key '<<' stands twice"),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_both_lines(tmp_path, text, sentence):
    (tmp_path / "twice.yaml").write_text(text)
    with pytest.raises(ConfigError, match=sentence):
        read_yaml(tmp_path / "twice.yaml")


def test_aliases_and_merged_keys_are_read_as_before(tmp_path):
    (tmp_path / "good.yaml").write_text("a: &a {b: 1, c: 2}\nd: {<<: *a, c: 3}\ne: [*a, *a]\n")
    both = {"b": 1, "c": 2}
    assert read_yaml(tmp_path / "good.yaml") == {"a": both, "d": {"b": 1, "c": 3}, "e": [both, both]}
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    assert read_yaml(tmp_path / "empty.yaml") is None


def test_a_file_that_is_not_yaml_is_named_by_line(tmp_path):
    (tmp_path / "config.yaml").write_text("run: demo\n  seed: 1\n")
    with pytest.raises(ConfigError, match=r"config.yaml:2: not valid YAML"):
        read_yaml(tmp_path / "config.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_yaml(tmp_path / "absent.yaml")


def test_files_of_the_command_line_are_read_before_snakemake_merges_them(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    (tmp_path / "own.yaml").write_text("seeds: [0]\nseeds: [1]\n")
    check_start(ROOT, [ROOT / "config/paper.yaml"])
    with pytest.raises(ConfigError, match=r"own.yaml:2: key 'seeds' stands twice, in lines 1 and 2"):
        check_start(ROOT, [tmp_path / "own.yaml"])


def test_a_call_in_another_folder_is_told_where_to_start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        check_start(ROOT, [])
    assert str(caught.value).startswith(f"{tmp_path}: this folder has no config.yaml")
    assert f"add --directory {ROOT}" in str(caught.value)


@pytest.mark.parametrize("kind", ["config is a file", "config.yaml is a folder", "config.yaml is a pipe"])
def test_what_only_looks_like_the_folder_of_the_workflow_is_told_where_to_start(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    if kind == "config is a file":
        (tmp_path / "config").touch()
        (tmp_path / "config.yaml").touch()
    else:
        (tmp_path / "config").mkdir()
        (os.mkfifo if kind.endswith("pipe") else os.mkdir)(tmp_path / "config.yaml")
    with pytest.raises(ConfigError, match=r"this folder has no config\.yaml and no folder config"):
        check_start(ROOT, [])


def test_a_call_that_nohup_started_goes_on_without_its_terminal():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        end_with_terminal()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
