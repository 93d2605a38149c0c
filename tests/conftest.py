"""What all tests share: options, a hand-written question of each dataset, a line on what was skipped."""

import pytest
from support.examples import make_question
from support.missing import summarise


def pytest_addoption(parser):
    """Say which dataset tests/conformance checks; here, since pytest knows options of this file always."""
    group = parser.getgroup("conformance")
    group.addoption("--dataset", help="check this dataset only")
    group.addoption("--extension", action="append", default=[], help="folder that brings it")
    group.addoption("--registry", help="file with its entry: options of its reader, sizes of its simulator")
    group.addoption("--raw", help="folder of its raw files; without it the simulator writes some")


# modules of tests/unit that train, draw, serve, kill or try hundreds of values
SLOW = frozenset(
    [
        "ablation",
        "base_model",
        "bench",
        "claim_arithmetic",
        "claims",
        "clusters",
        "code",
        "config_fuzz",
        "contrasts",
        "counterfactual",
        "decoding",
        "dequantised",
        "devices",
        "documents",
        "dose",
        "environments",
        "experiment",
        "experiment_planted",
        "fetch",
        "figure_scripts",
        "figures",
        "forecast",
        "forest",
        "full_disk",
        "generation",
        "gguf",
        "interventions",
        "kept_models",
        "kills",
        "lease",
        "literals",
        "loading",
        "model_scripts",
        "model_sources",
        "own_tables",
        "packages",
        "page_data",
        "preflight",
        "provenance",
        "reading_tables",
        "readings",
        "released",
        "run",
        "scripts",
        "security",
        "simulate",
        "start_up",
        "statistics",
        "study_model",
        "study_statistics",
        "study_tables",
        "supplied",
        "tables",
        "teacher_ask",
        "teacher_border",
        "teacher_kill",
        "teacher_replies",
        "teacher_serve",
        "teacher_synthetic",
        "tokenizer",
        "trace_types",
        "training",
        "validation",
    ]
)


def pytest_collection_modifyitems(items):
    """Mark what `make test-fast` leaves out; put whole runs first, lest one worker end alone with them."""
    for item in items:
        if item.path.stem.removeprefix("test_") in SLOW:
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)


@pytest.fixture(params=["cotempqa", "babi", "ms_marco"])
def question(request):
    """A small question of each dataset in turn."""
    return make_question(request.param)


def pytest_terminal_summary(terminalreporter):
    """Say in one line what was skipped and how to get it."""
    skipped = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
    if skipped:
        terminalreporter.write_line(f"skipped: {summarise(skipped)}")
