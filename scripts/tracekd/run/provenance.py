"""One record a job: what went in, what came out, by which code, on what; nothing damaged goes in.

`provenance/{run}/{rule}/{wildcards}.json` is local, and only there stand clock times. A record bears its own
digest, so that a damaged record is told from a damaged artefact.
"""

import hashlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tracekd.core.errors import DataError
from tracekd.core.files import atomic_write, sha256_file, sha256_text

FOLDER = Path("provenance")
# larger files of unchanged size and time are not read again before each job; `verify` reads everything
TRUSTED_BYTES = 64 << 20
# Snakemake's own mark in a folder that is an output
SNAKEMAKE_MARK = ".snakemake_timestamp"
# how a record begins
SEAL = '{{\n "sha256": "{}",'


@dataclass(frozen=True, slots=True)
class Made:
    """What a file was when its maker had written it, and the record that says so."""

    sha256: str
    size: int
    mtime_ns: int
    rule: str
    record: Path


@contextmanager
def recorded(job: Any) -> Iterator[None]:
    """Hold the inputs of a job to the records of their makers, run the body, then record the job.

    Raises DataError at the first input that is not what its maker wrote.
    """
    folder = FOLDER / job.config["run"]
    started, clock = datetime.now(UTC), time.perf_counter()
    inputs = check_inputs(job.input, read_made(folder))
    yield
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
        "code": code_version(),
        "python": sys.version.split()[0],
        "packages": installed_packages(),
        **device_use(),
        "started": started.isoformat(),
        "finished": datetime.now(UTC).isoformat(),
        "wall_s": round(time.perf_counter() - clock, 3),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    cell = ".".join(str(value) for name, value in wildcards.items() if name != "run") or "all"
    write_record(record, folder / job.rule / f"{cell}.json")


def check_inputs(paths: Iterable[str], made: Mapping[str, Made]) -> dict[str, str]:
    """Give path -> SHA-256 of all input files; DataError at one that is not what its maker wrote.

    Files without a record (a mirror's, or an adapter put there by the user) are hashed and not judged.
    """
    paths = list(paths)
    found = list_files(paths)
    folders = tuple(f"{path}/" for path in paths if Path(path).is_dir())
    recorded_inside = {path for path in made if path.startswith(folders)}
    for path in sorted(recorded_inside - set(found)):
        raise DataError("is missing", where=path, hint=_remedy(path, made[path]))
    for path in found:
        siblings = f"{Path(path).parent}/"
        if path not in made and any(name.startswith(siblings) for name in recorded_inside):
            raise DataError("was not written by the job that made its folder", where=path, hint="delete it")
    digests = {}
    for path in found:
        digests[path] = _digest(path, made.get(path))
        if path in made and digests[path] != made[path].sha256:
            raise DataError(say_damage(digests[path], made[path]), where=path, hint=_remedy(path, made[path]))
    return digests


def say_damage(seen: str, made: Made) -> str:
    """Say what a file is and what it was."""
    return f"SHA-256 is {seen}, but {made.rule} wrote {made.sha256}"


def _remedy(path: str, made: Made) -> str:
    return f"delete {Path(path).name} to have it made again, or {made.record} if the change is wanted"


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
        raise DataError("the record is damaged", where=path, hint="delete it")
    record: dict[str, Any] = json.loads(content)
    return record


def read_made(folder: Path) -> dict[str, Made]:
    """Give path -> what its latest maker wrote, from all records of a run."""
    return latest({path: read_record(path) for path in sorted(folder.glob("*/*.json"))})


def latest(records: Mapping[Path, dict[str, Any]]) -> dict[str, Made]:
    """Give path -> what its latest maker wrote: `one_job_per` changes which job that is."""
    made = {}
    for source, record in sorted(records.items(), key=lambda item: item[1]["finished"]):
        for path, file in record["outputs"].items():
            made[path] = Made(**file, rule=record["rule"], record=source)
    return made


@cache
def installed_packages() -> dict[str, str]:
    """Give the installed packages and versions by the names of their folders: no metadata need be read."""
    folders = (path for place in sys.path for path in Path(place).glob("*.dist-info"))
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
