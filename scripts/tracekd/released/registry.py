"""The registry of released files: which path holds which dataset, model, arm, seed and class."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracekd.core.checks import check_names, check_schema, read_yaml
from tracekd.core.errors import ConfigError
from tracekd.datasets import get_dataset
from tracekd.datasets.rows import ALL
from tracekd.settings.config import Replay
from tracekd.traces.build import PROMPT_ONLY


@dataclass(frozen=True, slots=True)
class Table:
    """Released test split of a dataset: its path for each class, or for `all` where one file holds them."""

    dataset: str
    paths: dict[str, str]


@dataclass(frozen=True, slots=True)
class Generations:
    """Released generations of one cell: their path for each class, or for `all` where one file holds them."""

    dataset: str
    model: str
    arm: str
    seed: int
    paths: dict[str, str]

    @property
    def name(self) -> str:
        """Place of the cell in every path of a run."""
        return f"{self.dataset}/{self.model}/{self.arm}/seed{self.seed}"


@dataclass(frozen=True, slots=True)
class Released:
    """A registry such as `config/released.yaml`.

    `url` is the address of a file by repository, commit and path; `folder` holds the files in a mirror;
    `first_seed` is the seed whose files carry no suffix; `datasets` holds path templates; `files` gives each
    path its commit and SHA-256 (None: locked on first use).
    """

    repository: str
    url: str
    folder: str
    first_seed: int
    datasets: dict[str, dict[str, Any]]
    files: dict[str, tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a replay will read: the registry, all cells asked for, and the paths that are there."""

    released: Released
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

    def get_mirror_files(self, mirror: str | None) -> list[str]:
        """Give the paths of the files in a mirror; none without one."""
        if mirror is None:
            return []
        return sorted(f"{mirror}/{self.released.folder}/{path}" for path in self.present)


def plan_replay(replay: Replay, seeds: Sequence[int], models: dict[str, Any], mirror: str | None) -> Plan:
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
    return Plan(released, wanted, present)


def read_released(path: str | Path) -> Released:
    """Read and check a registry of released files; ConfigError names file, key and value of a fault."""
    registry = read_yaml(path)
    check_schema(registry, "released", path)
    commits = registry.pop("commits")
    files = {
        file: (commit, checksum) for commit, group in commits.items() for file, checksum in group.items()
    }
    return Released(**registry, files=files)


def get_table(released: Released, dataset: str) -> Table:
    """Give the paths of a dataset's released test split."""
    template = released.datasets[dataset]["test"]
    return Table(dataset, {label: template.format(label=label) for label in _labels(template, dataset)})


def get_generations(
    released: Released, replay: Replay, seeds: Sequence[int], models: dict[str, Any]
) -> list[Generations]:
    """Give the paths of every cell that `replay` asks for, whether or not anyone has released them.

    Args:
        released: the registry.
        replay: of the config.
        seeds: of the config; the arm without SFT has no more than the first.
        models: the model registry, for the organisation in the names of some files.

    """
    return [
        Generations(dataset, model, arm, seed, dict(_paths(released, dataset, model, arm, seed, models)))
        for dataset in replay.datasets
        # a model may be named by its whole hub id
        for model in (name.rpartition("/")[2] for name in replay.models)
        for arm in replay.arms
        for seed in (seeds[:1] if arm == PROMPT_ONLY else seeds)
    ]


def _paths(
    released: Released, dataset: str, model: str, arm: str, seed: int, models: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield class and path of one cell; nothing where the registry has no such arm."""
    template = released.datasets[dataset]["generations"].get(arm, "")
    names = {
        "organisation": models.get(model, {}).get("id", "").partition("/")[0],
        "model": model,
        "seed": "" if seed == released.first_seed else f"-{seed}",
    }
    for label in _labels(template, dataset) if template else ():
        yield label, template.format(label=label, **names)


def _labels(template: str, dataset: str) -> Sequence[str]:
    """Give the classes that have a file of their own."""
    return get_dataset(dataset).CLASSES if "{label}" in template else (ALL,)


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
