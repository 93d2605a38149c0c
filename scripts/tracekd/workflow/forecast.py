"""Forecast: what the registries say of sizes (rules/forecast.smk)."""

from typing import Any

from tracekd.workflow.run import Run


def get_entries(run: Run) -> dict[str, dict[str, Any]]:
    """Registry entries of the run's datasets and models, as parameters of a rule."""
    return {
        "datasets": {name: entry.model_dump(mode="json") for name, entry in run.dataset_entries.items()},
        "models": {name: entry.model_dump(mode="json") for name, entry in run.model_entries.items()},
    }
