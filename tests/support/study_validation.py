"""Simulated studies with a known truth: how often tests reject and intervals hold the truth.

Used by tests/benchmark/bench_study.py (many studies) and tests/unit/test_study_statistics.py (fewer). The
items stay the same from study to study, as in a replication: a study speaks of people, not of other items.
"""

import gc
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import mannwhitneyu, norm
from tracekd.study.agreement import agreement, alpha_of
from tracekd.study.detection import detection
from tracekd.study.intervals import delta_interval, mean_interval, paired_delta_interval, share_interval
from tracekd.study.scores import centre, participant_means
from tracekd.study.simulate import Scale, draw_ratings
from tracekd.study.statistics import compare_conditions, compare_groups

SCALE = Scale(1, 5)
ENDS = (1, 5)
ITEMS, QUESTIONS, PER_GROUP = 8, 3, 25
CONDITIONS = ["correct", "r1_summary", "r1_explanation", "r1"]
# published interpretability: the paper's means, and its sibling's medians for the other two
PUBLISHED = (4.86, 4.53, 4.29, 3.39)
NULLS = {"null, mean 3.39": (3.39,) * 4, "null, mean 4.59": (4.59,) * 4}
# standard deviations of raters and items in logits; conditions suit all items alike
RATER_SD = ITEM_SD = 0.6
SPREAD = float(np.hypot(RATER_SD, ITEM_SD))
# participants of a group from whom the truth is taken
MANY = 100_000


def draw_items(n_items, rng):
    """Item effects, which sum to 0: here a study's items are all the items that it speaks of."""
    effects = ITEM_SD * rng.standard_normal(n_items)
    return effects - effects.mean()


def draw_study(design, means, items, rng, per_group=PER_GROUP):
    """Yield group, condition and item by position, and ratings (raters, positions, questions) of each."""
    opinions = np.array([SCALE.opinion(mean, SPREAD) for mean in means])
    everything = np.arange(len(items))
    for group in range(len(means)):
        shown = np.full(len(items), group) if design == "between" else (group + everything) % len(means)
        values = draw_ratings(opinions[shown] + items, per_group, QUESTIONS, RATER_SD, SCALE, rng)
        yield group, shown, everything, values


def means_by_condition(parts, n_conditions):
    """Mean of every participant and condition: (participants, conditions), and the participants' groups."""
    rows, groups = [], []
    for group, shown, _, values in parts:
        by_position = values.mean(axis=2)
        seen = np.arange(n_conditions)[:, None] == shown
        with np.errstate(invalid="ignore"):
            rows.append(by_position @ seen.T / seen.sum(axis=1))
        groups.append(np.full(len(values), group))
    return np.concatenate(rows), np.concatenate(groups)


