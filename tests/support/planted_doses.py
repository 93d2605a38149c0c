"""Answers at several shares of correct traces, with a planted curve, and what the tables make of them."""

from typing import NamedTuple
from unittest.mock import patch

import numpy as np
from scipy.special import expit, logit
from tracekd.statistics.settings import read_settings
from tracekd.statistics.trend import contrast_doses, draw_accuracies

from support.examples import ROOT

CHOICES = read_settings(ROOT / "config" / "statistics.yaml")
SETTINGS = CHOICES.changed(bootstrap=CHOICES.bootstrap.changed(resamples=1000))
SHARES = (0, 0.25, 0.5, 0.75, 1)
# spread of the items' difficulty: how much the answers to one item hang together
DIFFICULTY = 1.5


class Curve(NamedTuple):
    """Accuracy at each share, and the share at which the step with the change point begins."""

    rates: tuple[float, ...]
    change_point: float | None


CURVES = {
    "flat": Curve((0.5, 0.5, 0.5, 0.5, 0.5), None),
    "line": Curve((0.3, 0.4, 0.5, 0.6, 0.7), None),
    "early threshold": Curve((0.3, 0.6, 0.6, 0.6, 0.6), 0),
    "late threshold": Curve((0.3, 0.3, 0.3, 0.6, 0.6), 0.5),
}


def draw_answers(rates, seeds, items, rng, run_sd=0.0):
    """Draw (seeds, items, shares) right and wrong answers.

    Items differ in difficulty, alike at all shares; run_sd is the standard deviation, in accuracy, of what
    one training differs by from the next with the same traces.
    """
    difficulty = rng.normal(0, DIFFICULTY, (1, items, 1))
    shift = rng.normal(0, run_sd, (seeds, 1, len(rates)))
    wanted = np.clip(np.array(rates) + shift, 0.01, 0.99)
    # a logistic-normal mean is about the mean of a flatter curve (Zeger, Liang and Albert 1988)
    centre = logit(wanted) * np.sqrt(1 + 0.346 * DIFFICULTY**2)
    return (rng.random((seeds, items, len(rates))) < expit(centre + difficulty)).astype(float)


def contrast_planted(rates, seeds, items, rng, run_sd=0.0):
    """Draw answers and contrast the shares."""
    answers = draw_answers(rates, seeds, items, rng, run_sd)
    drawn = draw_accuracies(answers, np.arange(items), SETTINGS)
    return contrast_doses(answers.mean(axis=(0, 1)), drawn, SHARES, SETTINGS.alpha)


def find_change_points(rates, runs, seeds, items, run_sd=0.0):
    """Where a change point is found in each of some runs, None where there is none."""
    found = []
    for run in range(runs):
        # Holm's correction in statsmodels collects garbage on every call, which takes longer than all else
        with patch("gc.collect"):
            table = contrast_planted(rates, seeds, items, np.random.default_rng(run), run_sd)
        places = table.loc[table["change_point"] == 1, "from_share"]
        found.append(places.iloc[0] if len(places) else None)
    return found
