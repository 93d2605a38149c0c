"""What a trained adapter or a generation depends on, as digests: inputs, options, package versions."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tracekd.core.files import sha256_file, sha256_text

# the packages whose code decides about the bits of an adapter or a generation
PACKAGES = ("accelerate", "bitsandbytes", "peft", "tokenizers", "torch", "transformers")

# an adapter's weights, and how they are scaled and where they go
ADAPTER_FILES = ("adapter_model.safetensors", "adapter_config.json")


@cache  # what is installed stays so while a job runs
def package_versions() -> dict[str, str]:
    """Give the installed versions of `PACKAGES`, without the build tag of a local wheel."""
    return {name: version(name).partition("+")[0] for name in PACKAGES}


def folder_digests(folder: str | Path) -> dict[str, str]:
    """Give file name -> SHA-256 of all files at the top of a folder, sorted by name."""
    return {path.name: sha256_file(path) for path in sorted(Path(folder).iterdir()) if path.is_file()}


def base_identity(folder: str | Path, quantisation: Mapping[str, Any], code: str) -> dict[str, Any]:
    """Give what everything that one base model writes depends on: its files, its bits, the code.

    Args:
        folder: of the model.
        quantisation: config section.
        code: digest of the code behind the rule.

    """
    return {"model": folder_digests(folder), "quantisation": dict(quantisation), "code": code}


def adapter_digests(folder: str | Path) -> dict[str, str]:
    """Give file name -> SHA-256 of the two files of an adapter that decide about what it writes."""
    return {name: sha256_file(Path(folder) / name) for name in ADAPTER_FILES}


def digest_json(value: Any) -> str:
    """Hex SHA-256 of a JSON value; the order of dictionary keys has no influence."""
    return sha256_text(json.dumps(value, sort_keys=True, ensure_ascii=False))
