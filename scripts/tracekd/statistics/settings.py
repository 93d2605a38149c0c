"""The choices of `config/statistics.yaml`: error rate, margins, families."""

from pathlib import Path

from tracekd.core.checks import read_yaml
from tracekd.settings.base import parse_settings
from tracekd.settings.statistics import Statistics


def read_settings(path: str | Path) -> Statistics:
    """Read and check the file; ConfigError names the first fault."""
    return parse_settings(Statistics, read_yaml(path), path)
