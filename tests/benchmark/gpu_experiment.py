"""The experiment in calls of ten minutes, on a machine with a GPU that reaches no network.

    python tests/benchmark/gpu_experiment.py pack --out PARTS             # with a network, or a mirror
    python tests/benchmark/gpu_experiment.py run --parts PARTS --out OUT  # there; again, until it is finished

Both in the folder of the workflow, with the same `--config` files. `pack` writes what the run would download
as parts that can travel one by one: mirror.tar.xz.00, … and SHA256SUMS. `run` checks and joins them, starts
Snakemake, stops it when the time is up, and leaves in OUT what there is by then, small enough to travel back:

    machine.json     device, Python and packages
    screen.txt       what Snakemake said
    jobs.csv         what every finished job took (`COLUMNS`)
    {run}.tar.xz     results without weights, figures, benchmarks, logs and records, to unpack in another
                     folder of the workflow

Ends with exit code 1 and one sentence if the run is not finished.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

from snakemake.utils import update_config

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from tracekd.core.checks import read_yaml  # noqa: E402
from tracekd.core.errors import DataError, TraceKDError, WorkError  # noqa: E402
from tracekd.core.files import atomic_folder, atomic_write, sha256_file  # noqa: E402
from tracekd.core.texts import write_rows  # noqa: E402
from tracekd.run.provenance import device_use, installed_packages, read_record  # noqa: E402
from tracekd.sources.archives import BROKEN  # noqa: E402
from tracekd.sources.fetch import fetch_files, mirror_folder  # noqa: E402
from tracekd.sources.kinds import Download  # noqa: E402
from tracekd.workflow.run import Run, read_run  # noqa: E402

CONFIGS = ["config/small_llm_full.yaml", "config/one_gpu.yaml", "config/experiment.yaml"]
PACKED, SUMS = "mirror.tar.xz", "SHA256SUMS"
PRESET = 1  # of xz: weights of four bits hardly get smaller, and text does at any
FOLDERS = ("results", "figures", "benchmarks", "logs", "provenance")
# large, and not needed where the numbers are read
LEFT = {"raw", "models", "adapter_model.safetensors"}
# of jobs.csv; as in the records of jobs, with the part of their path that names the job
COLUMNS = ("rule", "job", "wall_s", "peak_memory_mb", "device", "peak_gpu_memory_mb")
GRACE_S = 20.0  # in which jobs end that are interrupted
LOG_LINES = 30


def main() -> None:
    """Pack or run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    packing, running = (commands.add_parser(name) for name in ("pack", "run"))
    packing.add_argument("--mirror", type=Path, help="folder that stands in for downloads")
    packing.add_argument("--megabytes", type=float, default=55, help="of a part, at most")
    running.add_argument("--parts", type=Path, required=True)
    running.add_argument("--minutes", type=float, default=9, help="after which Snakemake is stopped")
    for command in (packing, running):
        command.add_argument("--out", type=Path, required=True)
        command.add_argument("--config", nargs="+", default=CONFIGS, help="files, as for --configfile")
    chosen = parser.parse_args()
    try:
        if chosen.command == "pack":
            pack(read_configs(chosen.config), chosen.mirror, chosen.out, round(chosen.megabytes * 1e6))
        else:
            run(chosen.config, chosen.parts, chosen.out, chosen.minutes)
    except TraceKDError as error:
        sys.exit(f"Error: {error}")


def read_configs(paths: Iterable[str]) -> Run:
    """Read a run as Snakemake merges its configuration."""
    config = read_yaml("config.yaml")
    for path in paths:
        update_config(config, read_yaml(path))
    return read_run(config)


def pack(run: Run, mirror: Path | None, out: Path, most_bytes: int) -> None:
    """Write what a run would download, laid out as a mirror, in parts of so many bytes at most."""
    with TemporaryDirectory() as scratch, atomic_folder(out) as folder:
        packed = Path(scratch) / PACKED
        gather(run, mirror, Path(scratch) / "mirror")
        write_tar(packed, Path(scratch) / "mirror", ["."])
        whole, sums = packed.read_bytes(), ""
        for number, start in enumerate(range(0, len(whole), most_bytes)):
            part = folder / f"{PACKED}.{number:02}"
            part.write_bytes(whole[start : start + most_bytes])
            sums += f"{sha256_file(part)}  {part.name}\n"
            print(f"{out / part.name}: {part.stat().st_size / 1e6:.1f} MB")
        (folder / SUMS).write_text(sums, "utf-8")


