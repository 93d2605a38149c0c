"""Damage every kind of artefact of a finished run and count what is noticed; time what the records cost.

    snakemake --cores 2 --configfile tests/workflow/smoke.yaml
    python tests/benchmark/bench_integrity.py --run smoke

Works on a copy of results, figures and records: the run itself is only read.
"""

import argparse
import contextlib
import io
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from tracekd.adapters.trainer import MANIFEST, newest_checkpoint  # noqa: E402
from tracekd.core.errors import DataError  # noqa: E402
from tracekd.run.audit import verify_run  # noqa: E402
from tracekd.run.code import (  # noqa: E402
    code_digests,
    code_parts,
    digest_parts,
    find_modules,
    package_modules,
    read_memory,
    read_source,
)
from tracekd.run.jobs import rule_job  # noqa: E402
from tracekd.run.provenance import (  # noqa: E402
    FOLDER,
    POINTERS,
    Made,
    Makers,
    check_inputs,
    code_version,
    installed_packages,
    read_record,
)

# how the path of each kind begins under results/{run}/, and ends
KINDS = {
    "raw": ("raw/", ""),
    "question": ("questions/", ".jsonl"),
    "trace": ("traces/", ".jsonl"),
    "base model": ("models/", ".safetensors"),
    "adapter": ("adapters/", ".safetensors"),
    "generation": ("generations/", ".jsonl"),
    "scores": ("scores/", ".csv"),
    "table": ("tables/", ".csv"),
    "figure": (None, ".pdf"),
}
CUTS = range(0, 100, 10)  # percent of the bytes that are left
FLIPS = 200
RULE = "score_generations"  # the job that is timed, by its code
# what a process remembers, and each real job is a process of its own
REMEMBERED = (code_version, find_modules, installed_packages, package_modules, read_memory, read_source)


@contextlib.contextmanager
def damaged(path: Path, content: bytes) -> Iterator[None]:
    """Give a file another content with its old time for a while."""
    whole, stat = path.read_bytes(), path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    try:
        yield
    finally:
        path.write_bytes(whole)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def is_refused(path: str, makers: Makers) -> bool:
    """Tell whether a job that has this file as input stops and names it."""
    try:
        check_inputs([path], makers)
    except DataError as error:
        return path in str(error)
    return False


def is_detected(path: str, run: str) -> bool:
    """Tell whether `verify` names this file and no other."""
    with contextlib.redirect_stderr(io.StringIO()):
        faults = verify_run(run).faults
    return bool(faults) and all(fault.startswith(f"{path}:") for fault in faults)


def read_inputs(run: str) -> set[str]:
    """Give all inputs of a run; some, such as registries, stand beside its results."""
    return {path for record in (FOLDER / run).glob("*/*.json") for path in read_record(record)["inputs"]}


def find(run: str, kind: str, made: dict[str, Made]) -> str:
    """Give the first recorded file of a kind."""
    start, end = KINDS[kind]
    begin = f"figures/{run}/" if start is None else f"results/{run}/{start}"
    return min(path for path in made if path.startswith(begin) and path.endswith(end))


