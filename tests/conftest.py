"""What all tests share: a hand-written question of each dataset, and the line that says what was skipped."""

import pytest
from support.examples import make_question
from support.missing import summarise


@pytest.fixture(params=["cotempqa", "babi", "ms_marco"])
def question(request):
    """A small question of each dataset in turn."""
    return make_question(request.param)


def pytest_terminal_summary(terminalreporter):
    """Say in one line what was skipped and how to get it."""
    skipped = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
    if skipped:
        terminalreporter.write_line(f"skipped: {summarise(skipped)}")
