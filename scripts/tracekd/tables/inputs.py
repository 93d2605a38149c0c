"""What a replay asked for and what there was: one row a released file."""

from collections.abc import Mapping, Sequence

import pandas as pd

from tracekd.datasets.rows import ALL
from tracekd.labels import arm_title, count, dataset_title
from tracekd.released.read import Replay
from tracekd.released.registry import Generations

DATA_MISSING = "data missing"
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
            "SFT arm": [arm_title(name) for name in table["arm"]],
            "Class": table["class"],
            "Seed": table["seed"].map(str),
            "State": table["state"],
            "Items": [count(number) for number in table["items"]],
            "Questions": [count(number) for number in table["questions"]],
        }
    )