def gather(run: Run, mirror: Path | None, folder: Path) -> None:
    """Bring what is downloaded of the run's datasets and models into a folder, named as in a mirror.

    Not a model of the hub: those are too large to travel like this.
    """
    sources = {entry.folder or name: entry.source for name, entry in run.dataset_entries.items()}
    sources |= {entry.mirror_folder(name): entry.source for name, entry in run.model_entries.items()}
    lock = folder.with_name("lock.json")
    for name, source in sources.items():
        if isinstance(source, Download):
            place = folder / name
            place.mkdir(parents=True)
            for path, other in fetch_files(name, source, place, mirror_folder(mirror, name), lock).items():
                (place / path).rename(place / other)


def write_tar(path: Path, root: Path, places: Iterable[str], left: Collection[str] = ()) -> None:
    """Pack what lies at places below a root, except what is named as in `left`; equal files, equal bytes."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        member.mtime, member.uid, member.gid, member.uname, member.gname = 0, 0, 0, "", ""
        return None if Path(member.name).name in left else member

    with tarfile.open(path, "w:xz", preset=PRESET) as tar:
        for place in places:
            tar.add(root / place, place, filter=plain)


def run(configs: Sequence[str], parts: Path, out: Path, minutes: float) -> None:
    """Go on with the run for so many minutes, and leave in `out` what is there by then.

    Raises DataError at a part that is damaged or missing, WorkError where the run is not finished.
    """
    end = time.monotonic() + 60 * minutes
    name, mirror = read_configs(configs).name, parts / "mirror"
    if not mirror.is_dir():
        unpack(parts, mirror)
    with atomic_write(out / "machine.json") as stream:
        json.dump(describe_machine(), stream, indent=2)
    code = call_snakemake(configs, mirror, out / "screen.txt", end)
    is_late = time.monotonic() >= end
    jobs = list(list_jobs(name))
    write_rows(jobs, out / "jobs.csv", COLUMNS)
    places = [f"{folder}/{name}" for folder in FOLDERS if Path(folder, name).is_dir()]
    write_tar(out / f"{name}.tar.xz", Path(), places, LEFT)
    if code == 0:
        return
    if is_late:
        what, hint = f"stopped after {minutes:g} minutes", "give the same command again"
    else:
        show_faults(Path("logs") / name)
        what, hint = "a job failed", f"see {out / 'screen.txt'}"
    raise WorkError(f"{what}, {len(jobs)} jobs are finished", where=name, hint=hint)


def unpack(parts: Path, mirror: Path) -> None:
    """Check and join the parts, and make a mirror of them."""
    whole, sums = b"", parts / SUMS
    if not sums.is_file():
        raise DataError("is missing", where=sums, hint="bring it with the parts")
    for line in sums.read_text("utf-8", errors="replace").splitlines():
        digest, _, name = line.partition("  ")
        part = parts / name
        if not part.is_file() or sha256_file(part) != digest:
            raise DataError("the part is missing or damaged", where=part, hint="bring it again")
        whole += part.read_bytes()
    try:
        with atomic_folder(mirror) as folder, tarfile.open(fileobj=BytesIO(whole)) as tar:
            tar.extractall(folder, filter="data")
    except BROKEN as error:
        raise DataError("lists not all of the parts", where=sums, hint="bring it again") from error


def describe_machine() -> dict[str, object]:
    """Name device, Python and packages."""
    import torch  # noqa: F401, by which the device is asked for

    device = device_use()["device"]
    return {"device": device, "python": platform.python_version(), "packages": installed_packages()}


def call_snakemake(configs: Sequence[str], mirror: Path, screen: Path, end: float) -> int:
    """Run Snakemake as far as it comes; give its exit code. What it says goes to the screen and a file."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--cores",
        str(len(os.sched_getaffinity(0))),
        "--configfile",
        *configs,
    ]
    with subprocess.Popen(
        [*command, "--config", f"mirror={mirror.resolve()}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # where this script runs in the background, it is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        left = end - time.monotonic()
        timers = [
            Timer(left + more, os.killpg, (process.pid, number))
            for more, number in ((0, signal.SIGINT), (GRACE_S, signal.SIGKILL))
        ]
        for timer in timers:
            timer.start()
        with screen.open("w", encoding="utf-8") as stream:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                stream.write(line)
        for timer in timers:
            timer.cancel()
    return process.returncode


def list_jobs(run: str) -> Iterator[list[object]]:
    """Yield what the finished jobs of a run took, by their records."""
    for path in sorted(Path("provenance", run).glob("*/*.json")):
        record = read_record(path) | {"job": path.stem}
        yield [record[name] for name in COLUMNS]


def show_faults(logs: Path) -> None:
    """Print the ends of the logs of jobs that failed."""
    for path in sorted(logs.glob("*/*.log")):
        lines = path.read_text("utf-8", errors="replace").splitlines()
        if any(line.startswith("Traceback") for line in lines):
            print(f"--- {path}", *lines[-LOG_LINES:], sep="\n", flush=True)


if __name__ == "__main__":
    main()