def cut(path: Path, percent: int) -> bytes:
    """Give the first percent of a file's bytes."""
    content = path.read_bytes()
    return content[: len(content) * percent // 100]


def count_checkpoint(folder: Path) -> int:
    """Count the cuts of a sealed checkpoint after which a resumed training does not take it."""
    refused = 0
    for percent in CUTS:
        checkpoint = shutil.copytree(folder / "checkpoint-9", folder / str(percent) / "checkpoint-9")
        path = checkpoint / "adapter_model.safetensors"
        path.write_bytes(cut(path, percent))
        refused += newest_checkpoint(checkpoint.parent) is None
    return refused


def make_checkpoint(adapter: Path, folder: Path) -> None:
    """Seal an adapter the way training seals its checkpoints."""
    from tracekd.adapters.trainer import SealCheckpoint

    checkpoint = folder / "checkpoint-9"
    checkpoint.mkdir(parents=True)
    for name in ("adapter_model.safetensors", "adapter_config.json"):
        shutil.copy(adapter.parent / name, checkpoint)
    SealCheckpoint().on_save(SimpleNamespace(output_dir=folder), SimpleNamespace(global_step=9), None)
    assert (checkpoint / MANIFEST).exists()


def flip(content: bytes, drawn: random.Random) -> bytes:
    """Change one byte at random."""
    damaged = bytearray(content)
    damaged[drawn.randrange(len(damaged))] ^= drawn.randrange(1, 256)
    return bytes(damaged)


def measure(work: Callable[[], None], rounds: int = 20) -> float:
    """Give the median wall time of some work in milliseconds."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds)


def small_job(run: str, question: str, number: int = 0) -> SimpleNamespace:
    """Stand in for a job that reads one question file and writes a few bytes."""
    named = [("dataset", f"bench{number}")]
    return SimpleNamespace(
        rule=RULE,
        config={"run": run},
        input=[question],
        output=["bench.txt"],
        params=SimpleNamespace(items=dict, code=digest_parts(code_parts(RULE))),
        wildcards=SimpleNamespace(items=lambda: named),
        log=["bench.log"],
    )


def main() -> None:
    """Cut, flip, time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="smoke")
    run = parser.parse_args().run
    with tempfile.TemporaryDirectory() as copy:
        for name in ("results", "figures", str(FOLDER), str(FOLDER / POINTERS)):
            shutil.copytree(Path(name) / run, Path(copy) / name / run)
        for path in read_inputs(run):
            if not (Path(copy) / path).exists():
                (Path(copy) / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, Path(copy) / path)
        os.chdir(copy)
        makers = Makers(FOLDER / run)
        made = {path: found for path in makers.find_inside(".") if (found := makers.get(path))}
        paths = {kind: find(run, kind, made) for kind in KINDS}

        print(f"{'cut at each 10 % of the bytes':<30} {'refused by a job':>18} {'named by verify':>18}")
        for kind, path in paths.items():
            refused = detected = 0
            for percent in CUTS:
                with damaged(Path(path), cut(Path(path), percent)):
                    refused += is_refused(path, makers)
                    detected += is_detected(path, run)
            print(f"{kind:<30} {f'{refused} of {len(CUTS)}':>18} {f'{detected} of {len(CUTS)}':>18}")
        make_checkpoint(Path(paths["adapter"]), Path("work"))
        refused = count_checkpoint(Path("work"))
        print(f"{'checkpoint':<30} {f'{refused} of {len(CUTS)}':>18} {'-':>18}")

        drawn = random.Random(0)
        candidates = sorted(path for path in made if Path(path).stat().st_size)
        caught = {"refused by a job": 0, "named by verify": 0}
        for _ in range(FLIPS):
            path = drawn.choice(candidates)
            with damaged(Path(path), flip(Path(path).read_bytes(), drawn)):
                caught["refused by a job"] += is_refused(path, makers)
                caught["named by verify"] += is_detected(path, run)
        for what, count in caught.items():
            print(f"one flipped byte, {what}: {count} of {FLIPS} in {len(candidates)} files")

        def work() -> None:
            for known in REMEMBERED:
                known.cache_clear()
            with rule_job(job):
                Path("bench.txt").write_text("done")

        code_digests([RULE])
        job = small_job(run, paths["question"])
        records = len(list((FOLDER / run).glob("*/*.json")))
        size = Path(paths["question"]).stat().st_size / 1e6
        print(f"a small job among {records} records, input of {size:.1f} MB: {measure(work):.1f} ms")
        template = (FOLDER / run / f"{RULE}/bench0.json").read_bytes()
        for count in (500, 5000):
            for number in range(count - records):
                record = FOLDER / run / f"{RULE}/copy{number}.json"
                record.write_bytes(template)
                makers.add(record, [f"bench/copy{number}.txt"])
            print(f"the same among {count} records: {measure(work):.1f} ms")


if __name__ == "__main__":
    main()
