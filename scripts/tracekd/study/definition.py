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
    """Read the definition of a study, laid over its base if it names one; ConfigError at the first fault."""
    stated = read_yaml(path)
    if isinstance(stated, dict) and isinstance(stated.get("base"), str):
        below = read_yaml(stated["base"])
        stated = {**below, **stated} if isinstance(below, dict) else below
    study = parse_settings(Study, stated, path)
    _check_contact(study, path)
    _check_scale(study, path)
    _check_unique((condition.name for condition in study.conditions), f"{path}: conditions")
    _check_unique((question.name for question in study.questions), f"{path}: questions")
    _check_unique(study.arms, f"{path}: conditions")
    # checks, questions and tasks share a column of the exported CSV
    columns = [question.name for question in study.questions] + [check.name for check in study.checks]
    _check_unique(columns, f"{path}: checks")
    kinds = [task.kind for task in study.tasks]
    _check_unique([*columns, *kinds], f"{path}: tasks")
    _check_design(study, path)
    _check_trials(study, path)
    _check_hypotheses(study, path)
    names = [condition.name for condition in study.conditions]
    for key in ("hurry", "stop", *kinds):
        if set(getattr(study.assumptions, key)) != set(names):
            raise ConfigError(
                "does not have a share for each condition and for no other",
                where=f"{path}: assumptions.{key}",
                hint=f"its keys are {', '.join(names)}",
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


def _check_design(study: Study, path: str | Path) -> None:
    """Raise ConfigError unless items, conditions and participants come out even."""
    seen, conditions = study.items_per_participant, len(study.conditions)
    if study.items % seen:
        raise ConfigError(
            f"{study.items} items cannot be cut into blocks of {seen}",
            where=f"{path}: items",
            hint="take a multiple of items_per_participant",
        )
    if study.design == "within" and seen % conditions:
        raise ConfigError(
            f"{seen} items cannot be shared out evenly over {conditions} conditions",
            where=f"{path}: items_per_participant",
            hint="within subjects, take a multiple of the number of conditions",
        )
    if study.participants % len(study.groups):
        raise ConfigError(
            f"{study.participants} participants cannot be shared out evenly over {len(study.groups)} groups "
            f"({conditions} conditions x {study.n_blocks} blocks of items)",
            where=f"{path}: participants",
            hint=f"take a multiple of {len(study.groups)}",
        )


def _check_trials(study: Study, path: str | Path) -> None:
    """Raise ConfigError unless mistakes come out even over the pages of a participant and over groups."""
    if study.find_error is None:
        return
    even = 2 * len(study.conditions) if study.design == "within" else 2
    if study.find_error.pages % even:
        raise ConfigError(
            f"of {study.find_error.pages} pages of find_error no half of every condition can have a mistake",
            where=f"{path}: tasks",
            hint=f"take a multiple of {even}",
        )
    if len(study.groups) % 2:
        raise ConfigError(
            f"{len(study.groups)} groups cannot see every question of find_error equally often with and "
            "without a mistake",
            where=f"{path}: tasks",
            hint="take an even number of conditions or of blocks of items",
        )


def _check_hypotheses(study: Study, path: str | Path) -> None:
    """Raise ConfigError unless every hypothesis compares two conditions of a dimension that is rated."""
    _check_unique((hypothesis.name for hypothesis in study.hypotheses), f"{path}: hypotheses")
    names = [condition.name for condition in study.conditions]
    dimensions = {question.dimension for question in study.questions}
    for number, one in enumerate(study.hypotheses):
        where = f"{path}: hypotheses[{number}]"
        stated = [value is not None for value in (one.higher, one.lower, one.equal, one.margin)]
        if stated not in ([True, True, False, False], [False, False, True, True]):
            raise ConfigError(
                "does not say what it claims",
                where=where,
                hint="give it higher and lower, or equal and margin",
            )
        check_names(one.pair, names, where, "see `conditions`")
        _check_unique(one.pair, where)
        check_names([one.dimension], dimensions, f"{where}.dimension", "see `questions`")


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
