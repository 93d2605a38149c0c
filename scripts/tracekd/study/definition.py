"""The definition of a study: one YAML file from which items, survey, pre-registration and analysis follow."""

import re
from collections.abc import Iterable
from pathlib import Path

from tracekd.core.checks import check_names, read_yaml
from tracekd.core.errors import ConfigError
from tracekd.settings.base import parse_settings
from tracekd.settings.config import Config
from tracekd.settings.study import Scale, Study
from tracekd.traces.arms import PROMPT_ONLY

# words in brackets stand for something to be filled in; the brackets of "jane [at] example.org" do not
PLACEHOLDER = re.compile(r"\[[^\]]*\w\s+\w[^\]]*\]")


def read_study(path: str | Path = "config/study.yaml") -> Study:
    """Read the definition of a study; ConfigError at the first fault."""
    study = parse_settings(Study, read_yaml(path), path)
    _check_contact(study, path)
    _check_scale(study, path)
    _check_unique((condition.name for condition in study.conditions), f"{path}: conditions")
    _check_unique((question.name for question in study.questions), f"{path}: questions")
    _check_unique(study.arms, f"{path}: conditions")
    # checks and questions share a column of the exported CSV
    columns = [question.name for question in study.questions] + [check.name for check in study.checks]
    _check_unique(columns, f"{path}: checks")
    if study.design == "within" and study.items % len(study.conditions):
        raise ConfigError(
            f"{study.items} items cannot be shared out evenly over {len(study.conditions)} conditions",
            where=f"{path}: items",
            hint="within subjects, take a multiple of the number of conditions",
        )
    return study


def check_study(study: Study, config: Config) -> None:
    """Raise ConfigError where a run does not make the traces that its study shows."""
    where = f"config: study: {config.study}"
    if config.replay is not None:
        raise ConfigError("a replay has no traces to rate", where=where, hint="set study: null")
    check_names([study.dataset], config.datasets, f"{where}: dataset", "see `datasets` of the run")
    arms = [arm for arm in config.arms if arm != PROMPT_ONLY]
    check_names(study.arms, arms, f"{where}: conditions", "see `arms` of the run")


def _check_contact(study: Study, path: str | Path) -> None:
    """Raise ConfigError where participants would read a placeholder for who is responsible."""
    if PLACEHOLDER.search(study.contact) and not study.is_simulated:
        raise ConfigError(
            "holds a placeholder, which participants would read",
            where=f"{path}: contact",
            hint="say who is responsible and how to reach them, or set `responses: simulate`",
        )


def _check_scale(study: Study, path: str | Path) -> None:
    """Raise ConfigError unless each point has a label and each check asks for a point."""
    low, high, labels = study.scale.low, study.scale.high, study.scale.labels
    if high - low + 1 != len(labels):
        raise ConfigError(
            f"{len(labels)} labels for the points {low} to {high}",
            where=f"{path}: scale",
            hint="give each point one label",
        )
    for number, question in enumerate(study.questions):
        if question.scale is not None:
            _check_own_scale(question.scale, study.scale, f"{path}: questions[{number}].scale")
    for check in study.checks:
        if not low <= check.expected <= high:
            raise ConfigError(
                f"{check.name!r} expects {check.expected}, which is not on the scale",
                where=f"{path}: checks",
                hint=f"choose a point from {low} to {high}",
            )


def _check_own_scale(own: Scale, common: Scale, where: str) -> None:
    """Raise ConfigError unless a question's own scale labels all points of the study's, or both ends."""
    if (own.low, own.high) != (common.low, common.high):
        raise ConfigError(
            f"goes from {own.low} to {own.high}, that of the study from {common.low} to {common.high}",
            where=where,
            hint="labels may differ, but all ratings are analysed on the same points",
        )
    if len(own.labels) not in (2, len(common.labels)):
        raise ConfigError(
            f"{len(own.labels)} labels for the points {own.low} to {own.high}",
            where=where,
            hint="label every point, or the two ends",
        )


def _check_unique(names: Iterable[str], where: str) -> None:
    """Raise ConfigError when a name occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ConfigError(f"{name!r} occurs twice", where=where, hint="give each its own")
        seen.add(name)
