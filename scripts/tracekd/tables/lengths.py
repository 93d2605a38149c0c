"""How long the training examples are, and how many are cut at `max_length`."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from tracekd.core.tables import read_table
from tracekd.datasets.rows import Grid
from tracekd.labels import arm_title, count, dataset_title
from tracekd.tables.write import percent

COLUMNS = ["dataset", "model", "arm", "examples", "longest", "max_length", "cut", "cut_share"]


def lengths_table(paths: Iterable[str | Path], grid: Grid) -> pd.DataFrame:
    """Join files `.../{model}.csv` of the preflight of each model.

    Columns: dataset, model, arm, examples, longest (tokens), max_length (tokens), cut (examples longer than
    that), cut_share.
    """
    table = pd.concat(
        [read_table(path).assign(model=path.stem) for path in map(Path, paths)], ignore_index=True
    )
    table = table.assign(cut_share=table["cut"] / table["examples"])
    return grid.sort(table[COLUMNS], ["dataset", "model", "arm"])


def show_lengths(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers."""
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Model": table["model"],
            "Arm": [arm_title(name) for name in table["arm"]],
            "Examples": table["examples"].map(count),
            "Longest": table["longest"].map(count),
            "max_length": table["max_length"].map(count),
            "Cut": table["cut"].map(count),
            "Cut (%)": table["cut_share"].map(percent),
        }
    )
