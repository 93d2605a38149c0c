"""Fetching from a real HTTP server on this machine, with the faults that servers and networks have."""

import hashlib
import io
import json
import tarfile

import pytest
from support.http import BODY, serve
from tracekd.core.errors import ConfigError, DataError
from tracekd.datasets import fetch
from tracekd.datasets.fetch import fetch_raw, write_manifest
from tracekd.datasets.registry import Entry

PATH = "part/equal.json"
HUB = {"kind": "hub", "repository": "owner/name", "revision": "main"}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def make_entry(files=None, source=HUB):
    return Entry(
        name="cotempqa",
        title="CoTempQA",
        citation="Su et al.",
        licence="CC-BY-SA-4.0",
        source=source,
        options={},
        folder="CotempQA",
        files=files or {PATH: sha256(BODY)},
    )


def answer_whole(request):
    """Send the file."""
    request.reply(200, request.body)


def answer_damaged(request):
    """Send the file with one bit flipped in its middle."""
    damaged = bytearray(request.body)
    damaged[len(damaged) // 2] ^= 1
    request.reply(200, bytes(damaged))


def drop_half_way(request):
    """Promise the whole file, send half of it, and hang up."""
    request.reply(200, request.body[: len(request.body) // 2], length=len(request.body))


def answer_half(request):
    """Send half of the file as if it were all."""
    request.reply(200, request.body[: len(request.body) // 2])


def answer_rest(request):
    """Send the asked range."""
    first = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    request.reply(206, request.body[first:])


def answer_status(status):
    """Send no file but this status."""
    return lambda request: request.reply(status, b"no")


@pytest.fixture
def fetch_from(tmp_path, monkeypatch):
    """Fetch an entry from a server that answers so; give the raw folder and the requests."""
    monkeypatch.setattr(fetch, "FIRST_WAIT_S", 0)

    def fetch_from(*answers, entry=None, body=BODY):
        with serve(*answers, body=body) as (address, requests):
            monkeypatch.setenv("HF_ENDPOINT", address)
            fetch_raw(entry or make_entry(), tmp_path / "raw", None, tmp_path / "lock.json")
        return tmp_path / "raw", requests

    return fetch_from


def assert_nothing_is_left(folder):
    assert sorted(path.name for path in folder.iterdir() if path.name != "lock.json") == []


def test_a_file_is_downloaded_from_its_revision(fetch_from):
    raw, requests = fetch_from(answer_whole)
    assert (raw / PATH).read_bytes() == BODY
    assert requests == [("/datasets/owner/name/resolve/main/part/equal.json", None)]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_passing_fault_of_the_server_is_tried_again(fetch_from, status):
    raw, requests = fetch_from(answer_status(status), answer_status(status), answer_whole)
    assert (raw / PATH).read_bytes() == BODY
    assert len(requests) == 3


def test_a_dropped_connection_goes_on_where_it_broke_off(fetch_from):
    raw, requests = fetch_from(drop_half_way, answer_rest)
    assert (raw / PATH).read_bytes() == BODY
    assert requests[1][1] == f"bytes={len(BODY) // 2}-"


def test_a_server_without_ranges_sends_the_file_anew(fetch_from):
    raw, _ = fetch_from(drop_half_way, answer_whole)
    assert (raw / PATH).read_bytes() == BODY


def test_a_range_that_the_server_refuses_starts_anew(fetch_from):
    raw, requests = fetch_from(drop_half_way, answer_status(416), answer_whole)
    assert (raw / PATH).read_bytes() == BODY
    assert [asked for _, asked in requests] == [None, f"bytes={len(BODY) // 2}-", None]


def test_a_server_that_never_recovers_ends_in_a_sentence(fetch_from, tmp_path):
    with pytest.raises(DataError, match="cannot be downloaded: the server answers 500") as error:
        fetch_from(answer_status(500))
    assert str(error.value.where).endswith(PATH)
    assert_nothing_is_left(tmp_path)


def test_a_connection_that_always_drops_ends_in_a_sentence(fetch_from, tmp_path):
    with pytest.raises(DataError, match=r"the connection fails or breaks off .check the network"):
        fetch_from(drop_half_way)
    assert_nothing_is_left(tmp_path)


def test_a_missing_file_is_not_asked_for_again(fetch_from, tmp_path):
    with serve(answer_status(404)) as (address, requests):
        with pytest.raises(DataError, match="the server answers 404"):
            fetch.download(f"{address}/x", tmp_path / "x")
        assert len(requests) == 1


@pytest.mark.parametrize("answer", [answer_damaged, answer_half])
def test_wrong_content_is_refused_and_not_kept(fetch_from, tmp_path, answer):
    with pytest.raises(DataError, match=f"cotempqa: {PATH}: SHA-256 is [0-9a-f]+, expected {sha256(BODY)}"):
        fetch_from(answer)
    assert_nothing_is_left(tmp_path)


def test_a_failed_fetch_leaves_an_older_folder_as_it_was(fetch_from):
    raw, _ = fetch_from(answer_whole)
    with pytest.raises(DataError):
        fetch_from(answer_damaged)
    assert (raw / PATH).read_bytes() == BODY


def test_a_file_without_checksum_is_locked_on_first_use_and_held_to_it(fetch_from, tmp_path):
    entry = make_entry({PATH: None})
    fetch_from(answer_whole, entry=entry)
    lock = json.loads((tmp_path / "lock.json").read_text())
    assert lock == {f"owner/name@main/{PATH}": sha256(BODY)}
    fetch_from(answer_whole, entry=entry)
    with pytest.raises(DataError, match=rf"expected {sha256(BODY)} \(.*change it in .*lock\.json"):
        fetch_from(answer_damaged, entry=entry)
    assert json.loads((tmp_path / "lock.json").read_text()) == lock


def test_another_revision_is_locked_anew(fetch_from, tmp_path):
    fetch_from(answer_whole, entry=make_entry({PATH: None}))
    fetch_from(answer_half, entry=make_entry({PATH: None}, HUB | {"revision": "v2"}))
    assert list(json.loads((tmp_path / "lock.json").read_text())) == [
        f"owner/name@main/{PATH}",
        f"owner/name@v2/{PATH}",
    ]


def test_registered_files_need_no_lock(fetch_from, tmp_path):
    fetch_from(answer_whole)
    assert not (tmp_path / "lock.json").exists()


def test_a_damaged_lock_is_named(fetch_from, tmp_path):
    (tmp_path / "lock.json").write_text("{")
    with pytest.raises(DataError, match=r"lock\.json: not a lock file"):
        fetch_from(answer_whole)


def test_the_manifest_says_what_was_fetched(fetch_from):
    raw, _ = fetch_from(answer_whole)
    manifest = json.loads((raw / "manifest.json").read_text("utf-8"))
    assert manifest["files"] == {PATH: sha256(BODY)}
    assert manifest["source"] == HUB
    assert manifest["licence"] == "CC-BY-SA-4.0"


def test_the_manifest_of_a_simulated_folder_needs_no_list_of_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.json").write_bytes(BODY)
    entry = make_entry(source={"kind": "simulate", "sizes": {"rows": 1}})
    assert write_manifest(entry, tmp_path) == {"a/x.json": sha256(BODY)}
    assert write_manifest(entry, tmp_path) == {"a/x.json": sha256(BODY)}, "the manifest does not list itself"


@pytest.fixture
def mirror(tmp_path):
    """A mirror that holds the entry's file."""
    path = tmp_path / "mirror" / "CotempQA" / PATH
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    return tmp_path / "mirror"


@pytest.mark.parametrize("source", [HUB, {"kind": "mirror"}])
def test_a_mirror_stands_in_for_the_download(tmp_path, mirror, source):
    fetch_raw(make_entry(source=source), tmp_path / "raw", mirror, tmp_path / "lock.json")
    assert (tmp_path / "raw" / PATH).read_bytes() == BODY


def test_a_mirror_is_held_to_the_checksum_too(tmp_path, mirror):
    (mirror / "CotempQA" / PATH).write_bytes(BODY[:-1])
    with pytest.raises(DataError, match="SHA-256"):
        fetch_raw(make_entry(), tmp_path / "raw", mirror, tmp_path / "lock.json")
    assert not (tmp_path / "raw").exists()


def test_a_mirror_is_held_to_the_lock_of_the_hub(fetch_from, tmp_path, mirror):
    entry = make_entry({PATH: None})
    fetch_from(answer_whole, entry=entry)
    (mirror / "CotempQA" / PATH).write_bytes(BODY[:-1])
    with pytest.raises(DataError, match="SHA-256"):
        fetch_raw(entry, tmp_path / "raw", mirror, tmp_path / "lock.json")


def test_a_file_that_the_mirror_lacks_is_named(tmp_path, mirror):
    (mirror / "CotempQA" / PATH).unlink()
    with pytest.raises(DataError, match=rf"CotempQA/{PATH}: cannot be copied from the mirror"):
        fetch_raw(make_entry(), tmp_path / "raw", mirror, tmp_path / "lock.json")


def test_a_dataset_of_a_mirror_needs_one(tmp_path):
    with pytest.raises(ConfigError, match=r"config: mirror: .*comes from a mirror only .*CotempQA/"):
        fetch_raw(make_entry(source={"kind": "mirror"}), tmp_path / "raw", None, tmp_path / "lock.json")


ARCHIVE = HUB | {"archive": {"path": "data/all.tar.gz", "folder": "tasks"}}


def pack(members):
    """Write a tar.gz of these names and contents; a name that points elsewhere stays as it is."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize("prefix", ["", "./"])
def test_only_the_named_members_of_an_archive_are_taken(fetch_from, tmp_path, prefix):
    members = {f"{prefix}tasks/{PATH}": BODY, "tasks/other": b"x", "../evil": b"x", "/evil": b"x"}
    raw, requests = fetch_from(answer_whole, entry=make_entry(source=ARCHIVE), body=pack(members))
    files = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(files) == ["raw/manifest.json", f"raw/{PATH}"]
    assert (raw / PATH).read_bytes() == BODY
    assert [path for path, _ in requests] == ["/datasets/owner/name/resolve/main/data/all.tar.gz"]


def test_a_link_in_an_archive_is_not_followed(fetch_from, tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        link = tarfile.TarInfo(f"tasks/{PATH}")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        tar.addfile(link)
    with pytest.raises(DataError, match=f"data/all.tar.gz: holds no file tasks/{PATH}"):
        fetch_from(answer_whole, entry=make_entry(source=ARCHIVE), body=buffer.getvalue())
    assert_nothing_is_left(tmp_path)


@pytest.mark.parametrize("answer", [answer_half, answer_damaged])
def test_a_damaged_archive_is_refused(fetch_from, tmp_path, answer):
    with pytest.raises(DataError, match=r"not a whole tar archive|SHA-256|holds no file"):
        fetch_from(answer, entry=make_entry(source=ARCHIVE), body=pack({f"tasks/{PATH}": BODY}))
    assert_nothing_is_left(tmp_path)
