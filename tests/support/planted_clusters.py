"""Simulated items of planted clusters: how often clustered intervals hold the truth and tests reject.

Used by tests/benchmark/bench_clusters.py (many simulations) and tests/unit/test_clusters.py (fewer).
"""

import numpy as np
import pandas as pd
from scipy.stats import multivariate_normal, norm
from tracekd.statistics.association import phi
from tracekd.statistics.bootstrap import draw_tables, interval
from tracekd.statistics.clusters import clustered_interval, clustered_mean
from tracekd.statistics.strata import associate_within

from support.validation import CHOICES

# sizes of the clusters of the released CoTempQA test split: size to number of clusters
RELEASED_SIZES = {1: 538, 2: 51, 3: 13, 4: 7, 5: 4, 6: 5, 7: 1, 8: 2, 9: 1, 10: 1, 13: 1, 17: 1, 55: 1, 66: 1}
RELEASED = np.repeat(list(RELEASED_SIZES), list(RELEASED_SIZES.values()))
EQUAL = np.full(100, 4)
# a trace or answer is right where its normal variable is above
THRESHOLD = 0.3
# thresholds of three classes of unlike base rates, which alone associate trace and answer in the whole table
BASE_RATES = (-0.6, 0.3, 1.2)


def validate_mean(sizes, rates, correlation, simulations, seed=0):
    """Differences of two arms that are +1 and -1 with these rates, alike within clusters.

    Returns the share of simulations whose 95 % interval holds the truth and whose p is below 5 %, with
    clusters and with every item for itself.
    """
    rng, clusters = np.random.default_rng(seed), np.repeat(np.arange(len(sizes)), sizes)
    up, down = norm.ppf([1 - rates[0], rates[1]])
    rows = []
    for _ in range(simulations):
        latent = _latent(rng, clusters, correlation)
        values = (latent > up).astype(int) - (latent < down)
        rows.append(
            _judge("cluster", clustered_mean(values, clusters), rates[0] - rates[1])
            | _judge("item", clustered_mean(values, np.arange(len(values))), rates[0] - rates[1])
        )
    return pd.DataFrame(rows).mean().to_dict()


def validate_phi(sizes, coupling, correlation, simulations, seed=0, resamples=2000):
    """Trace and answer that share a normal variable, all of them alike within clusters.

    Returns the share of simulations whose 95 % interval of phi holds the truth, with clusters and without.
    """
    rng, clusters = np.random.default_rng(seed), np.repeat(np.arange(len(sizes)), sizes)
    both = multivariate_normal.cdf([-THRESHOLD] * 2, cov=[[1, coupling], [coupling, 1]])
    one = norm.sf(THRESHOLD)
    truth = float(phi([both, one - both, one - both, 1 - 2 * one + both]))
    rows = []
    for number in range(simulations):
        cells = _cells(rng, clusters, coupling, correlation)
        low, high = clustered_interval(cells, clusters, phi, resamples=resamples, seed=number)
        item_low, item_high = interval(phi(draw_tables(cells.sum(axis=0), resamples, number)))
        rows.append({"cluster": low <= truth <= high, "item": item_low <= truth <= item_high})
    return pd.DataFrame(rows).mean().to_dict()


def validate_within(sizes, thresholds, coupling, correlation, simulations, seed=0, resamples=500):
    """Trace and answer in classes of their own base rates (`thresholds`, one per class), alike within
    clusters.

    Clusters are of one class each, in turn. Returns the share of simulations whose 95 % interval of phi
    within classes holds the truth, and whose p within classes, and p of the whole table, is below 5 %.
    """
    rng, clusters = np.random.default_rng(seed), np.repeat(np.arange(len(sizes)), sizes)
    classes = clusters % len(thresholds)
    threshold = np.asarray(thresholds)[classes]
    spreads = [
        (one * (1 - one), multivariate_normal.cdf([-at] * 2, cov=[[1, coupling], [coupling, 1]]) - one**2)
        for at in thresholds
        for one in [norm.sf(at)]
    ]
    variance, covariance = np.bincount(classes) @ np.array(spreads) / len(classes)
    settings = CHOICES.changed(bootstrap=CHOICES.bootstrap.changed(resamples=resamples))
    rows = []
    for _ in range(simulations):
        cells = _cells(rng, clusters, coupling, correlation, threshold)
        within = associate_within(cells, classes, clusters, settings)
        both, answer_only, trace_only, _ = cells.T
        answer, trace = both + answer_only, both + trace_only
        whole = clustered_mean((answer - answer.mean()) * (trace - trace.mean()), clusters)
        rows.append(
            {
                "covers": within["phi_within_low"] <= covariance / variance <= within["phi_within_high"],
                "rejects": within["within_p"] < 0.05,
                "whole_rejects": whole.p < 0.05,
            }
        )
    return pd.DataFrame(rows).mean().to_dict()


def _latent(rng, clusters, correlation):
    """Draw standard normal values, correlated within clusters."""
    own, shared = rng.standard_normal(len(clusters)), rng.standard_normal(clusters.max() + 1)
    return np.sqrt(1 - correlation) * own + np.sqrt(correlation) * shared[clusters]


def _cells(rng, clusters, coupling, correlation, threshold=THRESHOLD):
    """One-hot cells (items, 4) of answer and trace, whose latent correlation is `coupling`."""
    common, first, second = (_latent(rng, clusters, correlation) for _ in range(3))
    answer, trace = (
        np.sqrt(coupling) * common + np.sqrt(1 - coupling) * own > threshold for own in (first, second)
    )
    return np.stack([answer & trace, answer & ~trace, trace & ~answer, ~(answer | trace)], axis=1) * 1.0


def _judge(name, estimate, truth):
    """Tell whether an interval holds the truth, and whether its test rejects."""
    return {
        f"{name}_covers": estimate.low <= truth <= estimate.high,
        f"{name}_rejects": estimate.p < 0.05,
    }
