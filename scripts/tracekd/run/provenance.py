"""One record per job: what went in, what came out, by which code, on what; nothing damaged goes in.

`provenance/{run}/{rule}/{wildcards}.json` is local, and only there stand clock times. A record bears its own
digest, so that a damaged record is told from a damaged artefact.
"""

import hashlib
import json
import os
import resource
import site
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tracekd.core.errors import DataError, WorkError
from tracekd.core.files import atomic_write, sha256_file, sha256_text
from tracekd.run.code import code_parts, digest_parts

FOLDER = Path("provenance")
# beside the records of all runs: which record tells of a file
POINTERS, POINTER_SUFFIX = ".makers", ".maker"
FOREIGN = "was not written by the job that made its folder"
# larger files of unchanged size and time are not read again before each job; `verify` reads everything
TRUSTED_BYTES = 64 << 20
# Snakemake's own mark in a folder that is an output
SNAKEMAKE_MARK = ".snakemake_timestamp"
# how a record begins
SEAL = '{{\n "sha256": "{}",'


@dataclass(frozen=True, slots=True)
class Made:
    """What a file was when its maker had written it, the record that says so, and the file that names it."""

    sha256: str
    size: int
    mtime_ns: int
    rule: str
    record: Path
    pointer: Path


@contextmanager
def recorded(job: Any) -> Iterator[dict[str, str]]:
    """Hold the inputs of a job to the records of their makers, run the body, then record the job.

    Yields the inputs, path to SHA-256, as they will stand in the record: the body may add to them.
    Raises DataError at the first input that is not what its maker wrote, and WorkError when the code has
    changed since Snakemake read it: the outputs would pass for those of the earlier code.
    """
    folder = FOLDER / job.config["run"]
    started, clock = datetime.now(UTC), time.perf_counter()
    parts = code_parts(job.rule, job.config.get("extensions", ()))
    if digest_parts(parts) != job.params.code:
        raise WorkError(
            "its code has changed since this call of Snakemake began",
            where=f"rule {job.rule}",
            hint="give the same command again",
        )
    makers = Makers(folder)
    inputs = check_inputs(job.input, makers)
    yield inputs
    if not job.output:
        return
    wildcards, params = dict(job.wildcards.items()), dict(job.params.items())
    record = {
        "rule": job.rule,
        "wildcards": wildcards,
        "params": params,
        "seed": (params | wildcards).get("seed"),
        "inputs": inputs,
        "outputs": {path: _describe(path) for path in list_files(job.output)},
        "folders": [path for path in job.output if Path(path).is_dir()],
        "code": code_version() | {"parts": parts},
        "python": sys.version.split()[0],
        "packages": installed_packages(),
        **device_use(),
        "started": started.isoformat(),
        "finished": datetime.now(UTC).isoformat(),
        "wall_s": round(time.perf_counter() - clock, 3),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    cell = ".".join(str(value) for name, value in wildcards.items() if name != "run") or "all"
    path = folder / job.rule / f"{cell}.json"
    write_record(record, path)
    makers.add(path, record["outputs"])


class Makers:
    """Who wrote which file of a run, looked up file by file: a job's cost does not grow with the run.

    Beside the records stands one small file for each that they tell of,
    `provenance/.makers/{run}/{path}.maker`. It names the record of the job that wrote the file last, whatever
    the clock of that job said.

    Args:
        folder: of the run's records.

    """

    def __init__(self, folder: Path):
        self.folder, self.pointers = folder, folder.parent / POINTERS / folder.name
        self._records: dict[Path, dict[str, Any]] = {}

    def get(self, path: str) -> Made | None:
        """Give what the last maker wrote of a file, None where none has; DataError if its record is gone."""
        pointer = self._pointer(path)
        try:
            record = self.folder / pointer.read_text("utf-8").strip()
        except FileNotFoundError:
            return None
        hint = f"restore it, or remove {pointer} if the file is right as it is"
        if not record.is_file():
            raise DataError(f"its record {record} is gone", where=path, hint=hint)
        if record not in self._records:
            self._records[record] = read_record(record)
        known = self._records[record]
        if path not in known["outputs"]:
            raise DataError(f"its record {record} does not tell of it", where=path, hint=hint)
        return Made(**known["outputs"][path], rule=known["rule"], record=record, pointer=pointer)

    def find_inside(self, folder: str) -> list[str]:
        """List the files with a maker below a folder; `.` for all of the run."""
        found = (self.pointers / folder).rglob(f"*{POINTER_SUFFIX}")
        return sorted(
            path.relative_to(self.pointers).as_posix().removesuffix(POINTER_SUFFIX) for path in found
        )

    def add(self, record: Path, paths: Iterable[str]) -> None:
        """Say that a record tells of these files."""
        name = record.relative_to(self.folder).as_posix()
        for path in paths:
            with atomic_write(self._pointer(path)) as stream:
                stream.write(f"{name}\n")

    def _pointer(self, path: str) -> Path:
        """Name the file that names the record; for what lies outside of the project there is none."""
        return self.pointers / f"{os.path.relpath(path).replace('../', '__/')}{POINTER_SUFFIX}"


def check_inputs(paths: Iterable[str], makers: Makers) -> dict[str, str]:
    """Give path -> SHA-256 of all input files; DataError at one that is not what its maker wrote.

    Files without a record (a mirror's, or an adapter put there by the user) are hashed and not judged.
    """
    paths = list(paths)
    found = list_files(paths)
    recorded = {path for folder in paths if Path(folder).is_dir() for path in makers.find_inside(folder)}
    for path in sorted(recorded - set(found)):
        if made := makers.get(path):
            raise DataError("is missing", where=path, hint=_remedy(path, made))
    folders = {str(Path(path).parent) for path in recorded}
    digests = {}
    for path in found:
        made = makers.get(path)
        if made is None and str(Path(path).parent) in folders:
            raise DataError(FOREIGN, where=path, hint="delete it")
        digests[path] = _digest(path, made)
        if made is not None and digests[path] != made.sha256:
            raise DataError(say_damage(digests[path], made), where=path, hint=_remedy(path, made))
    return digests


def say_damage(seen: str, made: Made) -> str:
    """Say what a file is and what it was."""
    return f"SHA-256 is {seen}, but {made.rule} wrote {made.sha256}"


def _remedy(path: str, made: Made) -> str:
    return (
        f"remove {made.pointer} if the change is wanted; else restore {Path(path).name}, or have it made "
        f"again by --forcerun {made.rule}"
    )


def _digest(path: str, made: Made | None) -> str:
    """SHA-256 of a file, taken from its maker's record where it is large and looks untouched."""
    stat = Path(path).stat()
    now = (stat.st_size, stat.st_mtime_ns)
    if made is not None and now == (made.size, made.mtime_ns) and stat.st_size > TRUSTED_BYTES:
        return made.sha256
    return sha256_file(path)


def _describe(path: str) -> dict[str, str | int]:
    """Give digest, size and time of change of a file."""
    stat = Path(path).stat()
    return {"sha256": sha256_file(path), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}


def list_files(paths: Iterable[str]) -> list[str]:
    """Give the files among these paths and in the folders among them, each once."""
    files: dict[str, None] = {}
    for path in paths:
        inside = sorted(Path(path).rglob("*")) if Path(path).is_dir() else [Path(path)]
        files |= dict.fromkeys(str(file) for file in inside if file.is_file() and file.name != SNAKEMAKE_MARK)
    return list(files)


def write_record(record: dict[str, Any], path: Path) -> None:
    """Write a record that begins with the digest of all that follows it."""
    rest = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False, default=str)[1:] + "\n"
    with atomic_write(path) as stream:
        stream.write(SEAL.format(sha256_text(rest)) + rest)


