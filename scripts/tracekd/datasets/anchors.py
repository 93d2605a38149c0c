"""What each question is about, for statistics that must not take related questions for independent ones."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from tracekd.core.records import read_questions
from tracekd.datasets import get_dataset


def read_anchors(question_files: Iterable[str | Path]) -> pd.Series:
    """Name the anchor of every question outside the train split (`Dataset.anchor`).

    Args:
        question_files: `results/{run}/questions/{dataset}.jsonl` of the datasets.

    Returns:
        Series `anchor`, indexed by dataset and id, for two datasets may have an id in common:
        `scores.join(anchors, on=["dataset", "id"])`.

    """
    anchors = {
        (question.dataset, question.id): get_dataset(question.dataset).anchor(question)
        for path in question_files
        for question in read_questions(path)
        if question.split != "train"
    }
    index = pd.MultiIndex.from_tuples(anchors, names=["dataset", "id"])
    return pd.Series(anchors.values(), index, dtype=object, name="anchor")
