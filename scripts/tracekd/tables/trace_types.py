"""Kinds of traces side by side: what they are like, and what a model that learnt from them answers."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from tracekd.core.records import read_generations
from tracekd.core.tables import read_table
from tracekd.datasets.rows import Grid
from tracekd.labels import arm_title, count, dataset_title, show_number, show_percent
from tracekd.statistics.intervals import wilson_interval
from tracekd.tables.estimates import show_answers, show_estimates
from tracekd.tables.scores import accuracies
from tracekd.tables.write import percent
from tracekd.teacher.responses import TRUNCATED, Response

# properties that spread over the items: their mean and quartiles
SPREAD = ("words", "facts", "reading_ease")
TYPES = ["dataset", "arm", "n"]
TYPES += [f"{name}{part}" for name in SPREAD for part in ("", "_q1", "_q3")]
TYPES += ["tokens", "context", "gold_facts", "grade", "verified", "verified_low", "verified_high"]
TYPES += ["asked", "truncated"]
CELL = ["dataset", "model", "arm", "scorer"]
VALUE = ["dataset", "model", "arm", "questions", "scorer", "seeds", "n"]
VALUE += ["answer_acc", "answer_low", "answer_high", "answer_sd", "new_tokens", "cut"]
# which test questions: all, and those whose answer by the teacher is kept (as published)
ALL, KEPT = "all", "kept"


def read_properties(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read property files `.../{dataset}/{arm}.csv`; columns dataset and arm are added."""
    frames = [read_table(path).assign(dataset=path.parent.name, arm=path.stem) for path in map(Path, paths)]
    return pd.concat(frames, ignore_index=True)


def trace_types(
    properties: pd.DataFrame, responses: Mapping[tuple[str, str], Sequence[Response]], grid: Grid
) -> pd.DataFrame:
    """Describe every arm's training traces, one row a dataset and arm (columns TYPES).

    Args:
        properties: as from `read_properties`.
        responses: (dataset, arm) to the teacher's responses of the kind that the arm quotes.
        grid: names in config order.

    Words, facts and reading ease are means with quartiles (_q1, _q3); `verified` has the 95 % Wilson
    interval. `asked` counts the teacher's responses of the arm's kind, `truncated` is the share of them
    that was cut off at the token limit; nothing where that is not known.

    """
    rows = []
    for (dataset, arm), traces in properties.groupby(["dataset", "arm"], sort=False):
        row = {"dataset": dataset, "arm": arm, "n": len(traces)}
        for name in SPREAD:
            row |= {
                name: traces[name].mean(),
                f"{name}_q1": traces[name].quantile(0.25),
                f"{name}_q3": traces[name].quantile(0.75),
            }
        row |= {name: traces[name].mean() for name in ("tokens", "context", "gold_facts", "grade")}
        judged = traces["verified"].dropna()
        if len(judged):
            low, high = wilson_interval(judged.mean(), len(judged))
            row |= {"verified": judged.mean(), "verified_low": float(low), "verified_high": float(high)}
        rows.append(row | _truncation(responses.get((dataset, arm), ())))
    return grid.sort(pd.DataFrame(rows, columns=TYPES), ["dataset", "arm"])


def _truncation(responses: Sequence[Response]) -> dict[str, float]:
    """Count responses and the share cut off, where the endpoint told."""
    known = [response for response in responses if response.finish_reason is not None]
    if not known:
        return {}
    return {
        "asked": len(known),
        "truncated": sum(response.status == TRUNCATED for response in known) / len(known),
    }


def read_lengths(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read how long generations `.../{dataset}/{model}/{arm}/seed{seed}.jsonl` are: one row an item.

    Columns: dataset, model, arm, seed, id, new_tokens, cut (1 where the token limit ended it); empty where it
    is not known.
    """
    rows = []
    for path in map(Path, paths):
        dataset, model, arm = path.parts[-4:-1]
        seed = int(path.stem.removeprefix("seed"))
        for one in read_generations(path):
            cut = None if one.finish_reason is None else float(one.finish_reason == "length")
            rows.append((dataset, model, arm, seed, one.id, one.n_new_tokens, cut))
    columns = ["dataset", "model", "arm", "seed", "id", "new_tokens", "cut"]
    return pd.DataFrame(rows, columns=columns)


def trace_value(
    scores: pd.DataFrame, lengths: pd.DataFrame, kept: Mapping[str, frozenset[str]], grid: Grid
) -> pd.DataFrame:
    """Accuracy of every arm on all test questions and on the kept ones (columns VALUE).

    Args:
        scores: as from `read_scores`.
        lengths: as from `read_lengths`, of the same generations.
        kept: dataset to the ids of questions that the teacher answered rightly.
        grid: names in config order.

    Accuracies and their 95 % Wilson intervals as in `accuracies`; new_tokens is the mean length of an output,
    cut the share of outputs that the token limit ended.

    """
    items = scores.merge(lengths, on=["dataset", "model", "arm", "seed", "id"], validate="many_to_one")
    chosen = [item in kept[dataset] for item, dataset in zip(items["id"], items["dataset"], strict=True)]
    parts = []
    for questions, part in ((ALL, items), (KEPT, items[chosen])):
        means = part.groupby(CELL, sort=False)[["new_tokens", "cut"]].mean().reset_index()
        parts.append(accuracies(part, CELL, grid.steps).merge(means, on=CELL).assign(questions=questions))
    table = pd.concat(parts, ignore_index=True)
    return grid.sort(table, ["dataset", "model", "scorer", "questions", "arm"])[VALUE]


def show_types(table: pd.DataFrame) -> pd.DataFrame:
    """Write the kinds of traces for readers."""
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Arm": [arm_title(name) for name in table["arm"]],
            "n": table["n"].map(count),
            "Words": _with_quartiles(table, "words", 0),
            "Tokens": [show_number(value, 0) for value in table["tokens"]],
            "Facts mentioned": _with_quartiles(table, "facts", 1),
            "of": [show_number(value, 1) for value in table["context"]],
            "Gold facts": table["gold_facts"].map(percent),
            "Reading ease": _with_quartiles(table, "reading_ease", 0),
            "Grade": [show_number(value, 1) for value in table["grade"]],
            "Verified (%)": show_estimates(table, "verified", percent=True),
            "Asked": ["–" if pd.isna(value) else count(int(value)) for value in table["asked"]],
            "Cut off (%)": table["truncated"].map(percent),
        }
    )


def show_value(table: pd.DataFrame) -> pd.DataFrame:
    """Write the accuracies for readers."""
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Model": list(table["model"]),
            "Scorer": list(table["scorer"]),
            "Questions": list(table["questions"]),
            "Arm": [arm_title(name) for name in table["arm"]],
            "Seeds": table["seeds"].map(count),
            "n": table["n"].map(count),
            "Answer (%)": show_answers(table),
            "SD": [show_percent(value) for value in table["answer_sd"]],
            "Tokens": [show_number(value, 0) for value in table["new_tokens"]],
            "Cut off (%)": table["cut"].map(percent),
        }
    )


def _with_quartiles(table: pd.DataFrame, name: str, digits: int) -> list[str]:
    """Write a mean and the quartiles, e.g. ``34 (28–41)``; a dash for no value."""
    columns = (table[f"{name}{part}"] for part in ("", "_q1", "_q3"))
    rows = ([show_number(value, digits) for value in row] for row in zip(*columns, strict=True))
    return ["–" if mean == "–" else f"{mean} ({low}–{high})" for mean, low, high in rows]
