"""Accuracy of every dataset, model, arm and scorer: on all items and per class."""

import pandas as pd

from tracekd.datasets import get_dataset
from tracekd.datasets.rows import Grid
from tracekd.labels import INTERVAL, WHOLE_TRACE, arm_title, as_header, count, dataset_title, step_title
from tracekd.scoring import ANSWER
from tracekd.tables.scores import accuracies, metrics
from tracekd.tables.write import interval, percent

RUN = ["dataset", "model", "arm", "scorer"]
REST = ["answer_low", "answer_high", "readable", "answer_acc_readable"]
REST += ["headline", "score", "score_sd", "score_low", "score_high"]


def results_table(scores: pd.DataFrame, baselines: pd.DataFrame | None, grid: Grid) -> pd.DataFrame:
    """Accuracies on all test items; `baseline` is the highest trivial baseline, if there is one.

    Columns: dataset, model, arm, scorer, seeds, n, answer_acc, {step}_acc, trace_acc, baseline, the same with
    _sd, then REST (see `accuracies`).
    """
    table = accuracies(scores, RUN, grid.steps)
    best = {} if baselines is None else baselines.groupby("dataset")["answer_acc"].max()
    table["baseline"] = table["dataset"].map(best).astype(float)
    means, spreads = _columns(grid)
    return grid.sort(table, RUN)[[*RUN, "seeds", "n", *means, "baseline", *spreads, *REST]]


def classes_table(scores: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Accuracies per class: dataset, model, arm, scorer, class, seeds, n, then the values of `accuracies`."""
    by = [*RUN, "class"]
    means, spreads = _columns(grid)
    return grid.sort(accuracies(scores, by, grid.steps), by)[[*by, "seeds", "n", *means, *spreads, *REST]]


def _columns(grid: Grid) -> tuple[list[str], list[str]]:
    """Name the columns of means and of their standard deviations."""
    names = metrics(grid.steps)
    return [f"{name}_acc" for name in names], [f"{name}_sd" for name in names]


def show_results(table: pd.DataFrame) -> pd.DataFrame:
    """Write `results_table` for readers."""
    return pd.DataFrame(
        {
            **_show_run(table),
            **_show_accuracies(table),
            "Best trivial baseline": [percent(value) for value in table["baseline"]],
        }
    )


def show_classes(table: pd.DataFrame) -> pd.DataFrame:
    """Write `classes_table` for readers."""
    return pd.DataFrame({**_show_run(table), "Class": table["class"], **_show_accuracies(table)})


def _show_run(table: pd.DataFrame) -> dict[str, list[str]]:
    """The columns that say which run a row is."""
    return {
        "Dataset": [dataset_title(name) for name in table["dataset"]],
        "Model": list(table["model"]),
        "Arm": [arm_title(name) for name in table["arm"]],
        "Scorer": list(table["scorer"]),
    }


def _show_accuracies(table: pd.DataFrame) -> dict[str, list[str]]:
    """The columns from the seeds to the trace; of a graded headline the score in place of the answer."""
    limits = zip(table["score_low"], table["score_high"], strict=True)
    graded = table["headline"] != ANSWER
    score = {"Score": list(table["headline"])} if graded.any() else {}
    return {
        **score,
        "Seeds": [count(seeds) for seeds in table["seeds"]],
        "n": [count(n) for n in table["n"]],
        "Answer": [percent(*pair) for pair in zip(table["score"], table["score_sd"], strict=True)],
        as_header(INTERVAL): [interval(*pair) for pair in limits],
        "Readable": [percent(value) for value in table["readable"]],
        "Answer, if readable": [percent(value) for value in table["answer_acc_readable"]],
        **show_steps(table),
        as_header(WHOLE_TRACE): [
            percent(*pair) for pair in zip(table["trace_acc"], table["trace_sd"], strict=True)
        ],
    }


def show_steps(table: pd.DataFrame) -> dict[str, list[str]]:
    """The columns of the single steps; standard deviations where the table has them."""
    steps = {
        step.name: as_header(step_title(step))
        for name in table["dataset"].unique()
        for step in get_dataset(name).steps
    }
    empty = pd.Series(float("nan"), table.index)
    return {
        title: [
            percent(*pair) for pair in zip(table[f"{name}_acc"], table.get(f"{name}_sd", empty), strict=True)
        ]
        for name, title in steps.items()
    }
