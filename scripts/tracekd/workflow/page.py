"""The reviewer's page: what the configuration says of a run, in words (rules/page.smk)."""

from typing import Any

from tracekd.datasets.registry import Entry
from tracekd.settings.base import Settings
from tracekd.workflow.ending import say_origin
from tracekd.workflow.experiment import get_experiment
from tracekd.workflow.intervention import has_interventions
from tracekd.workflow.run import Run

KINDS = {
    "demo": "tiny model that this workflow trains itself",
    "simulate": "simulated by this workflow",
    "hub": "repository of the hub",
    "url": "files on the web",
    "local": "folder on this machine",
    "package": "package of the package index",
}
# sections of a configuration that say how a run made its generations, or which it was given
MADE = ("training", "generation", "quantisation", "chat", "teacher", "limit")
GIVEN = ("replay", "limit")
# what identifies a source of some kind
NAMES = ("repository", "revision", "distribution", "version", "path", "architecture", "seed")


def describe_run(run: Run) -> dict[str, Any]:
    """Give what the page says of a run: the fields of `page.data.Facts` that are the run's own."""
    sections = GIVEN if run.given else MADE
    unknown = "not known to this run, which makes no generations"
    return {
        "run": run.name,
        "origin": say_origin(run),
        "made_up": run.made_up,
        "has_set_traces": has_interventions(run) or get_experiment(run) is not None,
        "models": {
            name: say_source(run.model_entries[name].source) if name in run.model_entries else unknown
            for name in run.models
        },
        "datasets": {
            name: say_dataset(run.dataset_entries[name])
            if name in run.dataset_entries
            else "test split as in the released files"
            for name in run.datasets
        },
        "seeds": list(run.config["seeds"]),
        "settings": {key: run.config[key] for key in sections if run.config.get(key)},
    }


def say_source(source: Settings) -> str:
    """Say where a model or dataset comes from."""
    known = source.model_dump(mode="json")
    names = [f"{name} {known[name]}" for name in NAMES if name in known]
    return ", ".join([KINDS[known["kind"]], *names])


def say_dataset(entry: Entry) -> str:
    """Say where a dataset comes from and what its terms of use are."""
    cited = "" if entry.citation == "none" else f"; {entry.citation}"
    return f"{say_source(entry.source)}{cited}; licence {entry.licence}"
