"""What each question is about, for statistics that must not take related questions for independent ones."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from tracekd.core.records import Question, read_questions
from tracekd.datasets import get_dataset


def name_anchors(questions: Iterable[Question]) -> pd.Series:
    """Name the anchor of every question outside the train split (`Dataset.anchor`).

    Returns:
        Series `anchor`, indexed by dataset and id, for two datasets may have an id in common.

    """
    anchors = {
        (question.dataset, question.id): get_dataset(question.dataset).anchor(question)
        for question in questions
        if question.split != "train"
    }
    index = pd.MultiIndex.from_tuples(anchors, names=["dataset", "id"])
    return pd.Series(anchors.values(), index, dtype=object, name="anchor")


def read_anchors(question_files: Iterable[str | Path]) -> pd.Series:
    """Name the anchors of the questions in files `results/{run}/questions/{dataset}.jsonl`."""
    return name_anchors(question for path in question_files for question in read_questions(path))


def join_anchors(items: pd.DataFrame, question_files: Iterable[str | Path]) -> pd.DataFrame:
    """Put to items with columns dataset and id the anchor of their question, as column `anchor`."""
    return items.join(read_anchors(question_files), on=["dataset", "id"])
