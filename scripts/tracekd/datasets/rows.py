"""The order of rows: that of the config, so that no table depends on file or hash order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracekd.core.errors import DataError
from tracekd.datasets import get_dataset

if TYPE_CHECKING:  # who only names rows starts without it
    import pandas as pd

# rows of a column `class` that stand for a whole dataset: items pooled, and the mean of its classes
ALL, MACRO = "all", "macro"
# what a column `step` calls all steps together
TRACE = "trace"


@dataclass(frozen=True)
class Grid:
    """Names of the config in the order in which tables and figures show them."""

    datasets: Sequence[str]
    models: Sequence[str]
    arms: Sequence[str]

    def sort(self, frame: "pd.DataFrame", by: Sequence[str]) -> "pd.DataFrame":
        """Sort rows: dataset, model and arm as here, class as its dataset lists it, other columns by value.

        Raises DataError on a name that the config does not have.
        """
        ranks = {column: self._rank(frame, column) for column in by}
        order = frame[[]].assign(**ranks).sort_values(list(by), kind="stable").index
        return frame.loc[order].reset_index(drop=True)

    @property
    def steps(self) -> list[str]:
        """Names of the steps of all datasets, as they come in a trace, and the whole trace after them."""
        return [
            *dict.fromkeys(step.name for name in self.datasets for step in get_dataset(name).steps),
            TRACE,
        ]

    def present(self, frame: "pd.DataFrame", column: str) -> list[str]:
        """Names of a column (dataset, model or arm) that occur in the frame, in order."""
        names = set(frame[column])
        return [name for name in getattr(self, f"{column}s") if name in names]

    def _rank(self, frame: "pd.DataFrame", column: str) -> "pd.Series":
        """Give the place of every value of a column."""
        if column == "class":
            labels = {dataset: (ALL, MACRO, *get_dataset(dataset).classes) for dataset in self.datasets}
            places = {
                dataset: {label: place for place, label in enumerate(labels[dataset])} for dataset in labels
            }
            ranks = [
                places[row.dataset].get(label)
                for row, label in zip(frame.itertuples(), frame["class"], strict=True)
            ]
            ranks = frame[[]].assign(rank=ranks)["rank"].astype(float)
        elif column in ("dataset", "model", "arm"):
            names = getattr(self, f"{column}s")
            ranks = frame[column].map({name: place for place, name in enumerate(names)})
        else:
            return frame[column]
        unknown = frame.loc[ranks.isna(), column]
        if len(unknown):
            raise DataError(
                f"{column} {unknown.iloc[0]!r} is not one of the run's",
                hint="delete stale results of the run",
            )
        return ranks
