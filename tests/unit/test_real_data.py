"""Where tests find real data: a named mirror without a file is a failure, no source at all is a skip."""

from dataclasses import replace

import pytest
from support import real_data
from support.http import BODY, serve
from support.missing import summarise
from support.real_data import raw_folder, released_file
from tracekd.core.errors import DataError
from tracekd.core.files import sha256_file

PATH, COMMIT = "results/a.json", "0" * 40


@pytest.fixture(autouse=True)
def stranger(tmp_path, monkeypatch):
    """A clone with nothing beside it, no variable, no network, and a registry of one file."""
    (tmp_path / "body").write_bytes(BODY)
    files = {PATH: (COMMIT, sha256_file(tmp_path / "body"))}
    monkeypatch.delenv("TRACEKD_MIRROR", raising=False)
    monkeypatch.setattr(real_data, "ROOT", tmp_path / "clone")
    monkeypatch.setattr(real_data, "CACHE", tmp_path / "clone/.cache")
    offline(monkeypatch)
    monkeypatch.setattr(real_data, "RELEASED", replace(real_data.RELEASED, files=files))


def offline(monkeypatch):
    """Let the downloads of the registries lead to a port that nobody serves."""
    with serve(None) as (address, _):
        closed = address
    monkeypatch.setenv("HF_ENDPOINT", closed)
    go_to(closed, monkeypatch)


def go_to(address, monkeypatch):
    """Let the released files be downloaded from an address."""
    monkeypatch.setattr(real_data, "RELEASED", replace(real_data.RELEASED, url=address + "/{commit}/{path}"))


def write_mirror(folder):
    """Write a mirror that holds the one file."""
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


@pytest.mark.parametrize("find", [lambda: released_file(PATH), lambda: raw_folder("babi")])
def test_a_named_mirror_that_lacks_a_file_is_a_failure(tmp_path, monkeypatch, find):
    monkeypatch.setenv("TRACEKD_MIRROR", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match=r"TRACEKD_MIRROR: .* has no file"):
        find()


def test_a_folder_beside_the_project_is_taken(tmp_path):
    path = write_mirror(tmp_path / "shared/data")
    assert released_file(PATH) == path


@pytest.mark.parametrize(
    ("find", "sentence"),
    [
        (lambda: released_file(PATH), "the released files: set TRACEKD_MIRROR=FOLDER or connect to"),
        (lambda: raw_folder("babi"), "bAbI: set TRACEKD_MIRROR=FOLDER or connect to"),
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
