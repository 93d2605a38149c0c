"""The choices of `config/statistics.yaml`: error rate, margins, families."""

from dataclasses import dataclass
from pathlib import Path

from tracekd.core.checks import check_schema, read_yaml


@dataclass(frozen=True, slots=True)
class Settings:
    """How tests and intervals are made; the comments of the file give the reasons."""

    alpha: float
    phi_margin: float
    risk_margin: float
    small_cell: float
    power: float
    resamples: int
    seed: int
    association_family: tuple[str, ...]
    comparison_family: tuple[str, ...]


def read_settings(path: str | Path) -> Settings:
    """Read and check the file; ConfigError names the first fault."""
    choices = read_yaml(path)
    check_schema(choices, "statistics", path)
    return Settings(
        alpha=choices["alpha"],
        phi_margin=choices["margins"]["phi"],
        risk_margin=choices["margins"]["risk_difference"],
        small_cell=choices["small_cell"],
        power=choices["power"],
        resamples=choices["bootstrap"]["resamples"],
        seed=choices["bootstrap"]["seed"],
        association_family=tuple(choices["holm"]["association"]),
        comparison_family=tuple(choices["holm"]["comparisons"]),
    )
