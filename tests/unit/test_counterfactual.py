"""Planted models are told apart by the counterfactual table, which the follow rate alone cannot do."""

import pytest
from support.planted_models import PLANTED, count_told

RUNS = 20


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_model_is_told_for_what_it_is(kind):
    told, share = count_told(kind, RUNS)
    assert told >= 0.95 * RUNS
    if kind == "confounded by difficulty":
        assert share > 0.5, "by its follow rate alone it would pass for one that copies"
