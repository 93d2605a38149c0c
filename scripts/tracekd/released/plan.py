"""Which released generations a replay reads: those it asks for, and those that are there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracekd.core.checks import check_names
from tracekd.core.errors import ConfigError
from tracekd.models.registry import Model
from tracekd.released.registry import Generations, Released, get_generations, get_table, read_released
from tracekd.settings.config import Replay


@dataclass(frozen=True, slots=True)
class Plan:
    """Which generations a run that makes none will read: cells asked for, and paths that are there."""

    wanted: list[Generations]
    present: set[str]

    @property
    def found(self) -> list[Generations]:
        """Cells with at least one file."""
        return [cell for cell in self.wanted if self.present & set(cell.paths.values())]

    @property
    def cells(self) -> list[tuple[str, str, str, int]]:
        """(dataset, model, arm, seed) of the cells with at least one file."""
        return [(cell.dataset, cell.model, cell.arm, cell.seed) for cell in self.found]

    @property
    def grid(self) -> dict[str, list[str]]:
        """Datasets, models and arms of the cells with at least one file, in config order."""
        return {
            f"{name}s": list(dict.fromkeys(getattr(cell, name) for cell in self.found))
            for name in ("dataset", "model", "arm")
        }


@dataclass(frozen=True, slots=True)
class ReplayPlan(Plan):
    """The plan of a replay, with the registry of the released files."""

    released: Released

    def get_mirror_files(self, mirror: str | None) -> list[str]:
        """Give the paths of the files in a mirror; none without one."""
        if mirror is None:
            return []
        return sorted(f"{mirror}/{self.released.folder}/{path}" for path in self.present)


def plan_replay(
    replay: Replay, seeds: Sequence[int], models: Mapping[str, Model], mirror: str | None
) -> ReplayPlan:
    """Find out which of the generations asked for there are.

    Args:
        replay: of the config.
        seeds: of the config.
        models: the model registry.
        mirror: folder that holds the released files; None to download.

    Raises ConfigError when there are none, or not all of them although `allow_missing` is false.

    """
    released = read_released(replay.released)
    check_names(replay.datasets, released.datasets, "config: replay.datasets", f"see {replay.released}")
    wanted = get_generations(released, replay, seeds, models)
    present = find_present(released, wanted, mirror)
    if not replay.allow_missing:
        check_complete(wanted, present)
    return ReplayPlan(wanted, present, released)


def find_present(released: Released, cells: Sequence[Generations], mirror: str | None) -> set[str]:
    """Give the paths, of generations and of test splits, that the mirror holds or that can be downloaded.

    Raises ConfigError when there is not one file of generations.
    """
    tables = [get_table(released, dataset) for dataset in dict.fromkeys(cell.dataset for cell in cells)]
    paths = [*(cell.paths for cell in cells), *(table.paths for table in tables)]
    wanted = {path for some in paths for path in some.values()}
    if mirror is None:
        present = wanted & set(released.files)
        where, hint = "config: replay", "choose datasets, models and arms that the registry lists"
    else:
        folder = Path(mirror) / released.folder
        present = {path for path in wanted if (folder / path).is_file()}
        where, hint = f"config: mirror {mirror}", f"a mirror holds {released.folder}/ with the released paths"
    if not any(path in present for cell in cells for path in cell.paths.values()):
        raise ConfigError("holds none of the generations asked for", where=where, hint=hint)
    return present


def check_complete(cells: Sequence[Generations], present: set[str]) -> None:
    """Raise ConfigError at the first file of generations that is missing (`allow_missing: false`)."""
    for cell in cells:
        missing = sorted(set(cell.paths.values()) - present)
        if missing or not cell.paths:
            raise ConfigError(
                f"no released file for {cell.dataset} / {cell.model} / {cell.arm} / seed {cell.seed}",
                where=missing[0] if missing else "config: replay",
                hint="leave the combination out, or set allow_missing: true",
            )
