"""The released SFT rows of the paper (CSV files under Trace_Check_QA/data), parsed for the golden tests."""

import ast
import csv
from typing import NamedTuple

from tracekd.core.records import Question
from tracekd.datasets import get_dataset

from support.real_data import released_file

FOLDERS = {
    "none": "sft_dataset_chat_template",
    "correct": "sft_dataset_reasoning_with_facts_chat_template",
    "incorrect": "sft_dataset_reasoning_facts_perturbed_chat_template",
}


class Turns(NamedTuple):
    """What the released row shows the model and what it trains it to write."""

    user: str
    assistant: str


def released_turns(dataset: str, arm: str, file: str) -> list[Turns]:
    """Parse the `messages` cells of one file: Python literals, which only tests may evaluate."""
    csv.field_size_limit(1 << 24)
    path = f"data/{dataset}/{FOLDERS[arm]}/{file}"
    with open(released_file(path), encoding="utf-8", newline="") as stream:
        conversations = [ast.literal_eval(row["messages"]) for row in csv.DictReader(stream)]
    assert all([turn["role"] for turn in turns] == ["user", "assistant"] for turns in conversations)
    return [Turns(*(turn["content"] for turn in turns)) for turns in conversations]


def by_user_prompt(questions: list[Question]) -> dict[str, list[Question]]:
    """Group questions by the exact text of their user prompt, which holds context and question."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(get_dataset(question.dataset).user_prompt(question), []).append(question)
    return groups
