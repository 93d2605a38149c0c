"""Models whose use of a trace is planted: what the counterfactual table makes of each.

Used by tests/benchmark/bench_clusters.py (many runs) and tests/unit/test_counterfactual.py (fewer).
"""

import numpy as np
import pandas as pd
from tracekd.datasets.rows import ALL, Grid
from tracekd.tables.counterfactual import counterfactual_table

from support.planted_clusters import RELEASED

GRID = Grid(["cotempqa"], ["m"], ["correct"])
# what is planted: (how answers stand to those without traces, whether most of these are the implied one)
PLANTED = {
    "copies": ("follows beyond baseline", False),
    "avoids": ("avoids", False),
    "indifferent": ("unmoved", False),
    "confounded by difficulty": ("unmoved", True),
}
# of the test that tells them apart: at 5 % an unmoved model is taken for a moved one in 5 of 100 runs
LEVEL = 0.01


def plant(kind, seed):
    """Readings of one run of a planted model, as `join_baseline` has them, in clusters of released sizes.

    Every item tempts to its implied answer with a chance of its own, alike within clusters. Whoever is
    unmoved gives that answer with this chance, with a trace and without; where difficulty confounds, the
    items whose traces are wrong are those that tempt most.
    """
    rng, clusters = np.random.default_rng(seed), np.repeat(np.arange(len(RELEASED)), RELEASED)
    n, hard = len(clusters), (rng.random(len(RELEASED)) < 0.4)[clusters]
    wrong, tempted = np.full(n, 0.6), np.where(hard, 0.1, 0.02)
    if kind == "copies":
        tempted = np.where(hard, 0.5, 0.15)
    if kind == "confounded by difficulty":
        wrong, tempted = np.where(hard, 0.9, 0.1), np.where(hard, 0.8, 0.05)
    chance = {"copies": np.full(n, 0.94), "avoids": np.full(n, 0.002)}.get(kind, tempted)
    readings = pd.DataFrame(
        {
            **{"dataset": "cotempqa", "class": "during", "model": "m", "arm": "correct", "seed": 1},
            **{"id": np.arange(n), "way": "parsed", "implied": "x", "implied_ok": 0, "anchor": clusters},
            "source_ok": (rng.random(n) >= wrong).astype(int),
            "facts_any": rng.integers(0, 2, n),
            "follows": (rng.random(n) < chance).astype(int),
            "baseline_follows": (rng.random(n) < tempted).astype(float),
        }
    )
    return readings


def tell(kind, seed):
    """What the table says of a planted model, in the words of PLANTED, and its share of implied answers."""
    table = counterfactual_table(plant(kind, seed), GRID)
    row = table[(table["class"] == ALL) & (table["named"] == "any")].iloc[0]
    moved = "unmoved"
    if row["p"] < LEVEL:
        moved = "follows beyond baseline" if row["excess"] > 0 else "avoids"
    return (moved, row["baseline_follows"] > row["n"] / 2), row["follows"] / row["n"]


def count_told(kind, runs):
    """In how many runs a planted model is told for what it is, and its mean share of implied answers."""
    told = [tell(kind, seed) for seed in range(runs)]
    return sum(words == PLANTED[kind] for words, _ in told), float(np.mean([share for _, share in told]))
