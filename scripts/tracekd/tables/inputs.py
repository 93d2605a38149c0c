"""What a run that makes no generations asked for and what there was: one row per file."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from tracekd.datasets.rows import ALL
from tracekd.labels import arm_title, count, dataset_title
from tracekd.released.registry import Generations
from tracekd.released.replay import AS_RELEASED, Replay

DATA_MISSING, SUPPLIED = "data missing", "supplied"
CELL = ["dataset", "model", "arm", "seed"]
COLUMNS = ["dataset", "class", "model", "arm", "seed", "path", "state", "items", "questions", "sha256"]


def inputs_table(
    wanted: Sequence[Generations], manifest: Mapping[str, Mapping[str, str]], replays: Mapping[str, Replay]
) -> pd.DataFrame:
    """List the files of all cells that were asked for.

    Args:
        wanted: cells, with the path of every file.
        manifest: path to `sha256` and `state` of the files that are there.
        replays: dataset to what was read.

    Returns:
        dataset, class (or `all`), model, arm, seed, path, state (`data missing` where there is no file),
        items (generations in the file), questions (of that class in the test split), sha256.

    """
    classes = {
        name: {question.id: question.class_label for question in replay.questions}
        for name, replay in replays.items()
    }
    sizes = {
        name: pd.Series([one.class_label for one in replay.questions if one.split == "test"]).value_counts()
        for name, replay in replays.items()
    }
    found = {
        cell.name: generations for replay in replays.values() for cell, generations in replay.generations
    }
    rows = []
    for cell in wanted:
        labels = [classes[cell.dataset][one.id] for one in found.get(cell.name, ())]
        for label, path in (cell.paths or {ALL: ""}).items():
            entry = manifest.get(path, {"state": DATA_MISSING, "sha256": ""})
            in_split = sizes.get(cell.dataset, pd.Series(dtype=int))
            rows.append(
                (
                    cell.dataset,
                    label,
                    cell.model,
                    cell.arm,
                    cell.seed,
                    path,
                    entry["state"],
                    len(labels) if label == ALL else labels.count(label),
                    in_split.sum() if label == ALL else in_split.get(label, 0),
                    entry["sha256"],
                )
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def show_inputs(table: pd.DataFrame) -> pd.DataFrame:
    """Write `inputs_table` for readers: states and numbers of items, without checksums."""
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Model": table["model"],
            "Arm": [arm_title(name) for name in table["arm"]],
            "Class": table["class"],
            "Seed": table["seed"].map(str),
            "State": table["state"],
            "Items": [count(number) for number in table["items"]],
            "Questions": [count(number) for number in table["questions"]],
        }
    )


def say_inputs(table: pd.DataFrame) -> list[str]:
    """Say of each file that lacks test questions how many it answers; and how many files are missing."""
    lacks = table["state"] == DATA_MISSING
    lines = [
        f"{row.path}: {count(row.items)} of {count(row.questions)} test questions"
        for row in table[~lacks & (table["items"] < table["questions"])].itertuples()
    ]
    if lacks.any():
        lines.append(f"{count(lacks.sum())} of {count(len(table))} files that the config names are missing")
    return lines


def find_partial(table: pd.DataFrame) -> set[tuple[str, str, str, int]]:
    """Give (dataset, model, arm, seed) of supplied files that do not answer every test question."""
    rows = table[(table["state"] == SUPPLIED) & (table["items"] < table["questions"])]
    return set(rows[CELL].itertuples(index=False, name=None))


def leave_out(table: pd.DataFrame, cells: Collection[tuple[str, str, str, int]]) -> pd.DataFrame:
    """Leave out the rows of a run's table that rest on one of these (dataset, model, arm, seed).

    So do the rows that pool the seeds of such a cell, and those that compare it with an arm named in `other`.
    """
    left_out = {(*cell[:-1], seed) for cell in cells for seed in (str(cell[-1]), ALL)}
    keep = np.ones(len(table), dtype=bool)
    for arm in {"arm", "other"} & set(table):
        columns = (table[arm if name == "arm" else name].astype(str) for name in CELL)
        keep &= np.array([row not in left_out for row in zip(*columns, strict=True)], dtype=bool)
    return table[keep]


def find_present(table: pd.DataFrame) -> set[str]:
    """Give the paths of the files that there are."""
    return set(table.loc[table["state"] != DATA_MISSING, "path"])


def find_released(table: pd.DataFrame) -> set[tuple[str, str, str, int]]:
    """Give (dataset, model, arm, seed) of the cells all of whose files are as the authors released them."""
    rows = table[table["state"] != DATA_MISSING]
    alike = rows["state"].eq(AS_RELEASED).groupby([rows[name] for name in CELL]).all()
    return set(alike.index[alike])
