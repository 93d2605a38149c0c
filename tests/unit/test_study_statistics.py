"""Statistics of a study: known answers, and some simulated studies with a known truth.

tests/benchmark/bench_study.py simulates more; docs/study_analysis.md has its tables.
"""

from functools import partial
from math import isnan, sqrt

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint
from support.study_validation import (
    NULLS,
    PUBLISHED,
    RATER_SD,
    SCALE,
    SPREAD,
    draw_items,
    validate_agreement,
    validate_deltas,
    validate_means,
    validate_tasks,
    validate_tests,
)
from tracekd.study.agreement import agreement, alpha_of
from tracekd.study.intervals import (
    delta,
    delta_interval,
    mean_interval,
    paired_delta,
    paired_delta_interval,
    share_interval,
)
from tracekd.study.reliability import reliability
from tracekd.study.simulate import draw_ratings
from tracekd.study.statistics import compare_conditions, compare_groups

POINTS = [1, 2, 3, 4, 5]


def bound(rate, simulations):
    """3.5 standard errors of a simulated rate, and one point for what is not exact."""
    return 3.5 * sqrt(rate * (1 - rate) / simulations) + 0.01


@pytest.mark.parametrize("share", [0.5, 0.75, 0.9])
def test_intervals_of_tasks_hold_the_truth_19_times_in_20(share):
    for name, held in validate_tasks(share, 300).items():
        assert held >= 0.95 - bound(0.95, 300), name


def test_an_interval_of_shares_stays_inside_and_has_a_width_where_nearly_all_are_right():
    groups = np.arange(25) % 5
    low, high = share_interval(np.ones(25), groups)
    assert 0.8 < low < high == 1
    low, high = share_interval(np.r_[np.ones(24), 0.5], groups)
    assert 0.85 < low < 0.98 < high < 1
    # one group of independent answers: that of Wilson, but for the quantile of t
    answers = np.r_[np.ones(60), np.zeros(40)]
    wilson = proportion_confint(60, 100, method="wilson")
    assert share_interval(answers, np.zeros(100)) == pytest.approx(wilson, abs=0.005)
    assert all(map(isnan, share_interval([1.0], [0])))


@pytest.mark.parametrize("design", ["between", "within"])
@pytest.mark.parametrize("means", [PUBLISHED, NULLS["null, mean 3.39"]], ids=["published", "null"])
def test_intervals_of_means_hold_the_truth_19_times_in_20(design, means):
    for name, share in validate_means(design, means, 300, resamples=500).items():
        assert share >= 0.95 - bound(0.95, 300), name


# 93 to 97 %, and three standard errors of 800 studies on either side
@pytest.mark.parametrize("design", ["between", "within"])
@pytest.mark.parametrize("means", [PUBLISHED, *NULLS.values()], ids=["published", *NULLS])
def test_intervals_of_deltas_hold_the_truth_93_to_97_times_in_100(design, means):
    for name, share in validate_deltas(design, means, 800).items():
        assert 0.93 - 3 * sqrt(0.93 * 0.07 / 800) <= share <= 0.97 + 3 * sqrt(0.97 * 0.03 / 800), name


@pytest.mark.parametrize("design", ["between", "within"])
def test_tests_reject_a_true_null_at_their_level(design):
    rates = validate_tests(design, NULLS["null, mean 3.39"], 80)
    assert rates["omnibus"] <= 0.05 + bound(0.05, 80)
    assert rates["any pair (Holm)"] <= 0.05 + bound(0.05, 80)


@pytest.mark.parametrize("design", ["between", "within"])
def test_the_published_order_is_recovered(design):
    assert validate_tests(design, PUBLISHED, 40)["order"] >= 0.95 - bound(0.95, 40)


def test_the_interval_of_alpha_holds_the_truth():
    assert validate_agreement(3.39, 60)["alpha, jackknife"] >= 0.95 - bound(0.95, 60)


