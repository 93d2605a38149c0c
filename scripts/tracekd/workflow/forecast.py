"""Forecast: what it rests on, of registries and config (rules/forecast.smk, and the progress of a run)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tracekd.datasets.registry import Entry, dataset_size
from tracekd.models.registry import Model
from tracekd.models.sizes import model_size
from tracekd.run.forecast import ForecastSettings, ModelSize, Size, forecast_run, learn_speeds
from tracekd.run.provenance import FOLDER
from tracekd.settings.config import Limit
from tracekd.workflow.intervention import get_thinking_arms
from tracekd.workflow.run import Run


def get_entries(run: Run) -> dict[str, dict[str, Any]]:
    """Registry entries of the run's datasets and models, as parameters of a rule."""
    return {
        "datasets": {name: entry.model_dump(mode="json") for name, entry in run.dataset_entries.items()},
        "models": {name: entry.model_dump(mode="json") for name, entry in run.model_entries.items()},
    }


def get_settings(run: Run) -> dict[str, Any]:
    """Sections and keys of the config on which a forecast rests."""
    return run.settings(*ForecastSettings.model_fields)


def read_sizes(
    datasets: Mapping[str, Entry], models: Mapping[str, Model], limits: Mapping[str, Any], folder: Path
) -> tuple[dict[str, Size], dict[str, ModelSize]]:
    """Read the size of each dataset and model.

    Args:
        datasets: registry entries.
        models: registry entries.
        limits: part of each dataset that the run takes.
        folder: of the run's models.

    """
    sizes = {name: dataset_size(one, Limit.model_validate(limits[name])) for name, one in datasets.items()}
    return sizes, {name: model_size(one, folder / name) for name, one in models.items()}


def forecast_jobs(run: Run) -> dict[tuple[str, str | None, str | None], float]:
    """Forecast the seconds of one job of a (rule, dataset, model), where they are known.

    A rule without a dataset, or without a model, has None in its place.
    """
    if run.given:
        return {}
    read = {name: entry for name, entry in run.dataset_entries.items() if name in run.limits}
    sizes, models = read_sizes(read, run.model_entries, run.limits, Path(f"results/{run.name}/models"))
    if set(sizes) != set(run.datasets) or set(models) != set(run.models):
        return {}
    table = forecast_run(
        run.get_cells(run.arms),
        sizes,
        models,
        ForecastSettings.model_validate(get_settings(run)),
        built=run.demo_models,
        thinking_arms=get_thinking_arms(run),
        learned=learn_speeds(FOLDER, sizes, models),
    )
    timed = table[table["hours"].gt(0)].replace({np.nan: None})
    return {
        (row.stage, row.dataset, row.model): row.hours * 3600 / row.jobs
        for row in timed.itertuples(index=False)
    }
