"""What must hold before Snakemake merges a configuration (rules/start.smk)."""

import os
import signal
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

import psutil

from tracekd.core.checks import read_yaml
from tracekd.core.errors import ConfigError

CONFIG = "config.yaml"


def put_first(scripts: str) -> None:
    """Make this workflow's own package the first of its name for every job that this call starts."""
    others = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([scripts, others] if others else [scripts])


def end_with_terminal() -> None:
    """Make a closed terminal end a call as Ctrl-C does: its jobs too, and the lock is free.

    Otherwise Snakemake dies at once and the job at work goes on without it. A call by nohup goes on.
    """
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Interrupt this process and all that it has started."""
    for process in [*psutil.Process().children(recursive=True), psutil.Process(os.getpid())]:
        try:
            process.send_signal(signal.SIGINT)
        except psutil.NoSuchProcess:  # it has ended since
            continue


def check_start(home: Path, configfiles: Iterable[str | Path]) -> None:
    """Check that a call starts where the workflow's files are, and that its YAML is what it seems to be.

    Snakemake itself keeps the last of two equal keys without a word.

    Args:
        home: folder of the Snakefile.
        configfiles: of the command line.

    Raises ConfigError at the first fault.

    """
    if not Path("config").is_dir() or not Path(CONFIG).is_file():
        raise ConfigError(
            f"this folder has no {CONFIG} and no folder config",
            where=Path.cwd(),
            hint=f"start in the folder of the workflow, or add --directory {home}",
        )
    for path in [CONFIG, *configfiles]:
        read_yaml(path)