def test_delta_counts_pairs():
    assert delta([3, 4, 5], [1, 2, 3]) == pytest.approx(8 / 9)
    assert delta([1, 2], [1, 2]) == 0
    assert paired_delta([3, 4, 2, 2], [1, 4, 3, 1]) == pytest.approx(1 / 4)


def test_total_dominance_has_an_interval_that_is_not_a_point():
    high, low = [4, 4.5, 5] * 8, [1, 1.5, 2] * 8
    for find in (delta_interval, partial(paired_delta_interval, strata=[0] * 24)):
        lower, upper = find(high, low)
        assert 0.7 < lower < 0.95
        assert upper == 1
        assert find(low, high)[0] == -1


def test_an_interval_of_delta_is_that_of_wilson_where_pairs_are_trials():
    # the second group is all alike: what varies is who of the 25 wins, worth 24 trials by unbiased variance
    low, high = delta_interval([1] * 15 + [3] * 10, [2] * 50)
    expected = proportion_confint(0.4 * 24, 24, method="wilson")
    assert ((1 + low) / 2, (1 + high) / 2) == pytest.approx(expected, abs=0.001)


def test_an_interval_of_delta_is_the_same_from_either_side():
    low, high = delta_interval([3, 4, 5, 4], [1, 2, 4, 3, 2])
    assert delta_interval([1, 2, 4, 3, 2], [3, 4, 5, 4]) == pytest.approx((-high, -low))


def test_what_moves_a_whole_group_does_not_widen_a_paired_delta():
    ahead, behind = [1, 1, 1, 0, 1, 1], [-1, -1, -1, 0, -1, -1]
    differences, groups = [*ahead, *behind], ["A"] * 6 + ["B"] * 6
    by_group = paired_delta_interval(differences, [0] * 12, groups)
    as_one = paired_delta_interval(differences, [0] * 12, ["A"] * 12)
    assert as_one[1] - as_one[0] > 1.5 * (by_group[1] - by_group[0])


def test_an_interval_of_delta_is_left_empty_where_nothing_is_known():
    assert all(map(isnan, delta_interval([3], [1, 2, 3])))
    assert all(map(isnan, delta_interval([3, 3], [3, 3])))
    assert all(map(isnan, paired_delta_interval([3], [1], ["A"])))
    assert all(map(isnan, paired_delta_interval([3, 4], [3, 4], ["A", "A"])))


def test_a_paired_delta_takes_ties_from_raw_means():
    # everyone ties: any centring of one condition alone would break all ties to one side
    assert paired_delta([4.0] * 10, [4.0] * 10) == 0


def test_the_interval_of_a_mean_stays_on_the_scale_and_is_refused_without_spread():
    low, high = mean_interval([5, 5, 5, 4], [0] * 4, (1, 5), 500, 0)
    assert 1 <= low < 4.75 <= high <= 5
    assert all(map(isnan, mean_interval([4, 4, 4], [0] * 3, (1, 5), 100, 0)))
    assert all(map(isnan, mean_interval([4], [0], (1, 5), 100, 0)))
    # a group of one participant is not a stratum
    assert all(map(np.isfinite, mean_interval([4, 3, 5, 2], [0, 0, 0, 1], (1, 5), 100, 0)))


def test_groups_that_differ_are_told_apart_and_equal_ones_are_not():
    rng = np.random.default_rng(0)
    scores = pd.DataFrame(
        {
            "a": [*rng.normal(4, 0.4, 25), *[np.nan] * 50],
            "b": [*[np.nan] * 25, *rng.normal(4, 0.4, 25), *[np.nan] * 25],
        }
    )
    scores["c"] = [*[np.nan] * 50, *rng.normal(2, 0.4, 25)]
    whole, ab, ac, bc = compare_groups(scores)
    assert whole["test"] == "Kruskal-Wallis"
    assert (whole["n"], ab["n"]) == (75, 50)
    assert ab["holm_p"] > 0.05 > max(ac["holm_p"], bc["holm_p"])
    assert ac["holm_p"] >= ac["p"]
    assert ac["estimate"] > 0.9


