"""A run read for its page: the files of the rule in, the parts of the page out, one after another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tracekd.core.records import Question, read_generations, read_questions
from tracekd.core.tables import read_table
from tracekd.datasets.rows import Grid
from tracekd.page.build import ONE_FILE, Part
from tracekd.page.data import (
    Facts,
    Json,
    describe_methods,
    describe_names,
    describe_results,
    describe_shown,
    read_rows,
    read_verdicts,
)
from tracekd.page.items import (
    Cell,
    Key,
    describe_cell,
    describe_experiment,
    describe_interventions,
    describe_questions,
    read_key,
    read_reading,
    read_score,
    sort_files,
    sort_reasons,
)
from tracekd.page.sources import Job, describe_jobs, find_jobs
from tracekd.tables.differences import read_differences


@dataclass(frozen=True)
class Plan:
    """What a page is made of.

    Attributes:
        facts: what the configuration says.
        grid, scorers: names in its order.
        config: merged.
        shown: path to title, category and caption file of each table and figure.
        questions: dataset to path.
        generations: cell to path.
        sizes: cell to its number of generations.
        scores: cell to scorer to path.
        readings, interventions: cell to path, where there are any.
        differences, experiment, findings: tables, where the run has them.
        jobs: that made all this.

    """

    facts: Facts
    grid: Grid
    scorers: Sequence[str]
    config: Mapping[str, Any]
    shown: Mapping[str, Mapping[str, str]]
    questions: Mapping[str, str]
    generations: Mapping[Key, str]
    sizes: Mapping[Key, int]
    scores: Mapping[Key, Mapping[str, str]]
    readings: Mapping[Key, str]
    interventions: Mapping[Key, str]
    differences: str | None
    experiment: str | None
    findings: str | None
    jobs: Sequence[Job]

    @property
    def in_one_file(self) -> bool:
        """Whether the page is small enough to stand in one file."""
        return sum(self.sizes.values()) <= ONE_FILE

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Datasets and models with generations, in the order of the configuration."""
        there = {key[:2] for key in self.generations}
        pairs = [(dataset, model) for dataset in self.grid.datasets for model in self.grid.models]
        return [pair for pair in pairs if pair in there]

    def get_cells(self, dataset: str, model: str) -> list[Key]:
        """Cells of a dataset and model: arms as the configuration has them, then seeds."""
        found = [key for key in self.generations if key[:2] == (dataset, model)]
        return sorted(found, key=lambda key: (list(self.grid.arms).index(key[2]), key[3]))

    def has_set_traces(self, dataset: str, model: str) -> bool:
        """Whether answers after set traces are known of a dataset and model."""
        return self.experiment is not None or any(
            key in self.interventions for key in self.get_cells(dataset, model)
        )


def plan_page(files: Any, params: Any, config: Mapping[str, Any]) -> Plan:
    """Say which file is what, and who made it.

    Args:
        files: inputs of the rule build_page, by name.
        params: of the rule.
        config: merged.

    """
    sorted_files = sort_files(files.scores, files.readings, files.interventions)
    generations = {read_key(path): path for path in files.generations}
    made = [*params.shown, *files.generations, *files.scores, *files.interventions]
    return Plan(
        facts=Facts(call=params.call, **params.facts),
        grid=Grid(params.datasets, params.models, params.arms),
        scorers=params.scorers,
        config=config,
        shown=params.shown,
        questions={Path(path).stem: path for path in files.questions},
        generations=generations,
        sizes={key: _count_lines(path) for key, path in generations.items()},
        scores=sorted_files.scores,
        readings=sorted_files.readings,
        interventions=sorted_files.interventions,
        differences=str(files.differences) if files.differences else None,
        experiment=str(files.experiment) if files.experiment else None,
        findings=str(files.findings) if files.findings else None,
        jobs=list(find_jobs(params.facts["run"], made).values()),
    )


