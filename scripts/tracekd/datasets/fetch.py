"""Raw files of a registry entry: copied from a mirror or downloaded, and held to their checksums.

A raw folder is whole and verified, or absent. A file without checksum in the registry is locked to what it
was on first use.
"""

import json
import logging
import os
import shutil
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import requests
from tenacity import Retrying, before_sleep_log, retry_if_exception, stop_after_attempt, wait_exponential
from tqdm import tqdm

from tracekd.core.errors import ConfigError, DataError
from tracekd.core.files import CHUNK_BYTES, atomic_folder, atomic_write, sha256_file
from tracekd.core.logs import logger
from tracekd.datasets.registry import Entry

HUB = "https://huggingface.co"
MANIFEST = "manifest.json"
ATTEMPTS = 6
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
TIMEOUT_S = 60.0
PROGRESS_INTERVAL_S = 2.0
# what a dropped connection loses at most; also what is read at once
NETWORK_CHUNK_BYTES = 1 << 16


def fetch_raw(entry: Entry, folder: Path, mirror: Path | None, lock_path: Path) -> None:
    """Put the verified raw files of a dataset and their `manifest.json` into `folder`.

    Args:
        entry: registry entry of source kind `hub` or `mirror`.
        folder: to make; it replaces an older one only when everything is in order.
        mirror: folder that holds `{entry.folder}/{path}` of every file; None to download.
        lock_path: JSON of the checksums seen on first use, for files that the registry gives none.

    Raises DataError on a file that is missing, cannot be downloaded or is not the registered or locked one,
    ConfigError where there is nowhere to take files from.

    """
    with atomic_folder(folder) as part:
        if mirror is not None:
            _copy(entry, mirror, part)
        elif entry.source["kind"] == "hub":
            _download(entry, part)
        else:
            raise ConfigError(
                f"dataset {entry.name!r} comes from a mirror only",
                where="config: mirror",
                hint=f"name the folder that holds {entry.folder}/",
            )
        _verify(entry, write_manifest(entry, part), lock_path)


def write_manifest(entry: Entry, folder: Path) -> dict[str, str]:
    """Write `manifest.json`: what the raw files are, whence, under which licence; give their checksums."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    checksums = {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}
    manifest = {
        "dataset": entry.name,
        "title": entry.title,
        "citation": entry.citation,
        "licence": entry.licence,
        "source": entry.source,
        "files": checksums,
    }
    with atomic_write(folder / MANIFEST) as stream:
        json.dump(manifest, stream, indent=2, sort_keys=True, ensure_ascii=False)
        stream.write("\n")
    return checksums


def _copy(entry: Entry, mirror: Path, folder: Path) -> None:
    """Copy the files from a mirror."""
    for path in entry.files:
        source = mirror / entry.folder / path
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            raise DataError(
                f"cannot be copied from the mirror: {error.strerror}",
                where=source,
                hint="check `mirror` in the config; null downloads where the registry names a hub",
            ) from error


def _download(entry: Entry, folder: Path) -> None:
    """Download the files, or the archive that holds them."""
    archive = entry.source.get("archive")
    if archive is None:
        for path in entry.files:
            download(_url(entry, path), folder / path)
        return
    packed = folder / ".archive"
    download(_url(entry, archive["path"]), packed)
    _extract(packed, entry, folder)
    packed.unlink()


def _url(entry: Entry, path: str) -> str:
    """Address of a file on the hub; HF_ENDPOINT names another hub, as in the hub's own client."""
    hub = os.environ.get("HF_ENDPOINT", HUB).rstrip("/")
    return f"{hub}/datasets/{entry.source['repository']}/resolve/{entry.source['revision']}/{path}"


