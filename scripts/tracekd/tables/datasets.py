"""What the datasets hold: questions per class and split, length of the context, number of answers."""

from collections.abc import Mapping, Sequence

import pandas as pd

from tracekd.core.records import Question
from tracekd.datasets import get_dataset
from tracekd.datasets.rows import ALL
from tracekd.labels import count, dataset_title, show_number
from tracekd.settings.config import Limit


def datasets_table(
    questions: Sequence[Question], licences: Mapping[str, str], limits: Mapping[str, Limit]
) -> pd.DataFrame:
    """Describe each dataset as a whole (class `all`) and per class, in the order in which they come.

    Columns: dataset, class, train, test (questions), facts, gold_facts, answers (means per question over both
    splits), limit (what was taken of the whole dataset, empty for all), licence (empty where it is not
    known). Limits and licences are given by dataset, and may lack some.
    """
    items = pd.DataFrame(
        {
            "dataset": question.dataset,
            "class": question.class_label,
            "train": question.split == "train",
            "test": question.split == "test",
            "facts": len(question.context),
            "gold_facts": len(question.gold_facts),
            "answers": len(question.answers),
        }
        for question in questions
    )
    rows = [
        {
            "dataset": dataset,
            "class": label,
            **_describe(part),
            "limit": _write_limit(limits.get(dataset)),
            "licence": licences.get(dataset, ""),
        }
        for dataset, part_of_dataset in items.groupby("dataset", sort=False)
        for label in (ALL, *get_dataset(dataset).classes)
        if len(
            part := part_of_dataset if label == ALL else part_of_dataset[part_of_dataset["class"] == label]
        )
    ]
    return pd.DataFrame(rows)


def show_datasets(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers."""
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Class": table["class"],
            "Train": table["train"].map(count),
            "Test": table["test"].map(count),
            **{
                title: [show_number(value, 1) for value in table[name]]
                for name, title in (("facts", "Facts"), ("gold_facts", "Gold facts"), ("answers", "Answers"))
            },
            "Limit": table["limit"],
            "Licence": table["licence"],
        }
    )


def _describe(items: pd.DataFrame) -> dict[str, float]:
    """Questions per split and means per question."""
    sizes = {split: int(items[split].sum()) for split in ("train", "test")}
    return {**sizes, **{column: items[column].mean() for column in ("facts", "gold_facts", "answers")}}


def _write_limit(limit: Limit | None) -> str:
    """Write what was taken of a dataset, such as `train 240, test 80, characters 1000`."""
    taken = limit.model_dump(exclude_none=True) if limit else {}
    return ", ".join(f"{key} {most}" for key, most in taken.items())
