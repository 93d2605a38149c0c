"""Clustered intervals: statsmodels agrees, single items are a t-test, planted clusters are covered."""

from math import isnan, sqrt

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import ttest_1samp
from support.planted_clusters import (
    BASE_RATES,
    EQUAL,
    RELEASED,
    validate_mean,
    validate_phi,
    validate_within,
)
from support.validation import SETTINGS
from tracekd.statistics.association import Counts, cell_flags, clustered_effects, phi, phi_interval
from tracekd.statistics.clusters import clustered_interval, clustered_mean, clustered_share
from tracekd.statistics.intervals import wilson_interval
from tracekd.statistics.strata import associate_within, phi_within, split_cells

RNG = np.random.default_rng(0)


def error(rate, simulations):
    """Bound of 3.5 standard errors of a simulated rate."""
    return 3.5 * sqrt(rate * (1 - rate) / simulations)


def test_clusters_of_one_size_are_those_of_statsmodels():
    clusters = np.repeat(np.arange(30), 4)
    values = RNG.normal(0.2, 1, 120) + RNG.normal(0, 1, 30)[clusters]
    ours = clustered_mean(values, clusters)
    fit = sm.OLS(values, np.ones(120)).fit(cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True)
    assert (ours.low, ours.high) == pytest.approx(tuple(fit.conf_int()[0]))
    assert (ours.mean, ours.p) == pytest.approx((fit.params[0], fit.pvalues[0]))
    assert (ours.n, ours.n_clusters) == (120, 30)


def test_single_items_are_a_t_test():
    values = RNG.normal(0.2, 1, 40)
    ours, theirs = clustered_mean(values, [f"item {i}" for i in range(40)]), ttest_1samp(values, 0)
    assert ours.p == pytest.approx(theirs.pvalue)
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval()))


def test_a_large_cluster_costs_degrees_of_freedom():
    sizes = [50, *[1] * 50]
    clusters = np.repeat(np.arange(51), sizes)
    values = np.resize([0.0, 1.0, 1.0], 100)
    fit = sm.OLS(values, np.ones(100)).fit(cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True)
    low, high = fit.conf_int()[0]
    ours = clustered_mean(values, clusters)
    assert ours.high - ours.low > high - low


def test_what_clusters_cannot_tell_is_left_empty():
    for values, clusters in (([1, 1, 1], [1, 2, 3]), ([0, 1, 1], [1, 1, 1]), ([0, 1, 0, 1], [1, 1, 2, 2])):
        row = clustered_mean(values, clusters)
        assert row.mean == np.mean(values)
        assert isnan(row.low) and isnan(row.high) and isnan(row.p)
    assert clustered_mean([], [])[:2] == (0, 0)


def test_shares_of_single_items_are_wilsons_but_for_the_quantile():
    flags = np.repeat([0, 1], [60, 40])
    low, high = clustered_share(flags, np.arange(100))
    expected = wilson_interval(0.4, 100)
    # Student's quantile in place of the normal one
    assert low < expected[0] and high > expected[1]
    assert (low, high) == pytest.approx([float(end) for end in expected], abs=0.002)


def test_shares_of_clusters_that_hang_together_are_those_of_fewer_items():
    flags, clusters = np.repeat([0, 1, 1, 0, 1, 0] * 10, 5), np.repeat(np.arange(60), 5)
    assert clustered_share(flags, clusters) == pytest.approx(
        clustered_share(flags[::5], clusters[::5]), abs=1e-9
    )
    # nothing varies: one item a cluster
    none = clustered_share(np.zeros(300), clusters)
    assert none == pytest.approx([float(end) for end in wilson_interval(0, 60)])
    assert all(map(isnan, clustered_share([], [])))


