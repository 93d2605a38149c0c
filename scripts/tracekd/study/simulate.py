"""Participants who never were: ordinal ratings with rater and item effects, at given mean ratings.

A cumulative-logit model: a latent opinion (condition + rater + item + logistic noise) is cut by thresholds
into the points of the scale. Only a few means and medians were published, no spread and no agreement: the
spreads below are assumed. Whatever is made from this says SIMULATED.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit

from tracekd.core.files import atomic_write
from tracekd.study.scores import DIMENSIONS

# standard deviations of raters and items, in logits: assumed, see above
RATER_SD, ITEM_SD = 0.6, 0.6
SPREAD = float(np.hypot(RATER_SD, ITEM_SD))
# nodes of the integral over raters and items
NODES = 41
# published in words alone: load is "medium" for summaries, "medium-low" for explanations, and lowest for
# decomposed traces
ASSUMED = {("r1_summary", "load"): 3.0, ("r1_explanation", "load"): 2.5, ("correct", "load"): 2.0}
# shares of participants who answer without reading, and who stop before the end: assumed
CARELESS, STOPS = 0.03, 0.02
# mean and standard deviation of the logarithm of the seconds on a page: of those who read, and who do not
LOG_SECONDS = ((3.6, 0.4), (1.4, 0.4))
# beyond it a rating at the end of the scale is as good as certain
MAX_LOGIT = 30.0


class Scale:
    """Points from low to high; the thresholds make them equally likely to one without an opinion."""

    def __init__(self, low: int, high: int):
        points = np.arange(1, high - low + 1)
        self.low, self.high = low, high
        self.thresholds = np.log(points / (high - low + 1 - points))

    def rate(self, opinions: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Ratings of latent opinions, each with its own logistic noise."""
        noisy = opinions + rng.logistic(size=opinions.shape)
        ratings: NDArray[np.int64] = self.low + (noisy[..., None] > self.thresholds).sum(axis=-1)
        return ratings

    def mean_rating(self, opinions: ArrayLike) -> NDArray[np.float64]:
        """Expected rating of latent opinions."""
        above: NDArray[np.float64] = expit(np.asarray(opinions)[..., None] - self.thresholds)
        means: NDArray[np.float64] = self.low + above.sum(axis=-1)
        return means

    def opinion(self, mean: float, spread: float = SPREAD) -> float:
        """Latent opinion at which the mean rating over normal effects of this spread is as given."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        weights /= weights.sum()
        root: float = brentq(
            lambda logit: float(self.mean_rating(logit + spread * nodes) @ weights) - mean,
            -MAX_LOGIT,
            MAX_LOGIT,
        )
        return root


def draw_items(n_items: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Item effects, which sum to 0, for a study's items are all the items it speaks of."""
    effects = ITEM_SD * rng.standard_normal(n_items)
    centred: NDArray[np.float64] = effects - effects.mean()
    return centred


def draw_ratings(
    opinions: NDArray[np.float64],
    items: NDArray[np.float64],
    n_raters: int,
    n_questions: int,
    scale: Scale,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Ratings of raters who see the same sequence: (raters, positions, questions).

    Args:
        opinions: latent opinion of the condition at each position.
        items: effect of the item at each position.
        n_raters: how many see this sequence.
        n_questions: ratings a position, all of one dimension.
        scale: of the ratings.
        rng: source of chance.

    """
    raters = RATER_SD * rng.standard_normal((n_raters, 1, 1))
    latent = (np.asarray(opinions) + items)[None, :, None] + raters
    return scale.rate(np.broadcast_to(latent, (n_raters, len(items), n_questions)), rng)


def target_means(
    conditions: Sequence[Mapping[str, Any]], published: pd.DataFrame, scale: Scale
) -> pd.DataFrame:
    """Mean to be met of every condition (rows) and dimension: published, else assumed, else the middle."""
    known = published.set_index(["arm", "dimension"])["value"].to_dict()
    middle = (scale.low + scale.high) / 2
    return pd.DataFrame(
        {
            dimension: {
                condition["name"]: known.get(
                    (condition["arm"], dimension), ASSUMED.get((condition["arm"], dimension), middle)
                )
                for condition in conditions
            }
            for dimension in DIMENSIONS
        }
    )


def simulate_exports(
    plan: Mapping[str, Any], means: pd.DataFrame, per_group: int, scale: Scale, seed: int
) -> Iterator[dict[str, Any]]:
    """Yield the export of every participant, as the survey writes it (`schemas/study_response.schema.json`).

    A few answer without reading and fail the checks, and a few stop early, so that the rules of exclusion
    have something to do.

    Args:
        plan: of the study.
        means: as from `target_means`.
        per_group: participants of each group.
        scale: of the ratings.
        seed: of everything that is drawn.

    """
    rng = np.random.default_rng(seed)
    items = [item["item"] for item in plan["items"]]
    effects = {dimension: dict(zip(items, draw_items(len(items), rng), strict=True)) for dimension in means}
    opinions = means.map(scale.opinion)
    for group in plan["groups"]:
        sequence = group["sequence"]
        values = np.empty((per_group, len(sequence), len(plan["questions"])), dtype=int)
        for dimension in means:
            asked = [question["dimension"] == dimension for question in plan["questions"]]
            values[:, :, asked] = draw_ratings(
                np.array([opinions.loc[step["condition"], dimension] for step in sequence]),
                np.array([effects[dimension][step["item"]] for step in sequence]),
                per_group,
                sum(asked),
                scale,
                rng,
            )
        for number, scores in enumerate(values, start=1):
            yield _export(plan, group, f"SIMULATED-{group['group']}{number:03}", scores, scale, rng)


def _export(
    plan: Mapping[str, Any],
    group: Mapping[str, Any],
    participant: str,
    scores: NDArray[np.int64],
    scale: Scale,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """One participant: items in an order of their own, answers to questions worded either way."""
    careless, completed = rng.random() < CARELESS, rng.random() >= STOPS
    if careless:
        scores = rng.integers(scale.low, scale.high + 1, size=scores.shape)
    order = rng.permutation(len(scores))[: None if completed else rng.integers(len(scores))]
    answers = []
    for position, place in enumerate(order, start=1):
        step, seconds = group["sequence"][place], rng.lognormal(*LOG_SECONDS[careless])
        for question, score in zip(plan["questions"], scores[place], strict=True):
            value = scale.low + scale.high - score if question["reversed"] else score
            answers.append(
                {
                    "position": position,
                    **step,
                    "question": question["name"],
                    "value": int(value),
                    "seconds": round(float(seconds), 1),
                }
            )
    checks = [_answer_check(check, careless, scale, rng) for check in plan["checks"]] if completed else []
    return {
        "study": plan["study"],
        "plan_sha256": plan["plan_sha256"],
        "group": group["group"],
        "participant": participant,
        "completed": completed,
        "answers": answers,
        "checks": checks,
    }


def _answer_check(
    check: Mapping[str, Any], careless: bool, scale: Scale, rng: np.random.Generator
) -> dict[str, Any]:
    """Pass an attention check, or answer it by chance."""
    value = int(rng.integers(scale.low, scale.high + 1)) if careless else check["expected"]
    return {"check": check["name"], "value": value, "passed": value == check["expected"]}


def write_exports(exports: Iterable[Mapping[str, Any]], folder: str | Path) -> None:
    """Write a JSON file a participant, as the survey saves it."""
    for export in exports:
        with atomic_write(Path(folder) / f"{export['participant']}.json") as stream:
            json.dump(export, stream, ensure_ascii=False, indent=1)
