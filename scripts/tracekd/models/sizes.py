"""Sizes of a model, read from its own files without loading a weight: what a forecast needs."""

import json
import math
import struct
from collections.abc import Sequence
from pathlib import Path

from tracekd.core.checks import read_json_object
from tracekd.core.errors import ModelError
from tracekd.models.registry import ALL_LINEAR, Model
from tracekd.run.sizes import ModelSize
from tracekd.sources.kinds import Demo, Local

# what the library that loads the weights allows
LARGEST_HEADER = 100_000_000


def model_size(model: Model, folder: Path) -> ModelSize:
    """Give a model's sizes: of its files in `folder` or its local source, else those that it states."""
    source = model.source
    stated = model.sizes
    download = math.nan if stated is None else stated.download_gb
    if isinstance(source, Demo | Local):
        download = 0.0
    places = [folder, Path(source.path)] if isinstance(source, Local) else [folder]
    for place in places:
        if (place / "config.json").is_file() and any(place.glob("*.safetensors")):
            return ModelSize(*count_weights(place, model.target_modules), download)
    if stated is None:
        return ModelSize(math.nan, math.nan, download)
    return ModelSize(stated.parameters, stated.lora_per_rank, download)


def count_weights(folder: Path, target_modules: Sequence[str] | str) -> tuple[int, int]:
    """Count all weights of a model folder, and those of an adapter per rank: in + out of every target module.

    `all-linear` means every matrix but those with the size of the vocabulary: embeddings and head carry none.
    """
    shapes = [
        (name, shape) for path in sorted(folder.glob("*.safetensors")) for name, shape in read_shapes(path)
    ]
    config = read_json_object(folder / "config.json", "fetch or build the model again")
    vocabulary = config.get("text_config", config)["vocab_size"]
    carrying = [
        shape
        for name, shape in shapes
        if len(shape) == 2
        and (
            vocabulary not in shape
            if target_modules == ALL_LINEAR
            else name.removesuffix(".weight").rpartition(".")[2] in target_modules
        )
    ]
    return sum(math.prod(shape) for _, shape in shapes), sum(map(sum, carrying))


def read_shapes(path: Path) -> list[tuple[str, list[int]]]:
    """Read name and shape of every tensor from the header of a safetensors file.

    Raises ModelError where it is none.
    """
    try:
        with open(path, "rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > LARGEST_HEADER:
                raise ValueError("no header is that long")
            header = json.loads(stream.read(length))
        return [(name, tensor["shape"]) for name, tensor in header.items() if name != "__metadata__"]
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(
            "is no safetensors file", where=path, hint="fetch or build the model again"
        ) from error
