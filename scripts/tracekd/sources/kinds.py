"""The kinds of sources that an entry of a registry may name, typed."""

import os
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from tracekd.settings.base import Seed, Settings, Text
from tracekd.sources.digests import GIT

_PART = re.compile(r"[A-Za-z0-9_. -]+")


def stays_inside(path: str) -> str:
    """Refuse a path that could lead out of its folder."""
    parts = path.split("/")
    if not all(_PART.fullmatch(part) and part.strip(".") for part in parts):
        raise PydanticCustomError(
            "path", "should be a relative path with forward slashes that stays inside its folder"
        )
    return path


RelativePath = Annotated[str, AfterValidator(stays_inside)]
Sha256 = Annotated[
    str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of the file: 64 hexadecimal digits")
]
# None: locked on first use
Checksum = Sha256 | None
WebAddress = Annotated[str, Field(pattern=r"^(https://|http://(localhost|127\.0\.0\.1)[:/])[!-~]+$")]
Repository = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", description="Repository on the hub: owner/name")
]


class StandIn(Settings):
    """A file that a mirror may hold in place of one that it lacks, such as a part of it."""

    path: RelativePath = Field(description="Path of the file in the mirror")
    sha256: Sha256


class Download(Settings, ABC):
    """Files that are downloaded, or taken from a mirror."""

    stand_ins: dict[RelativePath, StandIn] = Field(
        {}, description="Path of a file to what a mirror may hold in its place"
    )

    @property
    @abstractmethod
    def checksums(self) -> dict[str, str | None]:
        """Path of every file to its digest (`sources.digests`), None where none is stated."""

    @property
    def origins(self) -> dict[str, str]:
        """Path to the name in the lock, of the files that are locked on first use: where each comes from."""
        return {}


class Hub(Settings):
    """A repository of the hub."""

    kind: Literal["hub"]
    repository: Repository
    revision: Annotated[str, Field(pattern="^[A-Za-z0-9_.-]+$")] = Field(
        description="Commit, or a branch; of a model, a branch is resolved once and then locked"
    )


class Archive(Settings):
    """A tar file of the repository that holds the files."""

    path: RelativePath = Field(description="Path of the tar file in the repository")
    folder: RelativePath = Field(description="Folder of the files in the tar file")


class HubFiles(Hub, Download):
    """Files of a dataset repository of the hub."""

    files: dict[RelativePath, Checksum] = Field(
        min_length=1, description="Path to SHA-256, or to null to lock the file on first use"
    )
    archive: Archive | None = None

    @property
    def checksums(self) -> dict[str, str | None]:
        """Path of every file to its SHA-256, None where none is stated."""
        return dict(self.files)

    @property
    def origins(self) -> dict[str, str]:
        """Path to repository, revision and path."""
        return {path: f"{self.repository}@{self.revision}/{path}" for path in self.files}


class Address(Settings):
    """One file on the web."""

    url: WebAddress = Field(description="Address of the file: https, or http on this machine")
    sha256: Checksum = Field(None, description="SHA-256 of the file; null locks it on first use")
    git_blob: Annotated[str, Field(pattern="^[0-9a-f]{40}$")] | None = Field(
        None, description="Id of the file in its git repository, where that is all that is known of it"
    )

    @property
    def digest(self) -> str | None:
        """What the file is held to (`sources.digests`)."""
        return self.sha256 or (GIT + self.git_blob if self.git_blob else None)


class Url(Download):
    """Files on the web, each at an address of its own."""

    kind: Literal["url"]
    files: dict[RelativePath, Address] = Field(min_length=1, description="Path to address and SHA-256")

    @property
    def checksums(self) -> dict[str, str | None]:
        """Path of every file to its SHA-256, else to its git blob id, None where neither is stated."""
        return {path: file.digest for path, file in self.files.items()}

    @property
    def origins(self) -> dict[str, str]:
        """Path to address."""
        return {path: file.url for path, file in self.files.items()}


class Local(Settings):
    """A folder on this machine; a relative path starts at the folder of the registry file."""

    kind: Literal["local"]
    path: Text = Field(description="Folder that holds the files")
    files: dict[RelativePath, Sha256] = Field(
        {}, description="Path to SHA-256 of those files that are taken; without it all are, as they are"
    )


class Member(Settings):
    """One file in a Python package."""

    member: RelativePath = Field(description="Path of the file in the package's wheel")
    sha256: Checksum = Field(None, description="SHA-256 of the file itself; the wheel's holds it in any case")


class Package(Download):
    """Files in a Python package of the package index, fetched by pip."""

    kind: Literal["package"]
    distribution: Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$")] = Field(
        description="Name of the package"
    )
    version: Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9.!+_-]*$")] = Field(
        description="Version of the package"
    )
    sha256: Sha256 = Field(description="SHA-256 of the wheel")
    files: dict[RelativePath, Member] = Field(min_length=1, description="Path to the file in the wheel")

    @property
    def checksums(self) -> dict[str, str | None]:
        """Path of every file to its SHA-256, None where none is stated."""
        return {path: file.sha256 for path, file in self.files.items()}


class Simulate(Settings):
    """A dataset that the workflow writes itself."""

    kind: Literal["simulate"]
    sizes: dict[str, Annotated[int, Field(ge=0)]] = Field(
        min_length=1, description="How much to write, by the names that the simulator knows"
    )


class Demo(Settings):
    """A tiny model that the workflow trains itself."""

    kind: Literal["demo"]
    architecture: Literal["llama", "qwen3"] = Field(description="Architecture of the network")
    seed: Seed = Field(description="Seed of initialisation and pre-training")


FileSource = HubFiles | Url | Package | Local
DatasetSource = Annotated[
    HubFiles | Url | Local | Package | Simulate,
    Field(discriminator="kind", description="hub, url, local, package or simulate"),
]
ModelSource = Annotated[
    Hub | Url | Local | Package | Demo,
    Field(discriminator="kind", description="hub, url, local, package or demo"),
]

Source = TypeVar("Source", bound=Settings)


def beside(registry: str | Path, path: str) -> str:
    """Resolve a path that a registry names: a relative one starts at the folder of the registry file."""
    return os.path.normpath(Path(registry).parent / Path(path).expanduser())


def resolve_source(source: Source, registry: str | Path) -> Source:
    """Give a source whose folder on this machine, if it is a local one, is resolved by `beside`."""
    if not isinstance(source, Local):
        return source
    return source.model_copy(update={"path": beside(registry, source.path)})


def local_files(source: Settings) -> list[str]:
    """List the files of a local source, so that a changed one is read again; [] for every other kind."""
    if not isinstance(source, Local):
        return []
    folder = Path(source.path)
    if source.files:
        return [str(folder / path) for path in source.files]
    return [str(folder / path) for path in visible_files(folder)]


def visible_files(folder: Path) -> list[str]:
    """List the files below a folder by relative path, sorted, without hidden ones; [] where there is none."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts))
