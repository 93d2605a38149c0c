"""The configuration, checked before any job exists: schema first, then what no schema can know.

Every fault ends in one sentence with the key, the value and what to do.
"""

from typing import Any

from tracekd.core.checks import check_names, check_schema, check_values
from tracekd.core.errors import ConfigError
from tracekd.datasets import DATASETS, get_dataset
from tracekd.interventions.prefills import CONDITIONS
from tracekd.scoring import SCORERS, get_scorer
from tracekd.teacher.settings import check_endpoints
from tracekd.traces.arms import ARMS, PROMPT_ONLY, TEACHER_ARMS, Form, built_arms, get_arm


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
            config["replay"]["arms"],
            [PROMPT_ONLY, *built_arms()],
            "config: replay.arms",
            "see config/replay.yaml",
        )
    check_names(config["datasets"], DATASETS, "config: datasets", "see config/datasets.yaml")
    check_names(config["models"], models, "config: models", "see config/models.yaml")
    arms = list(ARMS)
    check_names(config["arms"], arms, "config: arms", "see the comments in config.yaml")
    check_names(config["scorers"], SCORERS, "config: scorers", "see the comments in config.yaml")
    check_names(
        config["interventions"], CONDITIONS, "config: interventions", "see the comments in config.yaml"
    )
    check_fits(config)
    asked = [arm for arm in config["arms"] if arm in TEACHER_ARMS]
    if asked and "teacher" not in config:
        raise ConfigError(
            f"{asked[0]!r} needs a teacher",
            where="config: arms",
            hint="add the section teacher, see docs/teacher.md",
        )
    if "teacher" in config:
        check_endpoints(config["teacher"], config["arms"])
    for number, override in enumerate(config["training"]["overrides"]):
        where = f"config: training.overrides[{number}]"
        check_names([override["dataset"]], DATASETS, f"{where}.dataset", "see config/datasets.yaml")
        check_names(override["arms"], arms, f"{where}.arms", "see the comments in config.yaml")


def check_fits(config: dict[str, Any]) -> None:
    """Check that every arm, condition and scorer of the run can do with every one of its datasets.

    Raises ConfigError at the first that cannot: better here than after training.
    """
    for dataset in map(get_dataset, config["datasets"]):
        for arm in map(get_arm, config["arms"]):
            arm.truths(dataset)
            if arm.form is Form.RELEASED and not dataset.has_released_recipe:
                raise ConfigError(
                    f"{arm.name!r} follows the released recipe, which {dataset.name} does not have",
                    where="config: arms",
                    hint="choose incorrect_matched in its place",
                )
        for condition in map(CONDITIONS.get, config["interventions"]):
            condition.check_dataset(dataset)
        for scorer in map(get_scorer, config["scorers"]):
            scorer.check_dataset(dataset.name)
