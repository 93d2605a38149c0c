"""The released generations and test splits as records, read once for all golden tests."""

from functools import cache

import pytest
from support.examples import ROOT
from tracekd.models.registry import read_models
from tracekd.released.read import read_replay
from tracekd.released.registry import get_generations, get_table, read_released
from tracekd.settings.config import Replay

MODELS = ("Llama-3.2-1B-Instruct", "Qwen3-1.7B")
ARMS = ("prompt_only", "none", "correct", "incorrect")
SEED = 42


@pytest.fixture(scope="session")
def released(real_data):
    """Give, for a dataset, its questions and a mapping of (model, arm) to generations."""

    @cache
    def read(dataset):
        registry = read_released(ROOT / "config" / "released.yaml")
        replay = Replay(
            released="config/released.yaml",
            datasets=[dataset],
            models=list(MODELS),
            arms=list(ARMS),
            allow_missing=True,
        )
        cells = get_generations(registry, replay, [SEED], read_models(ROOT / "config" / "models.yaml"))
        replay = read_replay(real_data / registry.folder, get_table(registry, dataset), cells)
        return replay.questions, {(cell.model, cell.arm): found for cell, found in replay.generations}

    return read