def download(url: str, target: Path) -> None:
    """Download one file, going on where a dropped connection left it; target is whole or absent.

    Raises DataError when the server refuses, or after `ATTEMPTS` attempts with growing waits.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    attempts = Retrying(
        retry=retry_if_exception(_is_passing),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(FIRST_WAIT_S, LONGEST_WAIT_S),
        before_sleep=before_sleep_log(logger, logging.WARNING),
        reraise=True,
    )
    try:
        attempts(_stream, url, part)
        os.replace(part, target)
    except requests.RequestException as error:
        raise DataError(
            f"cannot be downloaded: {_reason(error)}",
            where=url,
            hint="check the network and the registry, or set `mirror` in the config",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _stream(url: str, part: Path) -> None:
    """Append to `part` what is missing of the file; a server without ranges sends it anew."""
    done = part.stat().st_size if part.exists() else 0
    # bytes must arrive as stored: a range of a compressed answer would not fit the part on disk
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
        if done and response.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink()
            raise requests.ConnectionError("the part on disk does not fit; starting anew")
        response.raise_for_status()
        resumed = response.status_code == requests.codes.partial_content
        expected = response.headers.get("Content-Length")
        progress = tqdm(
            desc=part.name.strip(".").removesuffix(".part"),
            initial=done if resumed else 0,
            total=None if expected is None else int(expected) + (done if resumed else 0),
            unit="B",
            unit_scale=True,
            mininterval=PROGRESS_INTERVAL_S,
        )
        with progress, open(part, "ab" if resumed else "wb") as stream:
            for chunk in response.iter_content(NETWORK_CHUNK_BYTES):
                stream.write(chunk)
                progress.update(len(chunk))


def _is_passing(error: BaseException) -> bool:
    """Tell whether trying again may help: dropped connections, time-outs, an overloaded or failing server."""
    if isinstance(error, requests.HTTPError):
        return (
            error.response.status_code == requests.codes.too_many_requests
            or error.response.status_code >= 500
        )
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, passing)


def _reason(error: requests.RequestException) -> str:
    """Say in a few words why a download failed."""
    if isinstance(error, requests.HTTPError):
        return f"the server answers {error.response.status_code} {error.response.reason}"
    return "the connection fails or breaks off"


def _extract(packed: Path, entry: Entry, folder: Path) -> None:
    """Take the entry's files out of its tar archive; no name in the archive decides where a file lands."""
    archive = entry.source["archive"]
    where = f"{entry.name}: {archive['path']}"
    try:
        with tarfile.open(packed) as tar:
            members = {member.name.removeprefix("./"): member for member in tar if member.isfile()}
            for path in entry.files:
                member = members.get(f"{archive['folder']}/{path}")
                if member is None:
                    raise DataError(
                        f"holds no file {archive['folder']}/{path}",
                        where=where,
                        hint="check archive and files in the registry",
                    )
                with tar.extractfile(member) as stream, atomic_write(folder / path, "wb") as target:
                    shutil.copyfileobj(stream, target, CHUNK_BYTES)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise DataError(f"not a whole tar archive: {error}", where=where, hint="fetch it again") from error


def _verify(entry: Entry, checksums: dict[str, str], lock_path: Path) -> None:
    """Hold every file of an entry to its registered or locked checksum."""
    origins = {path: _lock_key(entry, path) for path in entry.files}
    hold_to_checksums(checksums, entry.files, origins, lock_path, entry.name)


def hold_to_checksums(
    found: Mapping[str, str],
    registered: Mapping[str, str | None],
    origins: Mapping[str, str],
    lock_path: Path,
    name: str,
) -> None:
    """Hold files to their registered or locked checksums, and lock those that have neither.

    Args:
        found: path to SHA-256 of the files that are there.
        registered: path to the SHA-256 that the registry gives, None where it gives none.
        origins: path to the name of the file in the lock: where it comes from.
        lock_path: JSON of the checksums seen on first use.
        name: of what the files belong to, for the sentence of a fault.

    Raises DataError at the first file of another checksum.

    """
    locked = _read_lock(lock_path)
    lock = dict(locked)
    for path, stated in registered.items():
        expected = stated or lock.setdefault(origins[path], found[path])
        if found[path] != expected:
            raise DataError(
                f"SHA-256 is {found[path]}, expected {expected}",
                where=f"{name}: {path}",
                hint="the file is damaged or another version; if the change is wanted, "
                f"change it in {'the registry' if stated else lock_path}, too",
            )
    if lock != locked:
        with atomic_write(lock_path) as stream:
            json.dump(lock, stream, indent=2, sort_keys=True)
            stream.write("\n")
        logger.info("checksums of new files locked in %s", lock_path)


def _lock_key(entry: Entry, path: str) -> str:
    """Name a file by its origin, so that a mirror's copy is held to the hub's lock."""
    if entry.source["kind"] == "hub":
        return f"{entry.source['repository']}@{entry.source['revision']}/{path}"
    return path


def _read_lock(path: Path) -> dict[str, str]:
    """Read a lock file, empty where there is none yet."""
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except ValueError as error:
        raise DataError(
            "not a lock file", where=path, hint="restore it, or delete it to lock anew"
        ) from error
