import os

# one thread: the machine may run several tests at once, and results do not depend on it
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    """A random tiny Llama in the form of a hub checkpoint."""
    from support.tiny_models import save_model

    return save_model(tmp_path_factory.mktemp("models") / "tiny", "Llama")


@pytest.fixture(scope="session")
def tokenizer(model_folder):
    from tracekd.models.loading import load_tokenizer

    return load_tokenizer(model_folder)


@pytest.fixture(scope="session")
def base(model_folder):
    """The tiny Llama in 4 bits; whoever puts an adapter on it takes it off again."""
    from support.tiny_models import QUANTISATION
    from tracekd.models.loading import load_quantised

    return load_quantised(model_folder, QUANTISATION)
