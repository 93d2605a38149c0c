"""The dataset registry: source, licence, checksums and reader options of every raw file, typed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracekd.core.checks import check_names, check_schema, read_yaml


@dataclass(frozen=True, slots=True)
class Entry:
    """One dataset of a registry such as `config/datasets.yaml`.

    `source` holds `kind` and what that kind needs: `hub` (repository, revision, archive if any), `mirror`
    (nothing), `simulate` (sizes). `files` gives each relative path its SHA-256, None where it is to be locked
    on first use; `folder` is where a mirror holds them. `options` are for the reader of the dataset,
    `expected` (train, test, tokens, download_mb) for the forecast.
    """

    name: str
    title: str
    citation: str
    licence: str
    source: dict[str, Any]
    options: dict[str, Any]
    folder: str = ""
    files: dict[str, str | None] = field(default_factory=dict)
    expected: dict[str, float] = field(default_factory=dict)


def read_registry(path: str | Path) -> dict[str, Entry]:
    """Read and check a registry: dataset name to entry; ConfigError names file, key and value of a fault."""
    registry = read_yaml(path)
    check_schema(registry, "registry", path)
    return {name: Entry(name=name, **fields) for name, fields in registry.items()}


def get_entry(path: str | Path, dataset: str) -> Entry:
    """Give one dataset's entry; ConfigError suggests the nearest name where there is none."""
    registry = read_registry(path)
    check_names([dataset], registry, "config: datasets", f"see {path}")
    return registry[dataset]
