"""What must hold before Snakemake merges a configuration (rules/start.smk)."""

from collections.abc import Iterable
from pathlib import Path

from tracekd.core.checks import read_yaml
from tracekd.core.errors import ConfigError

CONFIG = "config.yaml"


def check_start(home: Path, configfiles: Iterable[str | Path]) -> None:
    """Check that a call starts where the workflow's files are, and that its YAML is what it seems to be.

    Snakemake itself keeps the last of two equal keys without a word.

    Args:
        home: folder of the Snakefile.
        configfiles: of the command line.

    Raises ConfigError at the first fault.

    """
    if not Path("config").is_dir() or not Path(CONFIG).is_file():
        raise ConfigError(
            f"this folder has no {CONFIG} and no folder config",
            where=Path.cwd(),
            hint=f"start in the folder of the workflow, or add --directory {home}",
        )
    for path in [CONFIG, *configfiles]:
        read_yaml(path)
