"""The released generations and test splits as records, read once for all golden tests."""

from functools import cache

import pytest
from support.examples import ROOT
from support.real_data import RELEASED, released_folder
from tracekd.models.registry import read_models
from tracekd.released.read import read_replay
from tracekd.released.registry import get_generations, get_table
from tracekd.settings.config import Replay

MODELS = {"cotempqa": ("Llama-3.2-1B-Instruct", "Qwen3-1.7B"), "babi": ("Llama-3.2-1B-Instruct",)}
ARMS = ("prompt_only", "none", "correct", "incorrect")
SEED = 42


@pytest.fixture(scope="session")
def released_files():
    """Give, for a dataset, its table, its cells, and the folder that holds their files."""

    @cache
    def find(dataset):
        asked = Replay(
            released="config/released.yaml",
            datasets=[dataset],
            models=list(MODELS[dataset]),
            arms=list(ARMS),
            allow_missing=True,
        )
        cells = get_generations(RELEASED, asked, [SEED], read_models(ROOT / "config" / "models.yaml"))
        table = get_table(RELEASED, dataset)
        return table, cells, released_folder(path for one in (table, *cells) for path in one.paths.values())

    return find


@pytest.fixture(scope="session")
def released(released_files):
    """Give, for a dataset, its questions and a mapping of (model, arm) to generations."""

    @cache
    def read(dataset):
        table, cells, folder = released_files(dataset)
        replay = read_replay(folder, table, cells)
        return replay.questions, {(cell.model, cell.arm): found for cell, found in replay.generations}

    return read
