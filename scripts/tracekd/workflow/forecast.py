"""Forecast: what it rests on, of registries and config (rules/forecast.smk)."""

from typing import Any

from tracekd.run.forecast import ForecastSettings
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