def test_order_and_names_of_clusters_do_not_matter():
    clusters = np.repeat(np.arange(20), np.arange(1, 21))
    values = RNG.integers(-1, 2, len(clusters))
    order = RNG.permutation(len(clusters))
    assert clustered_mean(values[order], clusters[order]) == pytest.approx(clustered_mean(values, clusters))
    cells = np.eye(4)[RNG.integers(0, 4, len(clusters))]
    named = pd.Series(clusters).map("cluster {}".format)
    ends = [
        clustered_interval(one, labels, phi, resamples=500)
        for one, labels in ((cells, clusters), (cells[order], named[order]))
    ]
    assert ends[0] == ends[1]


def test_single_items_have_the_draws_of_a_plain_table():
    counts = Counts(174, 244, 187, 345)
    cells = np.repeat(np.eye(4), counts, axis=0)
    clustered = clustered_interval(cells, np.arange(counts.n), phi, resamples=20_000)
    assert clustered == pytest.approx(phi_interval(*counts, resamples=20_000), abs=0.003)


@pytest.mark.parametrize("sizes", [RELEASED, EQUAL], ids=["released", "equal"])
def test_planted_clusters_are_covered_and_a_true_null_rejected_at_its_level(sizes):
    result = validate_mean(sizes, (0.12, 0.12), correlation=0.3, simulations=800)
    assert result["cluster_covers"] == pytest.approx(0.95, abs=error(0.95, 800))
    assert result["cluster_rejects"] == pytest.approx(0.05, abs=error(0.05, 800))
    assert result["item_covers"] < 0.92


def test_phi_of_planted_clusters_is_covered():
    result = validate_phi(EQUAL, 0.6, correlation=0.5, simulations=300, resamples=1000)
    assert result["cluster"] == pytest.approx(0.95, abs=error(0.95, 300))
    assert result["item"] < 0.92


@pytest.mark.parametrize("correlation", [0, 0.3])
def test_within_classes_intervals_hold_the_truth_and_the_test_keeps_its_level(correlation):
    simulations = 150
    null = validate_within(RELEASED, BASE_RATES, 0, correlation, simulations)
    assert null["whole_rejects"] > 0.95
    assert null["rejects"] == pytest.approx(0.05, abs=error(0.05, simulations))
    assert null["covers"] == pytest.approx(0.95, abs=error(0.95, simulations))
    coupled = validate_within(RELEASED, BASE_RATES, 0.4, correlation, simulations, seed=1)
    assert coupled["covers"] == pytest.approx(0.95, abs=error(0.95, simulations))
    assert coupled["rejects"] == 1


def test_with_one_class_phi_within_is_phi():
    cells = cell_flags([1, 1, 0, 0, 1, 0, 0, 1], [1, 1, 0, 1, 0, 0, 0, 1])
    row = associate_within(cells, ["a"] * 8, range(8), SETTINGS)
    assert row["phi_within"] == pytest.approx(float(phi(cells.sum(axis=0))))
    limits, tests = clustered_effects(cells, range(8), SETTINGS)
    assert (row["phi_within_low"], row["phi_within_high"]) == pytest.approx(limits["phi"])
    assert (row["within_p"], row["tost_phi_within_p"]) == pytest.approx(
        (tests["clustered_p"], tests["tost_phi_p"])
    )


def test_phi_within_is_the_correlation_of_residuals_and_a_class_that_never_varies_adds_nothing():
    answer, trace = RNG.integers(0, 2, (2, 90))
    classes = np.repeat(["a", "b", "c"], 30)
    frame = pd.DataFrame({"answer": answer, "trace": trace})
    residuals = frame - frame.groupby(classes).transform("mean")
    shares = split_cells(cell_flags(answer, trace), classes).sum(axis=0)
    assert phi_within(shares) == pytest.approx(residuals["answer"].corr(residuals["trace"]))
    assert phi_within([*shares, 0, 0, 0, 25]) == pytest.approx(float(phi_within(shares)))


def test_an_association_between_classes_alone_is_none_within():
    # in class a all is right, in class b all is wrong
    cells = cell_flags(np.repeat([1, 0], 20), np.repeat([1, 0], 20))
    assert associate_within(cells, np.repeat(["a", "b"], 20), range(40), SETTINGS) == {}
