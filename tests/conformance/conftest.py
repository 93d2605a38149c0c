"""What every dataset promises, held against those of the paper, the example, or one of your own.

    pytest tests/conformance                        the known ones
    pytest tests/conformance --dataset NAME --extension FOLDER --registry FILE
    pytest tests/conformance --dataset NAME --extension FOLDER --registry FILE --raw FOLDER

The entry of the registry holds the options of the reader and, where its source is `simulate`, the sizes of
the corpus that the simulator writes. `--raw`: your own raw files, needed for every other source.
"""

import random
import sys
from pathlib import Path

import pytest
from support.examples import ROOT
from support.own_datasets import kept_registries
from tracekd.datasets import BUILT_IN, get_dataset
from tracekd.datasets.registry import get_entry
from tracekd.datasets.simulation import get_simulator
from tracekd.run.extensions import load_extensions
from tracekd.settings.base import parse_settings
from tracekd.sources.kinds import Simulate

EXAMPLE = ROOT / "examples/word_problems"
REGISTRIES = dict.fromkeys(BUILT_IN, ROOT / "config/datasets_demo.yaml")
REGISTRIES[EXAMPLE.name] = EXAMPLE / "datasets.yaml"
QUESTIONS = 120


def pytest_generate_tests(metafunc):
    if "name" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--dataset")
        if metafunc.config.getoption("--extension") and not chosen:
            raise pytest.UsageError("--extension brings several things: say which dataset by --dataset NAME")
        metafunc.parametrize("name", [chosen] if chosen else list(REGISTRIES), scope="module")


@pytest.fixture(scope="module", autouse=True)
def extensions(request):
    """What the user's folders bring, or else the example, for these tests only."""
    # not both: an arm of the user's may be one of the example's by another name
    folders = {Path(folder).resolve() for folder in request.config.getoption("--extension") or [EXAMPLE]}
    with kept_registries():
        load_extensions(sorted(folders))
        yield
    brought = {folder.name for folder in folders}
    for module in [one for one in sys.modules if one.partition(".")[0] in brought]:
        del sys.modules[module]


@pytest.fixture(scope="module")
def dataset(name):
    return get_dataset(name)


@pytest.fixture(scope="module")
def registry(name, request):
    """The file that has an entry of the dataset."""
    given = request.config.getoption("--registry") or REGISTRIES.get(name)
    return given or pytest.fail("give --registry FILE")


@pytest.fixture(scope="module")
def entry(name, registry):
    return get_entry(registry, name)


@pytest.fixture(scope="module")
def options(name, dataset, registry, entry):
    return parse_settings(dataset.Options, entry.options, f"{registry}: {name}.options")


@pytest.fixture(scope="module")
def raw(name, request, entry, tmp_path_factory):
    """Raw files: the user's, or simulated ones."""
    if folder := request.config.getoption("--raw"):
        return Path(folder)
    if not isinstance(entry.source, Simulate):
        pytest.fail(f"give --raw FOLDER: the source of {name} is {entry.source.kind}")
    folder = tmp_path_factory.mktemp("raw")
    get_simulator(name).write_raw(folder, entry.source.sizes, 0)
    return folder


@pytest.fixture(scope="module")
def corpus(dataset, raw, options):
    """All questions, as they are read."""
    return dataset.read(raw, options, 0)


@pytest.fixture(scope="module")
def questions(corpus):
    """Some questions of each split."""
    splits = [[one for one in corpus if one.split == split] for split in ("train", "test")]
    return [
        question
        for some in splits
        for question in random.Random(0).sample(some, min(len(some), QUESTIONS // len(splits)))
    ]


@pytest.fixture(scope="module")
def drawable(questions):
    """Questions of which every step can be made wrong without borrowing from others."""
    found = [one for one in questions if len(one.context) >= 2 * max(1, len(one.gold_facts))]
    assert {question.split for question in found} == {"train", "test"}, "too few facts in every context"
    return found