def list_parts(plan: Plan) -> Iterator[Part]:
    """Give the parts of the page, first what it opens with."""
    yield Part("data", describe_run(plan), is_apart=False)
    for path in plan.shown:
        if path.endswith(".svg"):
            yield Part(f"figure.{Path(path).stem}", Path(path).read_text("utf-8"), is_apart=False)
    reasons = sort_reasons(read_differences(plan.differences)) if plan.differences else {}
    measured = read_table(plan.experiment) if plan.experiment else None
    for dataset in plan.grid.datasets:
        asked = [one for one in read_questions(plan.questions[dataset]) if one.split != "train"]
        places = {one.id: (place, one) for place, one in enumerate(asked)}
        yield Part(f"questions.{dataset}", describe_questions(asked))
        for pair in plan.pairs:
            if pair[0] == dataset:
                cells = [read_cell(plan, key, reasons.get(key, ())) for key in plan.get_cells(*pair)]
                yield Part(name_part("items", *pair), [describe_cell(cell, places) for cell in cells])
                if plan.has_set_traces(*pair):
                    yield Part(
                        name_part("set", *pair), [_describe_set(cell, measured, places) for cell in cells]
                    )


def _describe_set(
    cell: Cell, measured: pd.DataFrame | None, places: Mapping[str, tuple[int, Question]]
) -> Json:
    """Give the answers of a cell after set traces: of the interventions, and of the experiment."""
    rows = None if measured is None else measured[_is_of(measured, cell)]
    return {
        "interventions": describe_interventions(cell, places),
        "experiment": [] if rows is None else describe_experiment(rows, places),
    }


def _is_of(table: pd.DataFrame, cell: Cell) -> pd.Series:
    """Tell which rows of a table are those of a cell."""
    names = ("dataset", "model", "arm", "seed")
    same = [table[name] == value for name, value in zip(names, cell.key, strict=True)]
    return pd.concat(same, axis=1).all(axis=1)


def read_cell(plan: Plan, key: Key, reasons: Sequence[tuple[str, str, str]]) -> Cell:
    """Read all files of a cell."""
    generations = read_generations(plan.generations[key])
    ids = [one.id for one in generations]
    return Cell(
        *key,
        generations=generations,
        scores={name: read_score(plan.scores[key][name], ids) for name in plan.scorers},
        readings=read_reading(plan.readings[key], ids) if key in plan.readings else None,
        reasons=reasons,
        interventions=plan.interventions.get(key),
    )


def describe_run(plan: Plan) -> Json:
    """Give what the page opens with: all but the items and the pictures."""
    meta = describe_shown(plan.shown, plan.jobs, plan.config)
    tables = [one for one in meta if one["path"].endswith(".csv")]
    results = [one["path"] for one in tables if one["name"] == "results"]
    # a call refuses a name that stands twice; a display would keep the last
    return dict(
        run=plan.facts.run,
        call=plan.facts.call,
        made_up=list(plan.facts.made_up),
        **describe_names(plan.grid, plan.scorers),
        parts=[
            {
                "dataset": dataset,
                "model": model,
                "items": name_part("items", dataset, model),
                "set": name_part("set", dataset, model) if plan.has_set_traces(dataset, model) else None,
                "runs": [describe_key(plan, key) for key in plan.get_cells(dataset, model)],
            }
            for dataset, model in plan.pairs
        ],
        tables=[one | read_rows(one["path"]) for one in tables],
        figures=[one for one in meta if one["path"].endswith(".svg")],
        verdicts=read_verdicts([one["path"] for one in tables], plan.findings),
        results=describe_results(read_table(results[0])) if results else None,
        about=describe_methods(plan.facts, plan.grid, plan.scorers, sum(plan.sizes.values())),
        sources=describe_jobs(
            plan.jobs,
            [
                *plan.shown,
                *plan.generations.values(),
                *plan.interventions.values(),
                *(path for paths in plan.scores.values() for path in paths.values()),
            ],
        ),
    )


def describe_key(plan: Plan, key: Key) -> Json:
    """Give arm, seed, number of generations and paths of a cell."""
    return {
        "arm": key[2],
        "seed": key[3],
        "n": plan.sizes[key],
        "generations": plan.generations[key],
        "scores": {name: plan.scores[key][name] for name in plan.scorers},
        "interventions": plan.interventions.get(key),
        "experiment": plan.experiment,
    }


def name_part(kind: str, dataset: str, model: str) -> str:
    """Name a part of the page."""
    return f"{kind}.{dataset}.{model}"


def _count_lines(path: str) -> int:
    """Count the generations of a file."""
    with open(path, "rb") as stream:
        return sum(1 for line in stream if line.strip())
