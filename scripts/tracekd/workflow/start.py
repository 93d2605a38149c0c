"""What must hold before Snakemake merges a configuration (rules/start.smk)."""

import json
import os
import signal
import socket
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

import psutil

from tracekd.core.checks import read_json_object, read_yaml
from tracekd.core.errors import ConfigError, DataError, tell
from tracekd.core.files import atomic_write

CONFIG = "config.yaml"
# of Snakemake: lists of files that a call reads and makes; beside them stands whose they are
LOCKS, OWNER = Path(".snakemake/locks"), ".owner"
# in the environment of all processes that a call starts
MARK = "TRACEKD_CALL"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of Snakemake that holds locks."""

    host: str
    process: int
    locks: list[str]

    @property
    def name(self) -> str:
        """What no other call is called that is at work."""
        return f"{self.host}.{self.process}"


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


def claim_locks(locks: Iterable[str], folder: Path = LOCKS) -> None:
    """Write down that this call holds these locks of Snakemake, and let all that it starts bear its name.

    Snakemake's own files do not say whose they are. It deletes the whole folder when it ends in order.
    """
    call = Call(socket.gethostname(), os.getpid(), sorted(map(str, locks)))
    if call.locks:  # jobs hold none of their own
        os.environ[MARK] = call.name
        with atomic_write(folder / f"{call.name}{OWNER}") as stream:
            json.dump(asdict(call), stream)


def free_locks(folder: Path = LOCKS) -> None:
    """Delete the locks of calls of this very host that are gone with all that they started; others stay.

    Raises DataError where it cannot be read whose a lock is.
    """
    for owner in sorted(folder.glob(f"*{OWNER}")):
        call = _read_call(owner)
        if call.host != socket.gethostname() or _is_at_work(call):
            continue
        try:
            owner.unlink()
        except FileNotFoundError:  # another call is just doing the same
            continue
        for lock in call.locks:
            Path(lock).unlink(missing_ok=True)
        tell(f"Note: freed the lock of process {call.process}, which is gone")


def _read_call(owner: Path) -> Call:
    """Read whose a lock is."""
    hint = f"if no other call is at work in this folder, delete {owner.parent}"
    fields = read_json_object(owner, hint)
    try:
        return Call(str(fields["host"]), int(fields["process"]), list(map(str, fields["locks"])))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError("does not say whose the lock is", where=owner, hint=hint) from error


def _is_at_work(call: Call) -> bool:
    """Tell whether the process of a call of this host lives, or one that it has started.

    Another process may have got its number since: then the lock stays, which does no harm.
    """
    processes = psutil.process_iter(["environ"])
    return psutil.pid_exists(call.process) or any(
        (process.info["environ"] or {}).get(MARK) == call.name for process in processes
    )
