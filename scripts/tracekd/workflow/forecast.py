"""Forecast: what it rests on, of registries and config (rules/forecast.smk, and the progress of a run)."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from tracekd.datasets.registry import Entry, dataset_size
from tracekd.experiment.effort import count_effort
from tracekd.models.registry import Model
from tracekd.models.sizes import model_size
from tracekd.run.forecast import (
    CUTS,
    Basis,
    Cell,
    ForecastSettings,
    Job,
    Learned,
    forecast_jobs,
    learn_pace,
)
from tracekd.run.provenance import FOLDER
from tracekd.settings.config import Limit
from tracekd.teacher.traces import SOURCES
from tracekd.traces.arms import get_arm
from tracekd.workflow.intervention import get_thinking_arms
from tracekd.workflow.run import Run
from tracekd.workflow.teacher_traces import get_kinds

# numbers of GPUs that the choices of `one_job_per` are held against each other on
DEVICES = (1, 4, 16)


@dataclass(frozen=True)
class Forecast:
    """All that the forecast of a run rests on.

    Attributes:
        cells: (dataset, model, arm, seed) of the run.
        basis: sizes, and what the arithmetic must know of arms and experiment.
        settings: of the run.
        built: models that the workflow trains itself.
        asked: kinds of responses that a teacher is asked for.

    """

    cells: Sequence[Cell]
    basis: Basis
    settings: ForecastSettings
    built: Collection[str]
    asked: Collection[str]

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Read it from the parameters of `get_params`."""
        datasets = {name: Entry.model_validate(entry) for name, entry in given["datasets"].items()}
        models = {name: Model.model_validate(entry) for name, entry in given["models"].items()}
        limits = {name: Limit.model_validate(given["limits"].get(name, {})) for name in datasets}
        sizes = {name: dataset_size(entry, limits[name]) for name, entry in datasets.items()}
        places = {name: model_size(entry, Path(given["folder"]) / name) for name, entry in models.items()}
        return cls(
            [tuple(cell) for cell in given["cells"]],
            Basis(sizes, places, given["thinking_arms"], count_effort, given["added"]),
            ForecastSettings.model_validate(given["settings"]),
            [name for name, entry in models.items() if entry.source.kind == "demo"],
            given["asked"],
        )

    @cached_property
    def learned(self) -> Learned:
        """Pace of finished jobs of all runs."""
        return learn_pace(FOLDER, self.basis, self.settings)

    def list_jobs(self, one_job_per: str | None = None) -> list[Job]:
        """List the jobs of the run, or of the same run cut otherwise."""
        changes = {"one_job_per": one_job_per} if one_job_per else {}
        return forecast_jobs(
            self.cells,
            self.basis,
            self.settings.changed(**changes),
            built=self.built,
            asked=self.asked,
            learned=self.learned,
        )

    def list_cuts(self) -> dict[str, list[Job]]:
        """List the jobs for each choice of `one_job_per`."""
        return {cut: self.list_jobs(cut) for cut in CUTS}


def get_params(run: Run) -> dict[str, Any]:
    """What a forecast reads, as parameters of a rule."""
    known = ForecastSettings.model_fields.keys() & run.config.keys()
    return {
        "datasets": {name: entry.model_dump(mode="json") for name, entry in run.dataset_entries.items()},
        "models": {name: entry.model_dump(mode="json") for name, entry in run.model_entries.items()},
        "limits": run.limits,
        "cells": run.get_cells(run.arms),
        "folder": f"results/{run.name}/models",
        "thinking_arms": get_thinking_arms(run),
        "added": get_added(run),
        "asked": get_kinds(run) if run.has_teacher else [],
        "settings": run.settings(*sorted(known)),
    }


def get_added(run: Run) -> dict[str, int]:
    """Tokens that a teacher's words, or others of their length, make a conversation of an arm longer."""
    endpoints = run.config["teacher"].get("endpoints", {}) if run.has_teacher else {}
    kinds = {arm: SOURCES.get(get_arm(arm).as_long_as or arm) for arm in run.sft_arms}
    return {arm: endpoints[kind]["typical_tokens"] for arm, kind in kinds.items() if kind in endpoints}


def read_forecast(run: Run) -> Forecast | None:
    """Read the forecast of a run; None where its datasets or models are in no registry."""
    if run.given:
        return None
    known = set(run.dataset_entries) == set(run.datasets) and set(run.model_entries) == set(run.models)
    return Forecast.read(get_params(run)) if known else None


def expect_seconds(run: Run) -> dict[tuple[str, str | None, str | None, str | None], float]:
    """Expect the seconds of a job of a (rule, dataset, model, arm), where they are known.

    A rule without one of them, and a job of several arms, has None in its place.
    """
    forecast = read_forecast(run)
    return {
        (job.stage, job.dataset, job.model, job.arm): job.seconds
        for job in (forecast.list_jobs() if forecast else ())
        if job.seconds and not math.isnan(job.seconds)
    }
