"""The model registry: where each base model comes from."""

from pathlib import Path
from typing import Any

from tracekd.core.checks import check_schema, read_yaml


def read_models(path: str | Path = "config/models.yaml") -> dict[str, Any]:
    """Read and check the model registry: name to entry, as in `schemas/models.schema.json`."""
    models = read_yaml(path)
    check_schema(models, "models", path)
    return models
