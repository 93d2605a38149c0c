"""How long people read: seconds for each word of what a page shows.

Seconds on a page alone say little where one condition shows two lines and another 500 words.
"""

from collections.abc import Mapping
from typing import Any

Page = tuple[str, str]


def count_words(plan: Mapping[str, Any]) -> dict[Page, int]:
    """Words of every page, by item and condition: question, facts, reasoning, answer and statements."""
    statements = [question["text"] for question in plan["questions"]]
    return {
        (item["item"], condition["name"]): sum(
            len(text.split())
            for text in (
                *(item["question"], *item["context"]),
                *(item["texts"][condition["name"]], item["answers"][condition["name"]]),
                *statements,
            )
        )
        for item in plan["items"]
        for condition in plan["conditions"]
    }
