"""The workflow as a user runs it: Snakemake in a copy of the project."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from support.examples import ROOT

# with every message of Snakemake, which is silent of jobs unless it is asked
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--printshellcmds", "--cores", "2"]
SMOKE = ["--configfile", "tests/workflow/smoke.yaml"]
SOURCES = (
    "CITATION.cff",
    "LICENSE",
    "README.md",
    "Snakefile",
    "config.yaml",
    "config",
    "docs",
    "profiles",
    "resources",
    "rules",
    "schemas",
    "scripts",
    "tests",
    "envs",
)


def snakemake(folder: Path, *arguments: str, ok: bool = True) -> str:
    """Run Snakemake in a copy of the project; give what it wrote to the screen."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV_")}
    run = subprocess.run(
        [*SNAKEMAKE, *arguments], cwd=folder, capture_output=True, text=True, env=environment, check=False
    )
    screen = run.stdout + run.stderr
    assert (run.returncode == 0) == ok, screen[-4000:]
    assert "Traceback" not in screen
    return screen


def copy_project(folder: Path) -> Path:
    """Copy what the workflow is made of, without any result."""
    folder.mkdir()
    for name in SOURCES:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    return folder


def digests(folder: Path, pattern: str) -> dict[str, str]:
    """SHA-256 of the files that match, by relative path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob(pattern))
        if path.is_file()
    }
