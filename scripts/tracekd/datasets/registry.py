"""The dataset registry: source, licence, checksums and reader options of every dataset, typed."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from tracekd.core.checks import check_names, read_yaml
from tracekd.core.errors import ConfigError
from tracekd.datasets import DATASETS, get_dataset
from tracekd.run.sizes import Size
from tracekd.settings.base import Count, Settings, Text, parse_settings
from tracekd.settings.config import Limit
from tracekd.sources.kinds import DatasetSource, Local, RelativePath, Simulate, resolve_source


class Expected(Settings):
    """Sizes for the forecast."""

    train: Count = Field(description="Training questions")
    test: Count = Field(description="Test questions")
    tokens: Count = Field(description="Mean tokens of a conversation with a trace")
    download_mb: Annotated[float, Field(ge=0)] = Field(0, description="Megabytes to download")


class Entry(Settings):
    """One dataset of a registry such as `config/datasets.yaml`."""

    title: Text = Field(description="Name in tables and figures")
    citation: Text = Field(description="Work to cite")
    licence: Text = Field(description="Terms of use")
    source: DatasetSource
    folder: RelativePath | None = Field(
        None, description="Folder of the files in a mirror; the name of the dataset if not given"
    )
    options: dict[str, Any] = Field({}, description="How the reader draws train and test")
    expected: Expected | None = Field(None, description="Sizes for the forecast, if known")


def read_registry(path: str | Path) -> dict[str, Entry]:
    """Read and check a registry: dataset name to entry; ConfigError names file, key and value of a fault.

    A relative path of a local source is resolved: it starts at the folder of the registry file.
    """
    registry = read_yaml(path)
    if not isinstance(registry, Mapping) or not registry:
        raise ConfigError("names no dataset", where=path, hint="see config/datasets.yaml")
    check_names(list(map(str, registry)), DATASETS, str(path), "see docs/extending.md")
    entries = {name: parse_settings(Entry, fields, f"{path}: {name}") for name, fields in registry.items()}
    for name, entry in entries.items():
        options = parse_settings(get_dataset(name).Options, entry.options, f"{path}: {name}.options")
        resolved = {
            "source": resolve_source(entry.source, path),
            "options": options.model_dump(exclude_unset=True),
        }
        entries[name] = entry.model_copy(update=resolved)
    return entries


def get_entry(path: str | Path, dataset: str) -> Entry:
    """Give one dataset's entry; ConfigError suggests the nearest name where there is none."""
    registry = read_registry(path)
    check_names([dataset], registry, "config: datasets", f"see {path}")
    return registry[dataset]


def dataset_size(entry: Entry, limit: Limit) -> Size:
    """Give the sizes that an entry states, with no more questions than `limit`; NaN for what it does not."""
    stated = entry.expected
    if stated is None:
        download = 0.0 if isinstance(entry.source, Local | Simulate) else math.nan
        return Size(math.nan, math.nan, math.nan, download)
    train, test = (
        min(there, most or there) for there, most in ((stated.train, limit.train), (stated.test, limit.test))
    )
    return Size(train, test, stated.tokens, stated.download_mb)
