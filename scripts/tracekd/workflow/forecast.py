"""Forecast: the sizes of the run's datasets (rules/forecast.smk)."""

from tracekd.workflow.run import Run


def get_expected(run: Run) -> dict[str, dict[str, float]]:
    """Numbers of questions and tokens that the registry expects, by dataset."""
    return {name: entry.expected for name, entry in run.dataset_entries.items()}
