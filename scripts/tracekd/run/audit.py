"""Everything a run has recorded, read again from the first to the last byte."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tracekd.core.errors import DataError
from tracekd.core.files import sha256_file
from tracekd.core.logs import logger
from tracekd.core.raw import check_row
from tracekd.core.records import validator
from tracekd.run.provenance import FOLDER, Made, latest, read_record, say_damage


@dataclass(frozen=True, slots=True)
class Verification:
    """How many records and files were looked at, and one sentence for each fault."""

    records: int
    files: int
    faults: list[str]


def verify_run(run: str, folder: Path = FOLDER) -> Verification:
    """Hold every file of a run to the record of its maker and to those of the jobs that used it.

    Faults are: a damaged record; a file that is damaged or missing; one that has changed since a job used it.
    """
    faults, records = [], {}
    for file in sorted((folder / run).glob("*/*.json")):
        try:
            record = read_record(file)
            check_row(validator("provenance"), record, str(file), "delete it")
            records[file] = record
        except DataError as error:
            faults.append(str(error))
    made = latest(records)
    used = _list_used(records, made)
    seen: dict[str, str] = {}
    paths = sorted(made.keys() | {path for path, _ in used})
    for path in tqdm(paths, desc=f"verify {run}", unit="file", mininterval=1):
        if not Path(path).is_file():
            faults.append(f"{path}: is missing")
            continue
        seen[path] = sha256_file(path)
        if path in made and seen[path] != made[path].sha256:
            faults.append(f"{path}: {say_damage(seen[path], made[path])}")
    for (path, digest), rule in sorted(used.items()):
        damaged = path in made and digest == made[path].sha256  # already named above
        if path in seen and seen[path] != digest and not damaged:
            faults.append(f"{path}: SHA-256 is {seen[path]}, but {rule} read {digest}")
    return Verification(len(records), len(paths), faults)


def _list_used(
    records: Mapping[Path, dict[str, Any]], made: Mapping[str, Made]
) -> dict[tuple[str, str], str]:
    """Give (path, digest) -> rule of all inputs of the jobs whose outputs still count."""
    return {
        (path, digest): record["rule"]
        for source, record in records.items()
        if any(made[output].record == source for output in record["outputs"])
        for path, digest in record["inputs"].items()
    }


def report(found: Verification, run: str) -> None:
    """Print every fault and raise DataError with their number, or log what is in order."""
    if not found.records and not found.faults:
        raise DataError("nothing is recorded", where=FOLDER / run, hint="run the workflow first")
    for fault in found.faults:
        print(fault, file=sys.stderr)
    if found.faults:
        raise DataError(
            f"{len(found.faults)} faults in {found.files} files of {found.records} jobs",
            where=f"verify {run}",
            hint="delete the files named above and run the workflow again",
        )
    print(f"verify {run}: {found.files} files of {found.records} jobs are as recorded", file=sys.stderr)
    logger.info("%d files of %d jobs are as recorded", found.files, found.records)
