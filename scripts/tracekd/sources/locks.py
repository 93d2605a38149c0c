"""Digests of files: those that a registry states, and those that are locked on first use."""

import json
from collections.abc import Mapping
from pathlib import Path

from tracekd.core.checks import read_json_object
from tracekd.core.errors import DataError
from tracekd.core.files import atomic_write
from tracekd.core.logs import logger
from tracekd.run.lease import hold
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
    found = {path: digest_like(stated, folder / path) for path, stated in registered.items()}
    free = {origins[path]: found[path] for path, stated in registered.items() if stated is None}
    locked = lock_first(lock_path, free) if free else {}
    for path, stated in registered.items():
        expected = stated or locked[origins[path]]
        if found[path] != expected:
            raise DataError(
                f"{kind_of(expected)} is {found[path]}, expected {expected}",
                where=f"{name}: {path}",
                hint="the file is damaged or another version; if the change is wanted, "
                f"change it in {'the registry' if stated else lock_path}, too",
            )


def lock_first(path: Path, seen: Mapping[str, str]) -> dict[str, str]:
    """Add to a lock file what it does not know yet, and give all that it says; what it knows stays.

    Jobs may do so at once. Raises DataError where it is no lock file.
    """
    known = read_lock(path)
    if seen.keys() <= known.keys():
        return known
    with hold(path):
        # another job may have added to it since
        known = {**seen, **read_lock(path)}
        with atomic_write(path) as stream:
            json.dump(known, stream, indent=2, sort_keys=True)
            stream.write("\n")
    logger.info("what is new is locked in %s", path)
    return known


def read_lock(path: Path) -> dict[str, str]:
    """Read a lock file, empty where there is none yet."""
    hint = "restore it, or delete it to lock anew"
    lock = read_json_object(path, hint) if path.exists() else {}
    if not all(isinstance(value, str) for value in lock.values()):
        raise DataError("not a lock file", where=path, hint=hint)
    return lock
