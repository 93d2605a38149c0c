"""The configuration, checked before any job exists: each key by itself first, then the names it uses.

Every fault ends in one sentence with the key, the value and what to do.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tracekd.core.checks import check_names
from tracekd.core.errors import ConfigError
from tracekd.datasets import DATASETS, get_dataset
from tracekd.interventions.prefills import CONDITIONS
from tracekd.run.extensions import load_extensions
from tracekd.scoring import SCORERS, get_scorer
from tracekd.settings.base import parse_settings
from tracekd.settings.config import Config
from tracekd.teacher.judgement import KEEP
from tracekd.teacher.settings import check_teacher
from tracekd.traces.arms import ARMS, PROMPT_ONLY, TEACHER_ARMS, Form, built_arms, get_arm
from tracekd.traces.verification import check_expected


def check_config(config: Mapping[str, Any], models: Mapping[str, Any]) -> Config:
    """Make the typed configuration and check the names it uses.

    Args:
        config: as Snakemake merged it from config files and command line.
        models: the model registry.

    Raises ConfigError at the first fault.

    """
    settings = parse_settings(Config, config, "config")
    # what an extension brings can be named like what is built in
    load_extensions(settings.extensions)
    check_names(settings.datasets, DATASETS, "config: datasets", "see config/datasets.yaml")
    if settings.level != "outputs":
        # of supplied generations nothing is known of a model but its name
        check_names(settings.models, models, "config: models", "see config/models.yaml")
    check_names(list(settings.limit), DATASETS, "config: limit", "see config/datasets.yaml")
    arms = list(ARMS)
    check_names(settings.arms, arms, "config: arms", "see the comments in config.yaml")
    check_names(settings.scorers, SCORERS, "config: scorers", "see the comments in config.yaml")
    check_names(
        settings.interventions, CONDITIONS, "config: interventions", "see the comments in config.yaml"
    )
    for number, override in enumerate(settings.training.overrides):
        where = f"config: training.overrides[{number}]"
        check_names([override.dataset], DATASETS, f"{where}.dataset", "see config/datasets.yaml")
        check_names(override.arms, arms, f"{where}.arms", "see the comments in config.yaml")
    check_fits(settings)
    _check_replay(settings)
    _check_teacher(settings)
    return settings


def _check_replay(settings: Config) -> None:
    """Check that a replay starts from outputs and asks for known arms."""
    if settings.replay is None:
        return
    if settings.level != "outputs":
        raise ConfigError(
            f"replay starts from outputs, not from {settings.level!r}",
            where="config: level",
            hint="set level: outputs",
        )
    if settings.limit:
        raise ConfigError(
            "a replay scores all the questions of the released files",
            where="config: limit",
            hint="set limit: {}",
        )
    check_names(
        settings.replay.arms, [PROMPT_ONLY, *built_arms()], "config: replay.arms", "see config/replay.yaml"
    )


def _check_teacher(settings: Config) -> None:
    """Check that arms of a teacher's words have a teacher, and a teacher all that it needs."""
    asked = [arm for arm in settings.arms if arm in TEACHER_ARMS]
    if asked and settings.teacher is None and settings.level != "outputs":
        raise ConfigError(
            f"{asked[0]!r} needs a teacher",
            where="config: arms",
            hint="add the section teacher, see docs/teacher.md",
        )
    if settings.teacher is not None:
        check_names([settings.teacher.keep], KEEP, "config: teacher.keep", "see docs/teacher.md")
        check_teacher(settings.teacher, settings.arms)


def check_fits(settings: Config) -> None:
    """Check that every arm, condition and scorer of the run can do with every one of its datasets.

    Raises ConfigError at the first that cannot: better here than after training.
    """
    for dataset in map(get_dataset, settings.datasets):
        for arm in map(get_arm, settings.arms):
            arm.truths(dataset)
            if settings.level != "outputs" and arm.name in built_arms():
                check_expected(arm.name, dataset.name, [step.name for step in dataset.steps])
            if arm.form is Form.RELEASED and not dataset.has_released_recipe:
                raise ConfigError(
                    f"{arm.name!r} follows the released recipe, which {dataset.name} does not have",
                    where="config: arms",
                    hint="choose incorrect_matched in its place",
                )
        for condition in map(CONDITIONS.get, settings.interventions):
            condition.check_dataset(dataset)
        for scorer in map(get_scorer, settings.scorers):
            scorer.check_dataset(dataset.name)


def check_claims(settings: Config, made_up: Sequence[str]) -> None:
    """Check that published numbers can be held against the run, if `claims` names a file of them.

    Args:
        settings: of the run.
        made_up: what of the run is neither real model nor real data.

    Raises ConfigError where they cannot.

    """
    path = settings.claims
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
    if missing := sorted({"aligned", "published"}.difference(settings.scorers)):
        raise ConfigError(
            f"published numbers need the scorer {missing[0]!r} too",
            where="config: claims",
            hint="add it to scorers, or set claims: null",
        )
