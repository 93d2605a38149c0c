"""Where tests find real data: a named mirror without a file is a failure, no source at all is a skip."""

import pytest
import yaml
from support import real_data
from support.http import BODY, serve
from support.missing import summarise
from support.real_data import mirror_with, raw_folder, released_file
from tracekd.core.checks import read_yaml
from tracekd.core.errors import DataError
from tracekd.core.files import sha256_file, sha256_text

PATH, COMMIT = "results/a.json", "0" * 40


@pytest.fixture(autouse=True)
def stranger(tmp_path, monkeypatch):
    """A clone with nothing beside it, no variable, no network, and a registry of one file."""
    (tmp_path / "body").write_bytes(BODY)
    folder, _, name = PATH.rpartition("/")
    commits = {COMMIT: {folder: {name: sha256_file(tmp_path / "body")}}}
    monkeypatch.delenv("TRACEKD_MIRROR", raising=False)
    monkeypatch.setattr(real_data, "ROOT", tmp_path / "clone")
    monkeypatch.setattr(real_data, "CACHE", tmp_path / "clone/.cache")
    offline(monkeypatch)
    monkeypatch.setattr(real_data, "RELEASED", real_data.RELEASED.changed(commits=commits))


def offline(monkeypatch):
    """Let the downloads of the registries lead to a port that nobody serves."""
    with serve(None) as (address, _):
        closed = address
    monkeypatch.setenv("HF_ENDPOINT", closed)
    go_to(closed, monkeypatch)


def go_to(address, monkeypatch):
    """Let the released files be downloaded from an address."""
    released = real_data.RELEASED.changed(url=address + "/{commit}/{path}")
    monkeypatch.setattr(real_data, "RELEASED", released)


def write_mirror(folder):
    """Write a mirror that holds the one released file."""
    path = folder / "Trace_Check_QA" / PATH
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    return path


def test_a_named_mirror_is_taken(tmp_path, monkeypatch):
    path = write_mirror(tmp_path / "mirror")
    monkeypatch.setenv("TRACEKD_MIRROR", str(tmp_path / "mirror"))
    assert released_file(PATH) == path
    # a relative path starts at the project
    monkeypatch.setenv("TRACEKD_MIRROR", "../mirror")
    assert released_file(PATH) == path


FIND = [
    lambda: released_file(PATH),
    lambda: raw_folder("babi"),
    lambda: raw_folder("cotempqa"),
    lambda: mirror_with("babi"),
]


@pytest.mark.parametrize("find", FIND)
def test_a_named_mirror_that_lacks_a_file_is_a_failure(tmp_path, monkeypatch, find):
    monkeypatch.setenv("TRACEKD_MIRROR", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match=r"TRACEKD_MIRROR: .* has no file"):
        find()
    # folders alone are not enough
    for name in ("Trace_Check_QA", "babi", "CotempQA"):
        (tmp_path / name).mkdir()
    with pytest.raises(pytest.fail.Exception, match=r"TRACEKD_MIRROR: .* has no file"):
        find()


@pytest.mark.parametrize("find", FIND)
def test_a_named_mirror_that_is_no_folder_is_a_failure(tmp_path, monkeypatch, find):
    monkeypatch.setenv("TRACEKD_MIRROR", str(tmp_path / "absent"))
    with pytest.raises(pytest.fail.Exception, match="TRACEKD_MIRROR: "):
        find()


def test_raw_files_of_a_mirror_are_held_to_their_checksums_and_a_part_stands_in(tmp_path, monkeypatch):
    files = {name: {"url": f"http://localhost/{name}"} for name in ("a", "b")}
    whole, part = ({"sha256": sha256_text(text)} for text in ("whole", "part"))
    files["b"] |= whole
    entry = {**read_yaml(real_data.REGISTRY)["cotempqa"], "folder": "here"}
    entry["source"] = {"kind": "url", "files": files, "stand_ins": {"a": {"path": "a.part", **part}}}
    registry = tmp_path / "datasets.yaml"
    registry.write_text(yaml.safe_dump({"cotempqa": entry}), "utf-8")
    monkeypatch.setattr(real_data, "REGISTRY", registry)
    monkeypatch.setenv("TRACEKD_MIRROR", str(tmp_path))
    (tmp_path / "here").mkdir()
    (tmp_path / "here/a.part").write_text("part", "utf-8")
    (tmp_path / "here/b").write_text("damaged", "utf-8")
    with pytest.raises(DataError, match="SHA-256 is"):
        raw_folder("cotempqa")
    (tmp_path / "here/b").write_text("whole", "utf-8")
    folder, options = raw_folder("cotempqa")
    assert [(folder / name).read_text("utf-8") for name in ("a", "b")] == ["part", "whole"]
    assert options.split_seed == entry["options"]["split_seed"]


def test_a_folder_beside_the_project_is_taken(tmp_path):
    path = write_mirror(tmp_path / "shared/data")
    assert released_file(PATH) == path


@pytest.mark.parametrize(
    ("find", "sentence"),
    [
        (lambda: released_file(PATH), "the released files: set TRACEKD_MIRROR=FOLDER or connect to"),
        (lambda: raw_folder("babi"), "bAbI: set TRACEKD_MIRROR=FOLDER or connect to"),
        (lambda: mirror_with("babi"), "a mirror of the raw datasets: set TRACEKD_MIRROR=FOLDER"),
        (lambda: released_file("samples/a.json"), "samples of later files: "),
    ],
)
def test_no_source_is_a_skip_that_says_how_to_get_one(find, sentence):
    with pytest.raises(pytest.skip.Exception, match=sentence):
        find()


def test_a_download_is_made_once_and_kept(monkeypatch):
    with serve(lambda request: request.reply(200, request.body)) as (address, requests):
        go_to(address, monkeypatch)
        assert released_file(PATH).read_bytes() == BODY
        assert released_file(PATH).read_bytes() == BODY
    assert [path for path, _ in requests] == [f"/{COMMIT}/{PATH}"]
    assert released_file(PATH).read_bytes() == BODY, "without the server"


def test_a_damaged_download_is_a_failure_and_is_not_kept(monkeypatch):
    with serve(lambda request: request.reply(200, b"damaged")) as (address, _):
        go_to(address, monkeypatch)
        with pytest.raises(DataError, match="SHA-256 is"):
            released_file(PATH)
    offline(monkeypatch)
    with pytest.raises(pytest.skip.Exception):
        released_file(PATH)


def test_one_line_says_what_was_skipped_and_how_to_get_it():
    reasons = ["Skipped: bAbI: connect"] * 2
    reasons += ["Skipped: CoTempQA: connect", "Skipped: chromium: install it"]
    line = "2 without bAbI, 1 without CoTempQA (connect); 1 without chromium (install it)"
    assert summarise(reasons) == line
