"""The configuration, checked before any job exists: schema first, then what no schema can know.

Every fault ends in one sentence with the key, the value and what to do.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tracekd.core.checks import check_names, check_schema, check_values
from tracekd.core.errors import ConfigError
from tracekd.datasets import DATASETS
from tracekd.interventions.prefills import CONDITIONS
from tracekd.scoring import SCORERS
from tracekd.teacher.settings import check_endpoints
from tracekd.traces.build import ARMS, PROMPT_ONLY, TEACHER_ARMS


def check_config(config: dict[str, Any], models: dict[str, Any]) -> None:
    """Check a merged configuration against its schema and the names it uses.

    Args:
        config: as Snakemake merged it from config files and command line.
        models: the model registry.

    Raises ConfigError at the first fault.

    """
    check_values(config, "config")
    check_schema(config, "config", "config")
    if "replay" in config:
        if config["level"] != "outputs":
            raise ConfigError(
                f"replay starts from outputs, not from {config['level']!r}",
                where="config: level",
                hint="set level: outputs",
            )
        check_names(
            config["replay"]["arms"], [PROMPT_ONLY, *ARMS], "config: replay.arms", "see config/replay.yaml"
        )
    check_names(config["datasets"], DATASETS, "config: datasets", "see config/datasets.yaml")
    if config["level"] != "outputs":
        # of supplied generations nothing is known of a model but its name
        check_names(config["models"], models, "config: models", "see config/models.yaml")
    arms = [PROMPT_ONLY, *ARMS, *TEACHER_ARMS]
    check_names(config["arms"], arms, "config: arms", "see the comments in config.yaml")
    check_names(config["scorers"], SCORERS, "config: scorers", "see the comments in config.yaml")
    asked = [arm for arm in config["arms"] if arm in TEACHER_ARMS]
    if asked and "teacher" not in config and config["level"] != "outputs":
        raise ConfigError(
            f"{asked[0]!r} needs a teacher",
            where="config: arms",
            hint="add the section teacher, see docs/teacher.md",
        )
    if "teacher" in config:
        check_endpoints(config["teacher"], config["arms"])
    check_names(
        config["interventions"], CONDITIONS, "config: interventions", "see the comments in config.yaml"
    )
    for number, override in enumerate(config["training"]["overrides"]):
        where = f"config: training.overrides[{number}]"
        check_names([override["dataset"]], DATASETS, f"{where}.dataset", "see config/datasets.yaml")
        check_names(override["arms"], arms, f"{where}.arms", "see the comments in config.yaml")


def check_claims(config: dict[str, Any], made_up: Sequence[str]) -> None:
    """Check that published numbers can be held against the run, if `claims` names a file of them.

    Args:
        config: as for `check_config`.
        made_up: what of the run is neither real model nor real data.

    Raises ConfigError where they cannot.

    """
    path = config["claims"]
    if path is None:
        return
    if not Path(path).is_file():
        raise ConfigError(
            f"{path} is no file", where="config: claims", hint="check the path, or set claims: null"
        )
    if made_up:
        raise ConfigError(
            f"published numbers are of real models and data, not of {', '.join(made_up)}",
            where="config: claims",
            hint="set claims: null",
        )
    if missing := sorted({"aligned", "published"}.difference(config["scorers"])):
        raise ConfigError(
            f"published numbers need the scorer {missing[0]!r} too",
            where="config: claims",
            hint="add it to scorers, or set claims: null",
        )