def as_frame(parts):
    """The same ratings as a table like that of `responses_table`."""
    frames = []
    for group, shown, items, values in parts:
        raters, positions, questions = np.indices(values.shape).reshape(3, -1)
        frames.append(
            pd.DataFrame(
                {
                    "participant": [f"{group}-{rater}" for rater in raters],
                    "group": group,
                    "item": items[positions],
                    "condition": np.array(CONDITIONS)[shown[positions]],
                    "question": questions,
                    "score": values.reshape(-1),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def validate_means(design, means, simulations, seed=0, resamples=1000):
    """Share of studies whose interval holds the truth, of the mean of every condition."""
    rng = np.random.default_rng(seed)
    items = draw_items(ITEMS, rng)
    truth = np.nanmean(_many(design, means, items, rng), axis=0)
    held = np.zeros(len(means))
    for number in range(simulations):
        scores, groups = means_by_condition(draw_study(design, means, items, rng), len(means))
        for place, column in enumerate(scores.T):
            seen = ~np.isnan(column)
            low, high = mean_interval(column[seen], groups[seen], ENDS, resamples, number)
            held[place] += low <= truth[place] <= high
    names = [f"{name}, mean {true:.2f}" for name, true in zip(CONDITIONS, truth, strict=True)]
    return dict(zip(names, map(float, held / simulations), strict=True))


def validate_deltas(design, means, simulations, seed=0, per_group=PER_GROUP):
    """Share of studies whose interval holds the truth, of the delta of every pair of conditions."""
    rng = np.random.default_rng(seed)
    items = draw_items(ITEMS, rng)
    truth = true_deltas(design, means, items, rng)
    pairs = list(combinations(range(len(means)), 2))
    held = np.zeros(len(pairs))
    for _ in range(simulations):
        scores, groups = means_by_condition(draw_study(design, means, items, rng, per_group), len(means))
        for place, (i, j) in enumerate(pairs):
            if design == "between":
                low, high = delta_interval(scores[groups == i, i], scores[groups == j, j])
            else:
                low, high = paired_delta_interval(scores[:, i], scores[:, j], groups)
            held[place] += low <= truth[place] <= high
    names = [
        f"{CONDITIONS[i]} – {CONDITIONS[j]}, delta {true:.3f}"
        for (i, j), true in zip(pairs, truth, strict=True)
    ]
    return dict(zip(names, map(float, held / simulations), strict=True))


def validate_tests(design, means, simulations, seed=0):
    """Share of studies in which all conditions, or any pair (Holm), differ; and in the planned order."""
    rng = np.random.default_rng(seed)
    items = draw_items(ITEMS, rng)
    gc.freeze()  # statsmodels collects garbage in every correction, and looks at all that was imported
    counts = {"omnibus": 0, "any pair (Holm)": 0, "order": 0}
    for _ in range(simulations):
        frame = as_frame(draw_study(design, means, items, rng))
        scores = participant_means(frame, CONDITIONS)
        if design == "between":
            rows = compare_groups(scores)
        else:
            rows = compare_conditions(scores, participant_means(centre(frame), CONDITIONS))
        counts["omnibus"] += rows[0]["p"] < 0.05
        counts["any pair (Holm)"] += any(row["holm_p"] < 0.05 for row in rows[1:])
        counts["order"] += list(scores.mean().sort_values(ascending=False).index) == CONDITIONS
    gc.unfreeze()
    return {name: count / simulations for name, count in counts.items()}


def validate_agreement(mean, simulations, seed=0, bootstrap=0, unlike=1):
    """Share of intervals of Krippendorff's alpha that hold the alpha of many raters of the same items.

    With `bootstrap` resamples, that of a percentile bootstrap of participants, too. `unlike` stretches the
    differences of the items, and with them the agreement.
    """
    rng = np.random.default_rng(seed)
    items, points = unlike * draw_items(ITEMS, rng), [1, 2, 3, 4, 5]
    latent = SCALE.opinion(mean, SPREAD) + items

    def draw(raters):
        ratings = draw_ratings(latent, raters, QUESTIONS, RATER_SD, SCALE, rng)
        return ratings.reshape(raters, -1).astype(float)

    truth = alpha_of(draw(2000), points)
    held = {"alpha, jackknife": 0, "alpha, bootstrap": 0}
    for _ in range(simulations):
        ratings = draw(PER_GROUP)
        found = agreement(pd.DataFrame(ratings), points)
        held["alpha, jackknife"] += found["low"] <= truth <= found["high"]
        if bootstrap:
            drawn = [
                alpha_of(ratings[rng.integers(PER_GROUP, size=PER_GROUP)], points) for _ in range(bootstrap)
            ]
            low, high = np.quantile(drawn, [0.025, 0.975])
            held["alpha, bootstrap"] += low <= truth <= high
    return {"alpha": truth, **{name: count / simulations for name, count in held.items()}}


def validate_tasks(share, simulations, seed=0):
    """Share of studies whose intervals hold the truth: of right answers on 8 and on 4 pages, and of d′.

    A participant of middling skill is right on `share` of the pages. Half of four pages have a mistake.
    """
    rng = np.random.default_rng(seed)

    def draw(participants, pages):
        skills = expit(logit(share) + RATER_SD * rng.standard_normal((participants, 1)))
        return rng.random((participants, pages)) < skills

    truth = draw(MANY, 4).mean()
    sensitivity = 2 * norm.ppf(truth)
    planted = np.tile([True, True, False, False], PER_GROUP)
    people = np.arange(PER_GROUP)
    held = {"right on 8 pages": 0, "right on 4 pages": 0, "d′ of 4 pages": 0}
    for _ in range(simulations):
        for pages in (8, 4):
            right = draw(PER_GROUP, pages)
            low, high = share_interval(right.mean(axis=1), people % 5)
            held[f"right on {pages} pages"] += low <= truth <= high
        answers = {"participant": people.repeat(4), "planted": planted, "found": right.reshape(-1) == planted}
        found = detection(pd.DataFrame(answers))
        held["d′ of 4 pages"] += found["d_prime_low"] <= sensitivity <= found["d_prime_high"]
    return {name: count / simulations for name, count in held.items()}


def true_deltas(design, means, items, rng):
    """Delta of every pair of conditions, of many participants."""
    many = _many(design, means, items, rng)
    return [_true_delta(design, many[:, i], many[:, j]) for i, j in combinations(range(len(means)), 2)]


def _many(design, means, items, rng):
    """Mean of many participants by condition, from whom the truth is taken."""
    return means_by_condition(draw_study(design, means, items, rng, MANY), len(means))[0]


def _true_delta(design, first, second):
    """Delta of the many."""
    if design == "within":
        return float(np.sign(first - second).mean())
    first, second = (column[~np.isnan(column)] for column in (first, second))
    return float(2 * mannwhitneyu(first, second).statistic / (len(first) * len(second)) - 1)
