"""Sizes on which a forecast rests; NaN where one is not known."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a dataset: questions of each split, mean tokens of one with a trace, MB to download."""

    train: float
    test: float
    tokens: float
    download_mb: float


@dataclass(frozen=True, slots=True)
class ModelSize:
    """Size of a model: weights, an adapter's weights per rank, GB to download."""

    parameters: float
    lora_per_rank: float
    download_gb: float
