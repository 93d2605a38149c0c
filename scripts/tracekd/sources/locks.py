"""Digests of files: those that a registry states, and those that are locked on first use."""

import json
from collections.abc import Mapping
from pathlib import Path

from tracekd.core.errors import DataError
from tracekd.core.files import atomic_write
from tracekd.core.logs import logger
from tracekd.sources.digests import digest_like, kind_of


def hold_to_checksums(
    folder: Path,
    registered: Mapping[str, str | None],
    origins: Mapping[str, str],
    lock_path: Path,
    name: str,
) -> None:
    """Hold files to their registered or locked digests, and lock those that have neither.

    Args:
        folder: holds the files.
        registered: path to the digest that the registry states, None where it states none.
        origins: path to the name of the file in the lock: where it comes from.
        lock_path: JSON of the SHA-256 sums seen on first use.
        name: of what the files belong to, for the sentence of a fault.

    Raises DataError at the first file of another digest.

    """
    locked = _read_lock(lock_path)
    lock = dict(locked)
    for path, stated in registered.items():
        found = digest_like(stated, folder / path)
        expected = stated or lock.setdefault(origins[path], found)
        if found != expected:
            raise DataError(
                f"{kind_of(expected)} is {found}, expected {expected}",
                where=f"{name}: {path}",
                hint="the file is damaged or another version; if the change is wanted, "
                f"change it in {'the registry' if stated else lock_path}, too",
            )
    if lock != locked:
        with atomic_write(lock_path) as stream:
            json.dump(lock, stream, indent=2, sort_keys=True)
            stream.write("\n")
        logger.info("checksums of new files locked in %s", lock_path)


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
