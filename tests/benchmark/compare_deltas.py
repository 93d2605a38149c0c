"""How often other intervals of Cliff's delta hold the truth, beside the one that the study uses.

    python tests/benchmark/compare_deltas.py --simulations 4000

Between subjects, 25 a group, the published ratings; in %, with a standard error of 0.3 points at 95 %. The
table stands in docs/study_analysis.md.
"""

import argparse
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm, t

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from support.study_validation import (  # noqa: E402
    ITEMS,
    PER_GROUP,
    PUBLISHED,
    draw_items,
    draw_study,
    true_deltas,
)
from tracekd.study.intervals import delta_interval  # noqa: E402

Z, RESAMPLES = norm.ppf(0.975), 1000


def bayesian_bootstrap(first, second, number):
    """Draw weights of participants (Rubin 1981), with half a participant more on either side."""
    rows = _dominance(first, second)
    rng = np.random.default_rng(number)
    weights = rng.dirichlet(np.ones(PER_GROUP), size=(2, RESAMPLES))
    wins = (np.einsum("bi,bi->b", weights[0] @ rows, weights[1]) + 1) / 2
    mass = rng.standard_gamma(PER_GROUP, size=RESAMPLES)
    more, less = rng.standard_gamma(0.5, size=(2, RESAMPLES))
    low, high = np.quantile(2 * (mass * wins + more) / (mass + more + less) - 1, [0.025, 0.975])
    delta = rows.mean()
    return (-1 if delta == -1 else low), (1 if delta == 1 else high)


def feng_cliff(first, second, _):
    """Asymmetric interval with Cliff's unbiased variance (Feng and Cliff 2004)."""
    rows = _dominance(first, second)
    n, delta = PER_GROUP, rows.mean()
    if abs(delta) == 1:
        end = (n - Z**2) / (n + Z**2)
        return (end, 1) if delta == 1 else (-1, -end)
    spread = sum(n * (rows.mean(axis=axis) - delta) @ (rows.mean(axis=axis) - delta) for axis in (0, 1))
    variance = (n * spread - ((rows - delta) ** 2).sum()) / (n**2 * (n - 1) ** 2)
    variance = max(variance, (1 - delta**2) / (n**2 - 1))
    half = Z * np.sqrt(variance * ((1 - delta**2) ** 2 + Z**2 * variance))
    scale = 1 - delta**2 + Z**2 * variance
    return (delta - delta**3 - half) / scale, (delta - delta**3 + half) / scale


def logit_t(first, second, _):
    """Symmetric on the logit of the share of wins, Student's t with Welch's degrees of freedom."""
    rows = _dominance(first, second)
    parts = np.array([rows.mean(axis=axis).var(ddof=1) / PER_GROUP for axis in (0, 1)])
    share = np.clip((rows.mean() + 1) / 2, 0.5 / rows.size, 1 - 0.5 / rows.size)
    freedom = (PER_GROUP - 1) * parts.sum() ** 2 / (parts @ parts) if parts.any() else PER_GROUP
    half = t.ppf(0.975, freedom) * np.sqrt(parts.sum()) / (2 * share * (1 - share))
    return 2 * expit(logit(share) - half) - 1, 2 * expit(logit(share) + half) - 1


def kept(first, second, _):
    """Give what the study uses."""
    return delta_interval(first, second)


def _dominance(first, second):
    return np.sign(np.subtract.outer(first, second))


def main():
    """Print a Markdown table: a row an interval, a column a pair of conditions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=4000)
    simulations = parser.parse_args().simulations
    rng = np.random.default_rng(2)
    items, pairs = draw_items(ITEMS, rng), list(combinations(range(len(PUBLISHED)), 2))
    truth = true_deltas("between", PUBLISHED, items, rng)
    methods = (bayesian_bootstrap, feng_cliff, logit_t, kept)
    held = np.zeros((len(methods), len(pairs)))
    for number in range(simulations):
        means = [values.mean(axis=(1, 2)) for *_, values in draw_study("between", PUBLISHED, items, rng)]
        for place, (i, j) in enumerate(pairs):
            for row, method in enumerate(methods):
                low, high = method(means[i], means[j], number)
                held[row, place] += low <= truth[place] <= high
    print(f"| | {' | '.join(f'{delta:.3f}' for delta in truth)} |\n|---|{'---:|' * len(pairs)}")
    for method, shares in zip(methods, 100 * held / simulations, strict=True):
        print(f"| {method.__name__} | {' | '.join(f'{share:.1f}' for share in shares)} |")


if __name__ == "__main__":
    main()
