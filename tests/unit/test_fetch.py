"""Fetching from a real HTTP server on this machine, with the faults that servers and networks have."""

import contextlib
import gzip
import hashlib
import io
import json
import logging
import multiprocessing
import tarfile
from functools import partial

import pytest
from support.http import BODY, serve
from tracekd.core.errors import ConfigError, DataError
from tracekd.datasets.fetch import fetch_raw
from tracekd.datasets.registry import Entry
from tracekd.sources import download
from tracekd.sources.locks import hold_to_checksums, lock_first

PATH = "part/equal.json"
HUB = {"kind": "hub", "repository": "owner/name", "revision": "main"}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def make_entry(files=None, source=HUB, expected_mb=0):
    """An entry whose source holds these files, if it is one that lists them."""
    listed = {} if source["kind"] == "local" else {"files": files or {PATH: sha256(BODY)}}
    return Entry.model_validate(
        {
            "title": "CoTempQA",
            "citation": "Su et al.",
            "licence": "CC-BY-SA-4.0",
            "source": listed | source,
            "folder": "CotempQA",
            "expected": {"train": 1, "test": 1, "tokens": 1, "download_mb": expected_mb},
        }
    )


def fetch(entry, tmp_path, mirror=None):
    """Fetch an entry into `raw`, with `lock.json` beside it; give the raw folder."""
    fetch_raw("cotempqa", entry, tmp_path / "raw", mirror, tmp_path / "lock.json")
    return tmp_path / "raw"


def read_manifest(raw):
    return json.loads((raw / "manifest.json").read_text("utf-8"))


def answer_whole(request):
    """Send the file."""
    request.reply(200, request.body)


