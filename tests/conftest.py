"""Fixtures that several tests share: hand-written questions and the folder of real data."""

import os

import pytest
from support.examples import ROOT, make_question


@pytest.fixture(params=["cotempqa", "babi", "ms_marco"])
def question(request):
    """A small question of each dataset in turn."""
    return make_question(request.param)


@pytest.fixture(scope="session")
def real_data():
    """Folder of the real datasets; its absence is a failure in CI and a skip elsewhere."""
    for parent in ROOT.parents:
        if (parent / "shared" / "data").is_dir():
            return parent / "shared" / "data"
    if os.environ.get("CI") == "true":
        pytest.fail("the folder shared/data with the real datasets is missing")
    pytest.skip("real datasets are not on this machine")
