"""Base models: which are fetched (rules/models.smk)."""

from tracekd.workflow.run import Run


def get_fetched(run: Run) -> list[str]:
    """Base models that come from elsewhere."""
    return [name for name in run.model_entries if name not in run.demo_models]