def answer_damaged(request):
    """Send the file with one bit flipped in its middle."""
    damaged = bytearray(request.body)
    damaged[len(damaged) // 2] ^= 1
    request.reply(200, bytes(damaged))


TAG = '"of this file"'


def drop_half_way(request):
    """Promise the whole file, send half of it, and hang up."""
    request.reply(200, request.body[: len(request.body) // 2], length=len(request.body), ETag=TAG)


def answer_half(request):
    """Send half of the file as if it were all."""
    request.reply(200, request.body[: len(request.body) // 2])


def answer_rest(request, **headers):
    """Send the asked range, of a file that is still the same."""
    first = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    assert request.headers["If-Range"] == TAG
    size = len(request.body)
    proof = {"ETag": TAG, "Content_Range": f"bytes {first}-{size - 1}/{size}"}
    request.reply(206, request.body[first:], **(proof | headers))


def answer_status(status):
    """Send no file but this status."""
    return lambda request: request.reply(status, b"no")


@pytest.fixture
def fetch_from(tmp_path, monkeypatch):
    """Fetch an entry from a server that answers so; give the raw folder and the requests."""
    monkeypatch.setattr(download, "FIRST_WAIT_S", 0)

    def fetch_from(*answers, entry=None, body=BODY, mirror=None):
        with serve(*answers, body=body) as (address, requests):
            monkeypatch.setenv("HF_ENDPOINT", address)
            entry = entry(address) if callable(entry) else entry or make_entry()
            return fetch(entry, tmp_path, mirror), requests

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


OTHER = bytes(reversed(BODY))


def drop_without_proof(**headers):
    """Promise the whole file, without a tag that proves anything, send half of it, and hang up."""
    return lambda request: request.reply(200, BODY[: len(BODY) // 2], length=len(BODY), **headers)


def drop_compressed(request):
    """Promise the whole file, packed, send half of it, and hang up."""
    packed = gzip.compress(request.body)
    half = packed[: len(packed) // 2]
    request.reply(200, half, length=len(packed), ETag=TAG, Content_Encoding="gzip")


@pytest.mark.parametrize(
    "first",
    [
        drop_without_proof(),
        drop_without_proof(ETag='W/"weak"'),
        drop_without_proof(Last_Modified="Sat, 28 Nov 2026 00:00:00 GMT"),
        drop_compressed,
    ],
    ids=["nothing", "a weak tag", "a date", "a compressed answer"],
)
def test_without_proof_that_the_file_is_the_same_it_is_asked_for_anew(fetch_from, first):
    raw, requests = fetch_from(
        first, lambda request: request.reply(200, OTHER), entry=make_entry({PATH: None})
    )
    assert (raw / PATH).read_bytes() == OTHER
    assert [asked for _, asked in requests] == [None, None]


def test_a_file_that_has_changed_between_two_attempts_is_taken_whole(fetch_from):
    def answer_changed(request):
        assert request.headers["If-Range"] == TAG
        request.reply(200, OTHER, ETag='"of another file"')

    raw, _ = fetch_from(drop_half_way, answer_changed, entry=make_entry({PATH: None}))
    assert (raw / PATH).read_bytes() == OTHER


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": '"of another file"'},
        {"Content_Range": f"bytes 7-{len(BODY) - 1}/{len(BODY)}"},
        {"Content_Range": "bytes */7"},
        {"Content_Encoding": "deflate"},
    ],
    ids=["another tag", "another range", "no range", "a compressed part"],
)
def test_a_part_of_something_else_is_not_put_behind_the_part_on_disk(fetch_from, headers):
    raw, requests = fetch_from(
        drop_half_way,
        lambda request: answer_rest(request, **headers),
        lambda request: request.reply(200, OTHER),
        entry=make_entry({PATH: None}),
    )
    assert (raw / PATH).read_bytes() == OTHER
    assert [asked for _, asked in requests] == [None, f"bytes={len(BODY) // 2}-", None]


def promise_too_much(request):
    """Promise 2 TB."""
    request.reply(200, request.body, length=2 << 40)


def send_without_end(request):
    """Send without a length, for as long as the other side listens."""
    request.send_response(200)
    request.end_headers()
    with contextlib.suppress(OSError):
        while True:
            request.wfile.write(request.body)


def send_bomb(request):
    """Send 1 GB of zeros as 1 MB."""
    request.reply(200, gzip.compress(bytes(1 << 24)) * 64, Content_Encoding="gzip")


@pytest.mark.parametrize("answer", [promise_too_much, send_without_end, send_bomb])
def test_a_file_larger_than_the_registry_expects_is_refused(fetch_from, tmp_path, answer):
    with pytest.raises(DataError, match=r"is larger than 2000000 bytes .*download_mb in the registry"):
        fetch_from(answer, entry=make_entry({PATH: None}, expected_mb=1))
    assert_nothing_is_left(tmp_path)


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
            download.download(f"{address}/x", tmp_path / "x")
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


def lock_entries(folder, lock, number):
    """Lock twenty files of one's own, one after the other."""
    for path in (f"{number}-{one}" for one in range(20)):
        (folder / path).write_text(path)
        hold_to_checksums(folder, {path: None}, {path: path}, lock, "twenty")


def test_jobs_that_lock_at_once_lose_nothing(tmp_path):
    pool = multiprocessing.get_context("fork")
    jobs = [
        pool.Process(target=partial(lock_entries, tmp_path, tmp_path / "locks/lock.json", number))
        for number in range(3)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert [job.exitcode for job in jobs] == [0, 0, 0]
    names = [f"{number}-{one}" for number in range(3) for one in range(20)]
    lock = json.loads((tmp_path / "locks/lock.json").read_text())
    assert lock == {name: sha256(name.encode()) for name in names}
    assert [path.name for path in (tmp_path / "locks").iterdir()] == ["lock.json"]


def resolve_and_lock(lock, commit, said):
    """Lock what one job resolved a branch to; tell what it then goes by."""
    said.put(lock_first(lock, {"id": "owner/name", "commit": commit})["commit"])


def test_jobs_that_resolve_a_branch_at_once_go_by_one_commit(tmp_path):
    pool = multiprocessing.get_context("fork")
    said = pool.SimpleQueue()
    jobs = [
        pool.Process(target=resolve_and_lock, args=(tmp_path / "lock.json", f"commit{number}", said))
        for number in range(4)
    ]
    for job in jobs:
        job.start()
    commits = {said.get() for _ in jobs}
    for job in jobs:
        job.join()
    assert commits == {json.loads((tmp_path / "lock.json").read_text())["commit"]}


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


@pytest.mark.parametrize("content", ["{", "", "5", "[]", '{"a": 5}', "[" * 100_000])
def test_a_damaged_lock_is_named(fetch_from, tmp_path, content):
    (tmp_path / "lock.json").write_text(content)
    with pytest.raises(DataError, match=r"lock\.json: .*restore it, or delete it to lock anew"):
        fetch_from(answer_whole, entry=make_entry({PATH: None}))


def test_the_manifest_says_what_was_fetched(fetch_from):
    raw, _ = fetch_from(answer_whole)
    manifest = read_manifest(raw)
    assert manifest["files"] == {PATH: sha256(BODY)}
    assert manifest["source"] == HUB | {"files": {PATH: sha256(BODY)}}
    assert manifest["licence"] == "CC-BY-SA-4.0"


@pytest.fixture
def mirror(tmp_path):
    """A mirror that holds the entry's file."""
    path = tmp_path / "mirror" / "CotempQA" / PATH
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    return tmp_path / "mirror"


def url_source(address, **fields):
    """One file at an address."""
    return {"kind": "url", "files": {PATH: {"url": f"{address}/any/name?raw=1", **fields}}}


@pytest.mark.parametrize("source", [HUB, url_source("https://example.org", sha256=sha256(BODY))])
def test_a_mirror_stands_in_for_the_download(tmp_path, mirror, source):
    raw = fetch(make_entry(source=source), tmp_path, mirror)
    assert (raw / PATH).read_bytes() == BODY


def test_a_mirror_is_held_to_the_checksum_too(tmp_path, mirror):
    (mirror / "CotempQA" / PATH).write_bytes(BODY[:-1])
    with pytest.raises(DataError, match="SHA-256"):
        fetch(make_entry(), tmp_path, mirror)
    assert not (tmp_path / "raw").exists()


def test_a_mirror_is_held_to_the_lock_of_the_hub(fetch_from, tmp_path, mirror):
    entry = make_entry({PATH: None})
    fetch_from(answer_whole, entry=entry)
    (mirror / "CotempQA" / PATH).write_bytes(BODY[:-1])
    with pytest.raises(DataError, match="SHA-256"):
        fetch(entry, tmp_path, mirror)


def test_what_the_mirror_lacks_is_downloaded_and_the_log_says_so(fetch_from, mirror, caplog):
    entry = make_entry({PATH: sha256(BODY), "other.json": sha256(BODY)})
    with caplog.at_level(logging.INFO):
        raw, requests = fetch_from(answer_whole, entry=entry, mirror=mirror)
    assert [path for path, _ in requests] == ["/datasets/owner/name/resolve/main/other.json"]
    assert sorted(read_manifest(raw)["files"]) == ["other.json", PATH]
    assert "lacks other.json, downloading" in caplog.text


def test_a_mirror_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"config: mirror: no folder '.*/absent'"):
        fetch(make_entry(), tmp_path, tmp_path / "absent")


PART = BODY[:100]
STAND_IN = {"stand_ins": {PATH: {"path": "part/equal.part.json", "sha256": sha256(PART)}}}


def test_a_mirror_may_hold_a_part_in_place_of_a_file(tmp_path, mirror, caplog):
    (mirror / "CotempQA" / PATH).rename(mirror / "CotempQA/part/equal.part.json")
    (mirror / "CotempQA/part/equal.part.json").write_bytes(PART)
    raw = fetch(make_entry({PATH: None}, HUB | STAND_IN), tmp_path, mirror)
    assert (raw / PATH).read_bytes() == PART
    assert "the mirror has part/equal.part.json in place of part/equal.json" in caplog.text
    assert read_manifest(raw)["stand_ins"] == {PATH: "part/equal.part.json"}
    assert not (tmp_path / "lock.json").exists(), "a part must not become the lock of the whole"


def test_a_part_is_held_to_its_own_checksum(tmp_path, mirror):
    (mirror / "CotempQA" / PATH).rename(mirror / "CotempQA/part/equal.part.json")
    with pytest.raises(DataError, match=f"expected {sha256(PART)}"):
        fetch(make_entry({PATH: None}, HUB | STAND_IN), tmp_path, mirror)


def test_the_whole_file_is_preferred_to_a_part(tmp_path, mirror):
    (mirror / "CotempQA/part/equal.part.json").write_bytes(PART)
    raw = fetch(make_entry(source=HUB | STAND_IN), tmp_path, mirror)
    assert (raw / PATH).read_bytes() == BODY and read_manifest(raw)["stand_ins"] == {}


def test_files_on_the_web_have_addresses_of_their_own_and_are_locked(fetch_from, tmp_path):
    raw, requests = fetch_from(answer_whole, entry=lambda address: make_entry(source=url_source(address)))
    assert (raw / PATH).read_bytes() == BODY
    assert [path for path, _ in requests] == ["/any/name?raw=1"]
    ((address, checksum),) = json.loads((tmp_path / "lock.json").read_text()).items()
    assert address.endswith("/any/name?raw=1") and checksum == sha256(BODY)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"sha256": "0" * 64}, f"cotempqa: {PATH}: SHA-256 is {sha256(BODY)}, expected 0000"),
        ({"git_blob": "0" * 40}, f"cotempqa: {PATH}: git blob id is git:[0-9a-f]{{40}}, expected git:0000"),
    ],
)
def test_a_file_on_the_web_that_is_another_one_is_refused(fetch_from, tmp_path, fields, sentence):
    with pytest.raises(DataError, match=sentence):
        fetch_from(answer_whole, entry=lambda address: make_entry(source=url_source(address, **fields)))
    assert not (tmp_path / "raw").exists()


def test_a_file_may_be_held_to_its_id_in_a_git_repository(fetch_from):
    blob = hashlib.sha1(b"blob %d\0" % len(BODY) + BODY).hexdigest()
    raw, _ = fetch_from(
        answer_whole, entry=lambda address: make_entry(source=url_source(address, git_blob=blob))
    )
    assert (raw / PATH).read_bytes() == BODY


@pytest.fixture
def own(tmp_path):
    """A folder of the user's own with one file in a folder, one hidden and one beside."""
    folder = tmp_path / "own"
    for path in (PATH, ".hidden/x", "notes.txt"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(BODY)
    return folder


def test_a_local_folder_is_taken_as_it_is_and_locks_nothing(tmp_path, own):
    entry = make_entry(source={"kind": "local", "path": str(own)})
    raw = fetch(entry, tmp_path, tmp_path / "a mirror that nobody looks at")
    assert read_manifest(raw)["files"] == {PATH: sha256(BODY), "notes.txt": sha256(BODY)}
    assert not (tmp_path / "lock.json").exists()
    (own / "notes.txt").write_text("changed")
    assert fetch(entry, tmp_path).joinpath("notes.txt").read_text() == "changed"


def test_a_local_file_is_held_to_a_checksum_when_one_is_stated(tmp_path, own):
    source = {"kind": "local", "path": str(own), "files": {PATH: sha256(BODY)}}
    assert list(read_manifest(fetch(make_entry(source=source), tmp_path))["files"]) == [PATH]
    (own / PATH).write_bytes(b"other")
    with pytest.raises(DataError, match=f"cotempqa: {PATH}: SHA-256 is"):
        fetch(make_entry(source=source), tmp_path)


def test_a_local_folder_or_file_that_is_not_there_is_named(tmp_path, own):
    absent = make_entry(source={"kind": "local", "path": f"{own}/absent"})
    with pytest.raises(ConfigError, match=r"cotempqa: source\.path: no folder '.*/own/absent'"):
        fetch(absent, tmp_path)
    source = {"kind": "local", "path": str(own), "files": {"x.json": sha256(BODY)}}
    with pytest.raises(DataError, match=r"own/x\.json: cannot be copied: No such file"):
        fetch(make_entry(source=source), tmp_path)


def test_a_manifest_of_the_user_s_own_is_not_written_over(tmp_path, own):
    (own / "manifest.json").write_text("{}")
    with pytest.raises(DataError, match=r"has a file manifest\.json of its own"):
        fetch(make_entry(source={"kind": "local", "path": str(own)}), tmp_path)


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


def pack_sparse(path, size):
    """An archive of one file that is said to be almost all holes, as GNU tar writes it."""
    member = tarfile.TarInfo(path)
    member.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": path,
        "GNU.sparse.realsize": str(size),
    }
    content = b"0\n".ljust(512, b"\0")
    member.size = len(content)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def promise(sizes):
    """Write a tar.gz of these names and sizes, whose contents are not there."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, size in sizes.items():
            member = tarfile.TarInfo(name)
            member.size = size
            tar.fileobj.write(member.tobuf())
    return buffer.getvalue()


@pytest.mark.parametrize(
    "packed",
    [
        pack_sparse(f"tasks/{PATH}", 1 << 40),
        promise({f"tasks/{PATH}": 1 << 40}),
        promise({"ignored": 1 << 40}),
        promise({f"tasks/{number}": 0 for number in range(32)} | {"last": 1 << 28}),
    ],
    ids=["a sparse file of 1 TB", "a file of 1 TB", "another file of 1 TB", "256 MB in 32 KB"],
)
def test_an_archive_that_unpacks_to_far_more_than_it_is_is_refused(fetch_from, tmp_path, packed):
    assert len(packed) < 1 << 17
    with pytest.raises(DataError, match=r"all\.tar\.gz: unpacks to far more than it is"):
        fetch_from(answer_whole, entry=make_entry(source=ARCHIVE), body=packed)
    assert_nothing_is_left(tmp_path)


def pack_headers(kind, sizes):
    """Write a tar.gz that begins with extended headers of these sizes, all of them one letter."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for size in sizes:
            header = tarfile.TarInfo("name")
            header.type, header.size = kind, size
            tar.fileobj.write(header.tobuf())
            tar.fileobj.write(b"x" * (-(-size // 512) * 512))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (pack_headers(tarfile.XHDTYPE, [1 << 24]), "a header of 16777216 bytes"),
        (pack_headers(tarfile.XGLTYPE, [1 << 17]), "a header of 131072 bytes"),
        (pack_headers(tarfile.GNUTYPE_LONGNAME, [1 << 24]), "a header of 16777216 bytes"),
        (pack_headers(tarfile.GNUTYPE_LONGLINK, [0] * 3 + [1 << 24]), "a header of 16777216 bytes"),
        (pack_headers(tarfile.GNUTYPE_LONGNAME, [8] * 3000), "maximum recursion depth"),
        (b"no archive", "file could not be opened"),
    ],
    ids=["pax", "global pax", "a long name", "a long link behind others", "an endless row", "no archive"],
)
def test_an_archive_whose_headers_are_no_names_is_refused(fetch_from, tmp_path, packed, reason):
    with pytest.raises(DataError, match=rf"all\.tar\.gz: not a whole archive: {reason}") as caught:
        fetch_from(answer_whole, entry=make_entry(source=ARCHIVE), body=packed)
    assert "\n" not in str(caught.value)
    assert_nothing_is_left(tmp_path)


def test_a_link_in_an_archive_is_not_followed(fetch_from, tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        link = tarfile.TarInfo(f"tasks/{PATH}")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        tar.addfile(link)
    with pytest.raises(DataError, match=f"data/all.tar.gz: holds no file 'tasks/{PATH}'"):
        fetch_from(answer_whole, entry=make_entry(source=ARCHIVE), body=buffer.getvalue())
    assert_nothing_is_left(tmp_path)


@pytest.mark.parametrize("answer", [answer_half, answer_damaged])
def test_a_damaged_archive_is_refused(fetch_from, tmp_path, answer):
    with pytest.raises(DataError, match=r"not a whole archive|SHA-256|holds no file"):
        fetch_from(answer, entry=make_entry(source=ARCHIVE), body=pack({f"tasks/{PATH}": BODY}))
    assert_nothing_is_left(tmp_path)
