"""How far training runs on the same questions lie apart, from the accuracies that the ledger states."""

from collections import defaultdict
from statistics import fmean, variance

# CoTempQA test questions by class (tests/golden/test_replay_published.py)
SIZES = {"during": 619, "equal": 87, "mix": 113, "overlap": 131}
RUNS = ("run_1", "run_2", "runs_2026")


def measure_run_to_run(claims):
    """Variance over runs as a multiple of p (1 - p) / n, by arm and over all (`other`); each with its
    degrees.

    Each model, arm and class whose accuracy at least two runs state counts by its degrees of freedom.
    """
    values = defaultdict(list)
    for claim in claims:
        if claim.group in RUNS and claim.quantity == "acc" and claim.class_label in SIZES:
            values[claim.arm, claim.model, claim.class_label].append(claim.value / 100)
    ratios = defaultdict(list)
    for (arm, _, label), shares in values.items():
        if arm != "prompt_only" and len(shares) > 1:
            share = fmean(shares)
            ratio = variance(shares) / (share * (1 - share) / SIZES[label])
            for name in (arm, "other"):
                ratios[name] += [ratio] * (len(shares) - 1)
    return {arm: (fmean(found), len(found)) for arm, found in ratios.items()}
