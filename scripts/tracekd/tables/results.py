"""Accuracy of every dataset, model, arm and scorer: on all items and per class."""

import pandas as pd

from tracekd.datasets.rows import Grid
from tracekd.labels import arm_title, count, dataset_title
from tracekd.tables.scores import METRICS, accuracies
from tracekd.tables.write import interval, percent

RUN = ["dataset", "model", "arm", "scorer"]
VALUES = [
    *[f"{metric}_acc" for metric in METRICS],
    *[f"{metric}_sd" for metric in METRICS],
    "answer_low",
    "answer_high",
    "parsed",
    "answer_acc_parsed",
]
STEPS = {"class": "Class. step", "facts": "Retrieval step", "trace": "Trace"}


def results_table(scores: pd.DataFrame, baselines: pd.DataFrame | None, grid: Grid) -> pd.DataFrame:
    """Accuracies on all test items; `baseline` is the highest trivial baseline, if there is one.

    Columns: dataset, model, arm, scorer, seeds, n, {answer,class,facts,trace}_acc, baseline, the four _sd,
    answer_low, answer_high, parsed, answer_acc_parsed (see `accuracies`).
    """
    table = accuracies(scores, RUN)
    best = {} if baselines is None else baselines.groupby("dataset")["answer_acc"].max()
    table["baseline"] = table["dataset"].map(best).astype(float)
    columns = [*RUN, "seeds", "n", *VALUES[: len(METRICS)], "baseline", *VALUES[len(METRICS) :]]
    return grid.sort(table, RUN)[columns]


def classes_table(scores: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Accuracies per class: dataset, model, arm, scorer, class, seeds, n, then the values of `accuracies`."""
    by = [*RUN, "class"]
    return grid.sort(accuracies(scores, by), by)[[*by, "seeds", "n", *VALUES]]


def show_results(table: pd.DataFrame) -> pd.DataFrame:
    """Write `results_table` for readers."""
    return pd.DataFrame(
        {
            **_show_run(table),
            **_show_accuracies(table),
            "Best trivial": [percent(value) for value in table["baseline"]],
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
        "SFT arm": [arm_title(name) for name in table["arm"]],
        "Scorer": list(table["scorer"]),
    }


def _show_accuracies(table: pd.DataFrame) -> dict[str, list[str]]:
    """The columns from the seeds to the trace."""
    steps = {
        title: [percent(*pair) for pair in zip(table[f"{metric}_acc"], table[f"{metric}_sd"], strict=True)]
        for metric, title in {"answer": "Answer", **STEPS}.items()
    }
    limits = zip(table["answer_low"], table["answer_high"], strict=True)
    return {
        "Seeds": [count(seeds) for seeds in table["seeds"]],
        "n": [count(n) for n in table["n"]],
        "Answer": steps.pop("Answer"),
        "95 % CI": [interval(*pair) for pair in limits],
        "Readable": [percent(value) for value in table["parsed"]],
        "Answer, if readable": [percent(value) for value in table["answer_acc_parsed"]],
        **steps,
    }
