"""How long people read: seconds for each word of what a page shows.

Seconds on a page alone say little where one condition shows two lines and another 500 words.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tracekd.study.tasks import FIND_ERROR, PREDICT

Page = tuple[str, str]


def count_words(plan: Mapping[str, Any]) -> dict[Page, int]:
    """Words of all that is shown of an item, by item and condition: from its question to what is asked.

    Those of a trial are counted without its mistake, which may be a word longer or shorter.
    """
    statements = [question["text"] for question in plan["questions"]]
    asked = {task["kind"]: task["text"] for task in plan.get("tasks", [])}
    words = {}
    for condition in (one["name"] for one in plan["conditions"]):
        for item in plan["items"]:
            choices = item.get("choices", [])
            guess = [asked[PREDICT], *choices] if choices else []
            texts = [item["texts"][condition], item["answers"][condition], *statements, *guess]
            words[item["item"], condition] = _count(item, texts)
        for trial in plan.get("trials", []):
            words[trial["item"], condition] = _count(trial, [trial["texts"][condition], asked[FIND_ERROR]])
    return words


def _count(one: Mapping[str, Any], texts: Sequence[str]) -> int:
    """Words of a question, its facts and other texts."""
    return sum(len(text.split()) for text in (one["question"], *one["context"], *texts))
