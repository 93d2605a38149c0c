"""Fast validation on simulated data: a wrong formula leaves bounds of 3.5 Monte-Carlo standard errors.

tests/benchmark/bench_statistics.py does the same with more simulations; docs/statistics.md has its tables.
"""

import gc
from math import sqrt

import pytest
from support.validation import (
    SETTINGS,
    Design,
    validate_classes,
    validate_family,
    validate_pairs,
    validate_seeds,
    validate_table,
)

SIMULATIONS = 600
NONE = Design("no association", 950, 0.44, 0.38, 0)
MARGIN = Design("phi at the margin", 950, 0.44, 0.38, 0.10)
STRONG = Design("strong association", 950, 0.39, 0.25, 0.70)


def error(rate, simulations=SIMULATIONS):
    """Bound of 3.5 standard errors of a simulated rate."""
    return 3.5 * sqrt(rate * (1 - rate) / simulations)


@pytest.fixture(scope="module")
def none():
    return validate_table(NONE, SIMULATIONS)


@pytest.mark.parametrize("name", ["chi2_p", "g_p"])
def test_tests_reject_a_true_null_at_their_level(none, name):
    assert none[name] == pytest.approx(0.05, abs=error(0.05))


def test_yates_is_conservative_and_percentages_never_reject(none):
    assert none["chi2_yates_p"] <= none["chi2_p"]
    assert none["chi2_percent_p"] == 0


@pytest.mark.parametrize("design", [NONE, MARGIN, STRONG], ids=lambda design: design.name)
def test_intervals_hold_the_truth_19_times_in_20(design, none):
    result = none if design is NONE else validate_table(design, SIMULATIONS, seed=1)
    for name in design.truth:
        # the odds ratio's log-Wald interval is a little too wide for strong associations
        slack = 0.02 if name == "odds_ratio" else 0.01
        assert 0.95 - error(0.95) - 0.01 <= result[name] <= 0.95 + error(0.95) + slack, name


def test_phi_of_rare_right_traces_is_covered():
    # without the exact test, which takes most of the time
    settings = SETTINGS.changed(small_cell=0)
    result = validate_table(Design("very rare", 950, 0.40, 0.004, 0), SIMULATIONS, 2, settings)
    assert result["phi"] >= 0.95 - error(0.95)


def test_barnards_test_keeps_its_level():
    result = validate_table(Design("few items", 40, 0.3, 0.2, 0), 150, seed=2)
    assert result["exact_p"] <= 0.05 + error(0.05, 150)


def test_equivalence_is_rarely_claimed_at_the_margin_and_mostly_at_zero(none):
    at_margin = validate_table(MARGIN, SIMULATIONS, seed=3)
    assert at_margin["tost_phi_p"] <= 0.05 + error(0.05)
    assert at_margin["tost_phi_p"] > 0.01
    # E1 of the design notes: a power of .82 to .85
    assert none["tost_phi_p"] == pytest.approx(0.83, abs=error(0.83))


def test_within_classes_only_cmh_keeps_its_level():
    rates = [(0.5, 0.75), (0.65, 0.8), (0.1, 0.04), (0.4, 0.1)]
    null = validate_classes(948, rates, 1, 300)
    assert null["chi2_p"] > 0.99
    assert null["cmh_p"] == pytest.approx(0.05, abs=error(0.05, 300))
    assert null["pooled_odds_ratio"] == pytest.approx(0.95, abs=error(0.95, 300))
    same = validate_classes(948, rates, 3, 300, seed=1)
    assert same["pooled_odds_ratio"] == pytest.approx(0.95, abs=error(0.95, 300))
    assert same["breslow_day_p"] == pytest.approx(0.05, abs=error(0.05, 300))


def test_holm_holds_the_error_of_a_family():
    # statsmodels collects garbage in every correction, which is slow where much of it is kept
    gc.freeze()
    family = validate_family(NONE, 12, 60)
    gc.unfreeze()
    assert family["raw_p"] == pytest.approx(1 - 0.95**12, abs=error(0.46, 60))
    assert family["holm_p"] <= 0.05 + error(0.05, 60)


def test_pairs_of_runs():
    equal = validate_pairs(950, (0.3, 0.12, 0.12, 0.46), SIMULATIONS)
    assert equal["mcnemar_p"] <= 0.05 + error(0.05)
    apart = validate_pairs(950, (0.3, 0.145, 0.095, 0.46), SIMULATIONS, seed=1)
    edge = validate_pairs(160, (0.002, 0.003, 0.985, 0.01), SIMULATIONS)
    for result in (equal, apart, edge):
        assert result["difference"] == pytest.approx(0.95, abs=error(0.95))


def test_seeds_on_the_same_items_are_not_taken_for_more_items():
    result = validate_seeds(300, 3, item_share=0.8, seed_sd=0.15, simulations=100)
    assert result["phi"] >= 0.95 - error(0.95, 100)
    assert result["phi_naive"] < result["phi"]