def read_record(path: Path) -> dict[str, Any]:
    """Read a record; DataError where it is not what was written."""
    content = path.read_bytes()
    rest = content[len(SEAL.format("0" * 64)) :]
    if content != SEAL.format(hashlib.sha256(rest).hexdigest()).encode() + rest:
        hint = f"restore it, or have its files made again by --forcerun {path.parent.name}"
        raise DataError("the record is damaged", where=path, hint=hint)
    record: dict[str, Any] = json.loads(content)
    return record


@cache
def installed_packages() -> dict[str, str]:
    """Give packages and versions of the job's environment by the names of their folders, without metadata.

    The module path is no guide: Snakemake puts that of its own environment at its end.
    """
    folders = (path for place in site.getsitepackages() for path in Path(place).glob("*.dist-info"))
    pairs = (path.stem.rpartition("-")[::2] for path in folders)
    return dict(sorted((name, version.partition("+")[0]) for name, version in pairs))


@cache
def code_version() -> dict[str, Any]:
    """Give commit of this code and whether a tracked file differs from it; nulls outside of git."""
    command = ["git", "--no-optional-locks", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        run = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):  # no git, or no repository: an unpacked release
        return {"commit": None, "dirty": None}
    commit, _, dirty = run.stdout.strip().partition("-")
    return {"commit": commit, "dirty": bool(dirty)}


def device_use() -> dict[str, Any]:
    """Name the GPU of a job that has loaded torch, and the most it took; no other job pays for asking."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return {"device": "cpu", "peak_gpu_memory_mb": None}
    peak = torch.cuda.max_memory_allocated() // 2**20
    return {"device": torch.cuda.get_device_name(), "peak_gpu_memory_mb": peak}
