"""Planted models are told for what they are, by the very functions that judge real ones."""

import pandas as pd
import pytest
from support.planted_answers import PLANTED, plant
from tracekd.experiment.effects import DECIDING, characterise, estimate
from tracekd.settings.experiment import EquivalenceMargins
from tracekd.settings.statistics import Bootstrap
from tracekd.tables.experiment import values_frame

MARGINS = EquivalenceMargins(log_odds=1.0, share=0.05)
# an interval of 200 draws is as wide as one of 10,000, but less sure of its ends
DRAWS = Bootstrap(resamples=200, seed=0)
RUNS, ALPHA = 100, 0.05


def look(words, seed):
    """What a planted model looks like in one run."""
    runs, anchors = plant(words, seed)
    values = values_frame(runs)
    values = values[(values["arm"] == "correct") & values["estimand"].isin(DECIDING)]
    return characterise(estimate(values, pd.Series(anchors), MARGINS, DRAWS), MARGINS.log_odds, ALPHA)


@pytest.mark.parametrize("words", PLANTED)
def test_a_planted_model_is_told_in_95_of_100_runs(words):
    found = pd.Series([look(words, seed) for seed in range(RUNS)]).value_counts()
    assert found.get(words, 0) >= 95, found.to_dict()
