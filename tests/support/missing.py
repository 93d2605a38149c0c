"""Tests that are skipped because something is not on this machine, and the line that says so in the end."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NoReturn

import pytest

SKIPPED, SEPARATOR = "Skipped: ", ": "


def skip_without(what: str, hint: str) -> NoReturn:
    """Skip a test that needs something which is not here; the hint says how to get it."""
    pytest.skip(f"{what}{SEPARATOR}{hint}")


def summarise(reasons: Iterable[str]) -> str:
    """Say in one line how many tests were skipped without what, and how to get it.

    Reasons are those that pytest reports of skipped tests.
    """
    lacking: dict[str, list[str]] = defaultdict(list)
    for reason, count in Counter(reasons).items():
        what, _, hint = reason.removeprefix(SKIPPED).partition(SEPARATOR)
        lacking[hint].append(f"{count} without {what}")
    return "; ".join(f"{', '.join(tests)} ({hint})" for hint, tests in lacking.items())
