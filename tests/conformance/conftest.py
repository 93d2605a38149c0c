"""What every dataset promises, held against those of the paper, the example, or one of your own.

    pytest tests/conformance                                                    the known ones
    pytest tests/conformance --dataset word_problems --extension examples/word_problems
    pytest tests/conformance --dataset mine --extension FOLDER --raw FOLDER     on your own raw files

Without `--raw` the simulator of the dataset writes a corpus. `--options`: of its reader, as YAML.
"""

import random

import pytest
import yaml
from support.examples import ROOT
from support.raw_files import OPTIONS, WRITERS
from tracekd.datasets import BUILT_IN, get_dataset
from tracekd.datasets.simulation import get_simulator
from tracekd.run.extensions import load_extensions

EXAMPLE = "word_problems"
# problems of a simulated corpus
SIZES = {"train": 60, "test": 20}


def pytest_addoption(parser):
    group = parser.getgroup("conformance")
    group.addoption("--dataset", help="check this dataset only")
    group.addoption("--extension", action="append", default=[], help="folder that brings it")
    group.addoption("--raw", help="folder of its raw files; without it the simulator writes some")
    group.addoption("--options", default="{}", help="options of its reader, as YAML")


def _option(config, name, default=None):
    return config.getoption(name, default=default) or default


def pytest_generate_tests(metafunc):
    if "name" in metafunc.fixturenames:
        load_extensions([ROOT / "examples" / EXAMPLE, *_option(metafunc.config, "--extension", [])])
        chosen = _option(metafunc.config, "--dataset")
        metafunc.parametrize("name", [chosen] if chosen else [*BUILT_IN, EXAMPLE], scope="module")


@pytest.fixture(scope="module")
def dataset(name):
    return get_dataset(name)


@pytest.fixture(scope="module")
def options(name, request):
    return OPTIONS.get(name) or yaml.safe_load(_option(request.config, "--options", "{}"))


@pytest.fixture(scope="module")
def raw(name, request, tmp_path_factory):
    """Raw files: the user's, hand-written ones, or simulated ones."""
    if folder := _option(request.config, "--raw"):
        return ROOT.joinpath(folder)
    folder = tmp_path_factory.mktemp("raw")
    if name in WRITERS:
        WRITERS[name](folder)
    else:
        get_simulator(name).write_raw(folder, SIZES, 0)
    return folder


@pytest.fixture(scope="module")
def questions(dataset, raw, options):
    """Questions of the corpus, a few hundred at most."""
    read = dataset.read(raw, options, 0)
    return read if len(read) <= 300 else random.Random(0).sample(read, 300)
