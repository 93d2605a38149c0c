"""The cell of the experiment, arm and seed, that a result path belongs to, and which cells one job takes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tracekd.core.errors import ConfigError

_CELL = re.compile(r"(?P<arm>[^/]+)/seed(?P<seed>\d+)(?:[/.]|$)")


def arm_and_seed(path: str | Path) -> tuple[str, int]:
    """Read arm and seed from `.../{arm}/seed{seed}/...` or `.../{arm}/seed{seed}.jsonl`."""
    cells = _CELL.findall(Path(path).as_posix())
    if not cells:
        raise ConfigError("names no arm and seed", where=path, hint="expected .../{arm}/seed{seed}/...")
    arm, seed = cells[-1]
    return arm, int(seed)


def count_cells(paths: Iterable[Path]) -> int:
    """Count the cells that these paths belong to; a path that names none counts for nothing."""
    found = (_CELL.search(path.as_posix()) for path in paths)
    return len({cell.groups() for cell in found if cell})


def read_run(path: str | Path) -> dict[str, str | int]:
    """Take dataset, model, arm and seed from a path `.../{dataset}/{model}/{arm}/seed{seed}.jsonl`."""
    dataset, model, arm, file = Path(path).parts[-4:]
    return {"dataset": dataset, "model": model, "arm": arm, "seed": int(Path(file).stem.removeprefix("seed"))}


def choose_cut(one_job_per: str, seeds: Mapping[str, Sequence[int]]) -> str:
    """Say what one job of these arms takes: one `adapter`, all `seeds` of an arm, or all of a `model`.

    Where seeds are to go together but the arms have different ones, no pattern of files tells the jobs apart:
    all arms go together, too.

    Args:
        one_job_per: as the configuration wants it.
        seeds: of each arm.

    """
    differ = len({tuple(some) for some in seeds.values()}) > 1
    return "model" if one_job_per == "seeds" and differ else one_job_per
