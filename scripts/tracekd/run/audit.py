"""Everything a run has recorded, read again from the first to the last byte."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tracekd.core.errors import DataError, tell
from tracekd.core.files import sha256_file
from tracekd.core.logs import logger
from tracekd.core.raw import check_row
from tracekd.core.records import validator
from tracekd.run.code import code_parts, list_changed
from tracekd.run.provenance import FOLDER, FOREIGN, Made, Makers, list_files, read_record, say_damage

# paths that a sentence lists before it only counts
NAMED = 3
# where the rules put what they make
ROOTS = ("results", "figures")
UNRECORDED = "no record tells who made it"


@dataclass(frozen=True, slots=True)
class Verification:
    """How many records and files were looked at, with one sentence for each fault.

    `stale` has one sentence for each rule whose outputs were made by other code than today's.
    """

    records: int
    files: int
    faults: list[str]
    stale: list[str]


def verify_run(
    run: str, extensions: Iterable[str] = (), outputs: Iterable[str] = (), folder: Path = FOLDER
) -> Verification:
    """Hold every file of a run to the record of its maker and to those of the jobs that used it.

    Faults are: a damaged record, or one that is gone; a file that is damaged or missing; one that has changed
    since a job used it; one that nobody made in a folder that a job did; one that a rule makes and of which
    no record tells.

    Args:
        run: its name.
        extensions: the folders whose code counts for every rule.
        outputs: regular expressions of the paths that the rules make: files, or whole folders.
        folder: of all records.

    """
    faults, records = [], {}
    for file in sorted((folder / run).glob("*/*.json")):
        try:
            record = read_record(file)
            check_row(validator("provenance"), record, str(file), "have its files made again by --forcerun")
            records[file] = record
        except DataError as error:
            faults.append(str(error))
    makers = Makers(folder / run)
    made = _find_made(makers, records, faults)
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
    folders = {path for one in made.values() for path in records[one.record]["folders"]}
    foreign = [path for path in list_files(sorted(folders)) if path not in made]
    faults += [f"{path}: {FOREIGN}" for path in foreign]
    known = {*makers.find_inside("."), *foreign}
    unknown = [path for path in list_files(f"{root}/{run}" for root in ROOTS) if path not in known]
    faults += [f"{path}: {UNRECORDED}" for path in _select_outputs(unknown, outputs)]
    for (path, digest), rule in sorted(used.items()):
        damaged = path in made and digest == made[path].sha256  # already named above
        if path in seen and seen[path] != digest and not damaged:
            faults.append(f"{path}: SHA-256 is {seen[path]}, but {rule} read {digest}")
    return Verification(len(records), len(paths), faults, _list_stale(records, made, extensions))


def _select_outputs(paths: Iterable[str], outputs: Iterable[str]) -> list[str]:
    """Select the files that rules make, themselves or in a folder; the others are the user's own."""
    patterns = [re.compile(pattern) for pattern in outputs]
    return [
        path
        for path in paths
        if any(one.fullmatch(str(place)) for place in (path, *Path(path).parents) for one in patterns)
    ]


def _find_made(makers: Makers, records: Mapping[Path, object], faults: list[str]) -> dict[str, Made]:
    """Give path -> what its last maker wrote of every file that has one; add a fault where a record is gone.

    What a damaged record says counts for nothing; the record itself has been named.
    """
    made = {}
    for path in makers.find_inside("."):
        try:
            found = makers.get(path)
        except DataError as error:
            faults += [] if isinstance(error.where, Path) else [str(error)]
            continue
        if found is not None and found.record in records:
            made[path] = found
    return made


def _list_stale(
    records: Mapping[Path, dict[str, Any]], made: Mapping[str, Made], extensions: Iterable[str]
) -> list[str]:
    """Say of each rule which of its code has changed since it made its files, and how many those are."""
    files: dict[str, int] = defaultdict(int)
    changed: dict[str, set[str]] = defaultdict(set)
    today = {rule: code_parts(rule, extensions) for rule in {one.rule for one in made.values()}}
    for one in made.values():
        if parts := list_changed(records[one.record]["code"]["parts"], today[one.rule]):
            files[one.rule] += 1
            changed[one.rule] |= parts
    return [
        f"{rule}: made by other code (changed: {_enumerate(changed[rule])}; files: {files[rule]})"
        for rule in sorted(files)
    ]


def _enumerate(paths: set[str]) -> str:
    """Name the first few paths and say how many there are beyond."""
    first = ", ".join(sorted(paths)[:NAMED])
    return first if len(paths) <= NAMED else f"{first} and {len(paths) - NAMED} more"


def _list_used(
    records: Mapping[Path, dict[str, Any]], made: Mapping[str, Made]
) -> dict[tuple[str, str], str]:
    """Give (path, digest) -> rule of all inputs of the jobs whose outputs still count."""
    return {
        (path, digest): record["rule"]
        for source, record in records.items()
        if any(output in made and made[output].record == source for output in record["outputs"])
        for path, digest in record["inputs"].items()
    }


def report(found: Verification, run: str) -> None:
    """Print every fault and raise DataError with their number, or log what is in order."""
    if not found.records and not found.faults:
        raise DataError("nothing is recorded", where=FOLDER / run, hint="run the workflow first")
    for fault in [*found.faults, *found.stale]:
        tell(fault)
    if found.faults:
        raise DataError(
            f"{len(found.faults)} faults in {found.files} files of {found.records} jobs",
            where=f"verify {run}",
            hint="restore the files named above, or have them made again by --forcerun and their paths",
        )
    if found.stale:
        raise DataError(
            "outputs of the rules named above were made by other code than today's",
            where=f"verify {run}",
            hint="give the run's command again",
        )
    tell(f"verify {run}: {found.files} files of {found.records} jobs are as recorded")
    logger.info("%d files of %d jobs are as recorded", found.files, found.records)
