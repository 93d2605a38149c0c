"""The settings that training and generation ran with, one a row (paper, section 5)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd


def hyperparameters_table(sections: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Flatten config sections into columns key (e.g. ``training.lora.r``) and value, in config order."""
    rows = [
        (key, _text(value)) for name, section in sections.items() for key, value in _flatten(name, section)
    ]
    return pd.DataFrame(rows, columns=["key", "value"])


def show_hyperparameters(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers."""
    keys = table["key"].str.replace(".", ": ", n=1).str.replace("_", " ")
    return pd.DataFrame({"Setting": keys, "Value": table["value"]})


def _flatten(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the leaves below a key."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flatten(f"{prefix}.{name}", inner)
    else:
        yield prefix, value


def _text(value: Any) -> str:
    """Write a leaf as the config has it."""
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value)) or "none"
    return value if isinstance(value, str) else json.dumps(value)
