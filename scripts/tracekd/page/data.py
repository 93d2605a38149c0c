"""What the page knows of a run apart from single items: names, tables, figures, verdicts and methods."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
from jinja2 import Environment

from tracekd.claims.findings import Finding
from tracekd.core.tables import read_table
from tracekd.core.texts import read_text, restore
from tracekd.datasets import get_dataset
from tracekd.datasets.rows import TRACE, Grid
from tracekd.labels import (
    OUTCOME_TITLES,
    arm_title,
    as_header,
    count,
    dataset_title,
    part_titles,
    scorer_title,
    step_title,
    verdict_title,
)
from tracekd.page.sources import Job
from tracekd.scoring import choose_first
from tracekd.statistics.association import CELLS
from tracekd.tables.hyperparameters import hyperparameters_table
from tracekd.tables.main_claims import TABLES, show_findings
from tracekd.tables.results import show_results
from tracekd.traces.arms import Arm, Form, get_arm

Json = dict[str, Any]

# trace and answer of the cells of a matrix, in the order of CELLS
VERDICTS = ((1, 1), (0, 1), (1, 0), (0, 0))
# verdicts as the items' texts have them
FLAGS = {"1": 1, "0": 0, "-": None}
FORMS = {
    Form.UNTRAINED: "no fine-tuning",
    Form.BARE: "the answer alone, without a trace",
    Form.DECOMPOSED: "a trace of rule-checkable steps",
    Form.RELEASED: "a wrong trace by the released recipe",
    Form.FILLER: "words that have nothing to do with the question",
    Form.TEACHER: "the words of a teacher model",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What only the configuration says of a run.

    Attributes:
        run: its name.
        call: the call of Snakemake that makes it, without targets.
        origin: whose generations it scores, in words.
        made_up: what of it is neither real model nor real data.
        has_set_traces: whether answers after set traces are part of it.
        models, datasets: name to where it comes from, in words.
        seeds: of training.
        settings: sections of the configuration that say how the run came to its generations.

    """

    run: str
    call: str
    origin: str
    made_up: Sequence[str]
    has_set_traces: bool
    models: Mapping[str, str]
    datasets: Mapping[str, str]
    seeds: Sequence[int]
    settings: Mapping[str, Any]


def describe_names(grid: Grid, scorers: Sequence[str]) -> Json:
    """Give titles and colours of all that the page names, in the order of the configuration."""
    parts = part_titles(grid.datasets)
    return {
        "datasets": [
            {
                "name": name,
                "title": dataset_title(name),
                "classes": list(get_dataset(name).classes),
                "steps": [{"name": step.name, "title": step_title(step)} for step in get_dataset(name).steps],
            }
            for name in grid.datasets
        ],
        "models": list(grid.models),
        "arms": [
            {"name": name, "title": arm_title(name), "colour": get_arm(name).style.colour}
            for name in grid.arms
        ],
        "scorers": list(scorers),
        "scorer": choose_first(scorers),
        "scorer_titles": {name: scorer_title(name) for name in scorers},
        "steps": [{"name": name, "title": parts[name]} for name in grid.steps],
        "whole": TRACE,
        "verdict_titles": {key: verdict_title(flag) for key, flag in FLAGS.items()},
        "outcomes": OUTCOME_TITLES,
        "cells": [
            {"name": cell, "trace": trace, "answer": answer}
            for cell, (trace, answer) in zip(CELLS, VERDICTS, strict=True)
        ],
    }


def read_rows(path: str) -> Json:
    """Read a CSV table as its header and its rows, all of them texts."""
    header, *rows = csv.reader(io.StringIO(read_text(path)))
    return {"path": path, "columns": header, "rows": [list(map(restore, row)) for row in rows]}


def describe_shown(
    shown: Mapping[str, Mapping[str, str]], jobs: Iterable[Job], config: Mapping[str, Any]
) -> list[Json]:
    """Give path, title, category and caption of every table and figure.

    Args:
        shown: path to title, category and the file of the caption.
        jobs: those that made them; a caption may name their parameters.
        config: of the run; a caption may name its keys.

    """
    makers = {path: job for job in jobs for path in job.outputs}
    return [
        {
            "path": path,
            "name": Path(path).stem,
            "title": one["title"] if one["title"] != path else Path(path).stem.replace("_", " "),
            "category": one["category"],
            "caption": write_caption(read_text(one["caption"]), makers.get(path), config),
        }
        for path, one in shown.items()
    ]


def write_caption(source: str, job: Job | None, config: Mapping[str, Any]) -> str:
    """Fill in a caption of the report and take its marks away: what is left is plain text."""
    known = SimpleNamespace(
        config=config, params=job.params if job else {}, wildcards=job.wildcards if job else {}
    )
    text = Environment(autoescape=False).from_string(source).render(snakemake=known)
    text = re.sub(r"`([^`<]+?)\s*<[^`>]+>`_+", r"\1", text).replace("``", "")
    return " ".join(re.sub(r"\*{1,2}([^*\n]+)\*{1,2}", r"\1", text).split())