def of_one_group(columns):
    scores = pd.DataFrame(columns)
    return scores.set_index(pd.MultiIndex.from_product([["A"], scores.index], names=["group", "participant"]))


def test_within_participants_friedman_and_kendalls_w_see_a_common_order():
    base = np.linspace(2, 4, 12)
    scores = of_one_group({"a": base + 1, "b": base, "c": base - 1})
    whole, *pairs = compare_conditions(scores, scores)
    assert whole["estimate"] == pytest.approx(1)
    assert all(row["estimate"] == 1 and row["holm_p"] < 0.05 for row in pairs)


def test_within_participants_without_any_difference():
    scores = of_one_group({name: [3.0, 4.0, 2.0] for name in "abc"})
    _, *pairs = compare_conditions(scores, scores)
    assert all(row["p"] == 1 and row["estimate"] == 0 for row in pairs)


def test_alpha_is_1_in_agreement_and_undefined_without_variety():
    table = np.array([[1, 2, 3, 5], [1, 2, 3, 5], [1, np.nan, 3, 5]])
    found = agreement(pd.DataFrame(table), POINTS)
    assert found["alpha"] == pytest.approx(1)
    assert (found["n_participants"], found["n_units"]) == (3, 4)
    assert isnan(alpha_of(np.full((3, 4), 4.0), POINTS))
    assert isnan(alpha_of(np.eye(3) / np.eye(3).sum() * np.nan, POINTS))


@pytest.mark.parametrize("mean", [4.86, 3.39, 4.59, 2.0])
def test_the_simulator_meets_a_given_mean(mean):
    rng = np.random.default_rng(2)
    latent = SCALE.opinion(mean, SPREAD) + draw_items(8, rng)
    values = draw_ratings(latent, 4000, 1, RATER_SD, SCALE, rng)
    assert values.mean() == pytest.approx(mean, abs=0.06)
    assert set(np.unique(values)) <= set(POINTS)


def of_one_factor(loadings, n=300, seed=0):
    """Ratings of questions with one common factor: participant, condition, question, score."""
    rng = np.random.default_rng(seed)
    loadings = np.array(loadings)
    noise = rng.standard_normal((n, len(loadings))) * np.sqrt(1 - loadings**2)
    scores = rng.standard_normal((n, 1)) * loadings + noise
    table = pd.DataFrame(scores).rename_axis("participant").reset_index()
    table["condition"] = np.where(np.arange(n) % 2, "a", "b")
    return table.melt(["participant", "condition"], var_name="question", value_name="score")


def test_omega_is_the_share_that_one_factor_explains():
    loadings = np.array([0.9, 0.8, 0.6, 0.4])
    true = loadings.sum() ** 2 / (loadings.sum() ** 2 + (1 - loadings**2).sum())
    found = reliability(of_one_factor(loadings))
    assert found["low"] < true < found["high"] and found["high"] - found["low"] < 0.15
    assert (found["n_participants"], found["n_questions"]) == (300, 4)


def test_a_difference_of_conditions_makes_no_question_reliable():
    ratings = of_one_factor([0.1, 0.1, 0.1])
    apart = ratings.assign(score=ratings["score"] + 5 * (ratings["condition"] == "a"))
    assert reliability(apart)["omega"] == pytest.approx(reliability(ratings)["omega"], abs=1e-3)


def test_omega_is_left_empty_where_nothing_is_known():
    assert isnan(reliability(of_one_factor([0.8, 0.8]))["omega"])
    ratings = of_one_factor([0.8, 0.8, 0.8])
    alike = ratings.assign(score=ratings["score"].where(ratings["question"] != 1, 3.0))
    assert isnan(reliability(alike)["omega"]) and isnan(reliability(alike)["low"])
