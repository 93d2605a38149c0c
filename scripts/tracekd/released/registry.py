"""The registry of released files: which path holds which dataset, model, arm, seed and class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from tracekd.core.checks import read_yaml
from tracekd.datasets import BUILT_IN, get_dataset
from tracekd.datasets.rows import ALL
from tracekd.models.registry import Model
from tracekd.settings.base import Seed, Settings, Text, parse_settings
from tracekd.settings.config import Replay
from tracekd.sources.digests import Digest
from tracekd.sources.kinds import RelativePath, Repository, WebAddress, stays_inside
from tracekd.traces.arms import PROMPT_ONLY


def _fill(template: str, names: Sequence[str]) -> str:
    """Fill a template in; refuse one that leaves anything but these names open."""
    try:
        return template.format(**dict.fromkeys(names, "x"))
    except (KeyError, IndexError, AttributeError, ValueError):
        raise PydanticCustomError(
            "template", "should have nothing in braces but {names}", {"names": ", ".join(names)}
        ) from None


def _is_template(template: str) -> str:
    """Refuse a template whose paths could lead out of their folder."""
    stays_inside(_fill(template, ("label", "organisation", "model", "seed")))
    return template


def _is_address(url: str) -> str:
    """Refuse an address that is not one for each file."""
    _fill(url, ("repository", "commit", "path"))
    return url


def _is_known(dataset: str) -> str:
    """Refuse a dataset whose released lines nobody can read."""
    if dataset not in BUILT_IN:
        raise PydanticCustomError(
            "dataset", "should be a dataset that was released: {names}", {"names": ", ".join(BUILT_IN)}
        )
    return dataset


Dataset = Annotated[str, AfterValidator(_is_known)]
Template = Annotated[str, AfterValidator(_is_template)]
Commit = Annotated[str, Field(pattern="^[0-9a-f]{40}$")]
# commit to folder to file to digest
Commits = dict[Commit, dict[RelativePath, dict[RelativePath, Digest | None]]]


class ReleasedFile(NamedTuple):
    """Where a file was released, and its digest (None: locked on first use)."""

    commit: str
    digest: str | None


def _list_files(commits: Commits) -> list[tuple[str, ReleasedFile]]:
    """List path, commit and digest in the order of the registry."""
    return [
        (f"{folder}/{name}", ReleasedFile(commit, digest))
        for commit, folders in commits.items()
        for folder, names in folders.items()
        for name, digest in names.items()
    ]


def _lists_each_file_once(commits: Commits) -> Commits:
    """Refuse a file at two commits: it could be held to one of them only."""
    seen: set[str] = set()
    for path, _ in _list_files(commits):
        if path in seen:
            raise PydanticCustomError("once", "should list {path} once", {"path": repr(path)})
        seen.add(path)
    return commits


class Templates(Settings):
    """Where the files of a dataset are: paths that leave class, model and seed open."""

    test: Template = Field(description="CSV of the test split")
    generations: dict[Text, Template] = Field(min_length=1, description="Arm to file of generations")
    responses: dict[Text, Template] = Field(
        {}, description="Kind of the teacher's response to its file of responses"
    )


class Released(Settings):
    """A registry such as `config/released.yaml`."""

    repository: Repository
    url: Annotated[WebAddress, AfterValidator(_is_address)] = Field(
        description="Address of a file by {repository}, {commit} and {path}"
    )
    folder: RelativePath = Field(description="Folder of the files in a mirror")
    first_seed: Seed = Field(description="Seed of the files whose names carry none")
    datasets: dict[Dataset, Templates] = Field(
        min_length=1, description="Dataset to the templates of its paths"
    )
    commits: Annotated[Commits, AfterValidator(_lists_each_file_once)] = Field(
        description="Commit to folder to file to digest: SHA-256, git: and the git blob id, or null to lock "
        "the file on first use"
    )

    @cached_property
    def files(self) -> dict[str, ReleasedFile]:
        """Path to commit and digest of every file that is known."""
        return dict(_list_files(self.commits))


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


def read_released(path: str | Path) -> Released:
    """Read and check a registry of released files; ConfigError names file, key and value of a fault."""
    return parse_settings(Released, read_yaml(path), path)


def get_table(released: Released, dataset: str) -> Table:
    """Give the paths of a dataset's released test split."""
    template = released.datasets[dataset].test
    return Table(dataset, {label: template.format(label=label) for label in _labels(template, dataset)})


def get_generations(
    released: Released, replay: Replay, seeds: Sequence[int], models: Mapping[str, Model]
) -> list[Generations]:
    """Give the paths of every cell that `replay` asks for, whether or not anyone has released them.

    Args:
        released: the registry.
        replay: of the config.
        seeds: of the config; the arm without SFT has no more than the first.
        models: the model registry, for the organisation in the names of some files.

    """
    return [
        Generations(dataset, model, arm, seed, get_paths(released, dataset, model, arm, seed, models))
        for dataset in replay.datasets
        # a model may be named by its whole hub id
        for model in (name.rpartition("/")[2] for name in replay.models)
        for arm in replay.arms
        for seed in (seeds[:1] if arm == PROMPT_ONLY else seeds)
    ]


def get_paths(
    released: Released, dataset: str, model: str, arm: str, seed: int, models: Mapping[str, Model]
) -> dict[str, str]:
    """Give class to path of one cell; nothing where the registry has no such dataset or arm."""
    template = released.datasets[dataset].generations.get(arm) if dataset in released.datasets else None
    if template is None:
        return {}
    names = {
        "organisation": models[model].organisation if model in models else "",
        "model": model,
        "seed": "" if seed == released.first_seed else f"-{seed}",
    }
    return {label: template.format(label=label, **names) for label in _labels(template, dataset)}


def _labels(template: str, dataset: str) -> Sequence[str]:
    """Give the classes that have a file of their own."""
    return get_dataset(dataset).classes if "{label}" in template else (ALL,)
