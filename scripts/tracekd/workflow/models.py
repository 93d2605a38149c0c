"""Base models: where they come from (rules/models.smk)."""

from pathlib import Path
from typing import Any

from tracekd.models.contents import list_model_files
from tracekd.sources.kinds import Demo, Local, ModelSource, local_files
from tracekd.workflow.run import Run


def get_fetched(run: Run) -> list[str]:
    """Base models that come from elsewhere."""
    return [name for name in run.model_entries if name not in run.demo_models]


def get_demos(run: Run) -> dict[str, dict[str, Any]]:
    """Architecture and seed of the tiny models that the workflow trains, by model."""
    sources = {name: entry.source for name, entry in run.model_entries.items()}
    return {name: source.model_dump() for name, source in sources.items() if isinstance(source, Demo)}


def get_entries(run: Run) -> dict[str, dict[str, Any]]:
    """What the registry says of a model's files, by model."""
    fields = {"source", "folder", "chat_template", "pad_token"}
    return {name: entry.model_dump(mode="json", include=fields) for name, entry in run.model_entries.items()}


def get_local_files(run: Run) -> dict[str, list[str]]:
    """Files of the models that lie on this machine, so that a changed one is read again, by model."""
    return {name: _list_local(entry.source) for name, entry in run.model_entries.items()}


def _list_local(source: ModelSource) -> list[str]:
    """List the files that a job will read: those that are stated, else those of a model."""
    if isinstance(source, Local) and not source.files:
        return [f"{source.path}/{name}" for name in list_model_files(Path(source.path))]
    return local_files(source)
