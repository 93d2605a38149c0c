"""Fetch released files: downloaded at their commits and held to their digests, or copied from a mirror.

A mirror may hold anything in the released form, other generations too: its files are taken as they are, and
the manifest says which of them are the released ones.
"""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from tqdm import tqdm

from tracekd.core.errors import DataError
from tracekd.core.files import atomic_folder, atomic_write, sha256_file
from tracekd.released.registry import Released
from tracekd.released.replay import AS_RELEASED, OTHER_CONTENT, UNVERIFIED
from tracekd.sources.digests import MANIFEST, digest_like
from tracekd.sources.download import PROGRESS_INTERVAL_S, download
from tracekd.sources.locks import hold_to_checksums


def fetch_released(
    released: Released, paths: Iterable[str], folder: Path, mirror: Path | None, lock_path: Path
) -> None:
    """Put the files and a `manifest.json` of their checksums and states into `folder`, all or nothing.

    Args:
        released: the registry.
        paths: of the files, as the registry spells them.
        folder: to make.
        mirror: folder that holds `{released.folder}/{path}` of every file; None to download.
        lock_path: JSON of the SHA-256 sums seen on first download, for files without a registered digest.

    Raises DataError on a file that cannot be had, or that was downloaded and is not the registered one.

    """
    with atomic_folder(folder) as part:
        checksums = {}
        for path in tqdm(sorted(paths), desc="released files", mininterval=PROGRESS_INTERVAL_S):
            (part / path).parent.mkdir(parents=True, exist_ok=True)
            if mirror is not None:
                _copy(mirror / released.folder / path, part / path)
            else:
                commit = released.files[path].commit
                address = released.url.format(repository=released.repository, commit=commit, path=path)
                download(address, part / path)
            checksums[path] = sha256_file(part / path)
        if mirror is None:
            files = {path: released.files[path] for path in checksums}
            registered = {path: file.digest for path, file in files.items()}
            origins = {path: f"{released.repository}@{file.commit}/{path}" for path, file in files.items()}
            hold_to_checksums(part, registered, origins, lock_path, released.repository)
        manifest = {
            path: {
                "sha256": checksum,
                # what was downloaded is the file of its commit
                "state": _state(released, path, part / path) if mirror else AS_RELEASED,
            }
            for path, checksum in checksums.items()
        }
        with atomic_write(part / MANIFEST) as stream:
            json.dump(manifest, stream, indent=2, sort_keys=True)
            stream.write("\n")


def _copy(source: Path, target: Path) -> None:
    """Copy one file from the mirror."""
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise DataError(
            f"cannot be copied from the mirror: {error.strerror}", where=source, hint="check `mirror`"
        ) from error


def _state(released: Released, path: str, file: Path) -> str:
    """Say whether a file is the one that was released under the path."""
    known = released.files.get(path)
    if known is None or known.digest is None:
        return UNVERIFIED
    return AS_RELEASED if digest_like(known.digest, file) == known.digest else OTHER_CONTENT
