"""The cell of the experiment, arm and seed, that a result path belongs to."""

import re
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