def describe_verdicts(main_claims: pd.DataFrame, findings: pd.DataFrame) -> Json:
    """Give the main claims with their verdicts, what the run shows beyond them, and the numbers behind."""
    fields = main_claims[["id", "statement", "verdict", "text"]]
    numbers = [Finding(*row) for row in findings[list(Finding._fields)].itertuples(index=False)]
    tables = [
        {"title": title, **show_frame(show_findings(numbers, measures))} for title, measures in TABLES.items()
    ]
    return {
        "claims": fields.to_dict("records"),
        "conclusions": main_claims["conclusions"].iloc[0],
        "numbers": [table for table in tables if table["rows"]],
    }


def describe_results(results: pd.DataFrame) -> Json:
    """Give the accuracies with their intervals as a table for readers."""
    return show_frame(show_results(results))


def show_frame(table: pd.DataFrame) -> Json:
    """Give columns and rows of a table of texts."""
    return {"columns": list(table.columns), "rows": table.to_numpy().tolist()}


def describe_methods(facts: Facts, grid: Grid, scorers: Sequence[str], generations: int) -> Json:
    """Say how the numbers came about and what they cannot tell, from the configuration alone.

    Returns `methods`, `limits`: sentences; `tables`: title and rows of name and words.

    """
    datasets = ", ".join(map(dataset_title, grid.datasets))
    methods = [
        f"{count(generations)} generations of {', '.join(grid.models)} on {datasets}: {facts.origin}.",
        f"Training seeds: {', '.join(map(str, facts.seeds))}. Scorers: {', '.join(scorers)}.",
        "Every item is found by its question id; nothing is matched by answer text or row number.",
    ]
    tables = [
        {
            "title": "Datasets",
            "rows": [[dataset_title(name), facts.datasets[name]] for name in grid.datasets],
        },
        {"title": "Models", "rows": [[name, facts.models[name]] for name in grid.models]},
        {"title": "Arms", "rows": [[arm_title(name), say_arm(get_arm(name))] for name in grid.arms]},
        {
            "title": "Steps of a trace",
            "rows": [
                [f"{dataset_title(name)}, {step_title(step)}", as_header(step.asks)]
                for name in grid.datasets
                for step in get_dataset(name).steps
            ],
        },
        {
            "title": "Settings",
            "rows": hyperparameters_table(facts.settings).to_numpy().tolist(),
        },
    ]
    return {
        "methods": methods,
        "limits": list_limits(facts),
        "tables": [one for one in tables if one["rows"]],
    }


def list_limits(facts: Facts) -> list[str]:
    """Say what the numbers of a run cannot tell."""
    limits = []
    if facts.made_up:
        limits.append(
            f"Not real in this run: {', '.join(facts.made_up)}. Its numbers show that the workflow runs and "
            "what it can tell apart, not what the paper found."
        )
    if len(facts.seeds) == 1:
        limits.append("One training seed: no interval covers how another training run would differ.")
    limits.append(
        "Answers after set traces show what a changed trace changes; all other associations of trace and "
        "answer have no causal reading."
        if facts.has_set_traces
        else "No trace was set from outside: an association of trace and answer has no causal reading here."
    )
    return limits


def say_arm(arm: Arm) -> str:
    """Say what an arm is trained on."""
    told = FORMS[arm.form]
    if arm.form is Form.DECOMPOSED:
        told += say_steps(arm.truth, arm.steps, arm.share)
    if arm.noise:
        told += f" ({arm.noise} ones)"
    if arm.form is Form.FILLER:
        told += f", as many as in the trace of {arm.as_long_as or 'correct'}"
    elif arm.as_long_as:
        told += f"; filler before it makes it as long as the trace of {arm.as_long_as}"
    return told


def say_steps(truth: bool | None, steps: Mapping[str, bool | None], share: int | None) -> str:
    """Say which steps of a trace are right: `truth`, what differs, and of a mixture how often."""
    default = {True: "right", False: "wrong", None: "left out"}
    whole = "" if truth is None and steps else f": steps {default[truth]}"
    single = "".join(f", {name} {default[truth]}" for name, truth in steps.items())
    return whole + single + (f"; of {share} % of the questions, else wrong" if share is not None else "")


def read_verdicts(paths: Iterable[str], findings: str | None) -> Json | None:
    """Read the main claims among the tables of a run; None where it has none."""
    found = [path for path in paths if Path(path).stem == "main_claims"]
    return describe_verdicts(read_table(found[0]), read_table(findings)) if found and findings else None
