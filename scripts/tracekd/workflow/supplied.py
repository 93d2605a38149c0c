"""Whose generations a run scores, and how many of the test questions they answer."""

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from tracekd.released.registry import Plan
from tracekd.released.supplied import find_others, get_folder
from tracekd.tables.inputs import say_inputs


def say_origin(config: dict[str, Any]) -> str:
    """Say whose generations a run scores: the one sentence that report and captions repeat."""
    if "replay" in config and config["mirror"] is None:
        return "released by the paper's authors"
    if "replay" in config:
        return (
            "in the form that the paper's authors released, from the config's mirror; the table inputs says "
            "which files are the released ones"
        )
    if config["level"] == "outputs":
        return f"supplied under {get_folder(config['run'])}; this run has not made them"
    if config["level"] == "adapters":
        return "made by this run with the adapters that it was given"
    return "made by this run with the adapters that it trained"


def is_supplied(config: dict[str, Any], dataset: str) -> bool:
    """Whether a dataset's questions lie in the run's folder, but no raw files that they could come from."""
    folder = Path("results") / config["run"]
    questions, raw = folder / f"questions/{dataset}.jsonl", folder / f"raw/{dataset}"
    return config["level"] == "outputs" and questions.is_file() and not raw.is_dir()


def print_counts(plan: Plan, run: str) -> None:
    """Print, at the end of a run, what the supplied generations lack and which files were left out."""
    path = f"results/{run}/tables/inputs.csv"
    lines = say_inputs(pd.read_csv(path)) if Path(path).is_file() else []
    lines += [f"{path}: the config does not name it" for path in find_others(plan)]
    for line in lines:
        print(f"Note: {line}", file=sys.stderr)
