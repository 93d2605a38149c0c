"""Participants who never were: ordinal ratings with effects of rater, item and condition x item.

A cumulative-logit model: a latent opinion (condition + rater + item + condition x item + logistic noise) is
cut by thresholds into the points of the scale. Items are a sample of those that there are. In a task answers
are right with a probability of the condition. Only a few means
and medians were published, no spread and no agreement: all else is assumed (`assumptions` of the definition).
Whatever is made from this says SIMULATED.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit

from tracekd.core.files import atomic_write
from tracekd.settings.study import Assumptions
from tracekd.study.plan import list_asked
from tracekd.study.reading import Page, count_words
from tracekd.study.scores import DIMENSIONS

# nodes of the integral over raters and items
NODES = 41
# published in words alone: load is "medium" for summaries, "medium-low" for explanations, and lowest for
# decomposed traces
ASSUMED = {("r1_summary", "load"): 3.0, ("r1_explanation", "load"): 2.5, ("correct", "load"): 2.0}
# seconds for each word of a page of those who read (Brysbaert 2019) and of those who hurry, and the standard
# deviation of their logarithm: assumed
PACES, LOG_PACE_SD = (0.25, 0.02), 0.4
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

    def opinion(self, mean: float, spread: float) -> float:
        """Latent opinion at which the mean rating over normal effects of this spread (SD) is as given."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        weights /= weights.sum()
        root: float = brentq(
            lambda logit: float(self.mean_rating(logit + spread * nodes) @ weights) - mean,
            -MAX_LOGIT,
            MAX_LOGIT,
        )
        return root


def draw_effects(
    n_conditions: int, n_items: int, assumed: Assumptions, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Effect of every item under every condition: (conditions, items), its own and that of the pair."""
    own = assumed.item_sd * rng.standard_normal(n_items)
    effects: NDArray[np.float64] = own + assumed.condition_item_sd * rng.standard_normal(
        (n_conditions, n_items)
    )
    return effects


def draw_ratings(
    latent: NDArray[np.float64],
    n_raters: int,
    n_questions: int,
    rater_sd: float,
    scale: Scale,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Ratings of raters who see the same sequence: (raters, positions, questions).

    Args:
        latent: condition and effect of the item at each position.
        n_raters: how many see this sequence.
        n_questions: ratings a position, all of one dimension.
        rater_sd: standard deviation of raters, in logits.
        scale: of the ratings.
        rng: source of chance.

    """
    raters = rater_sd * rng.standard_normal((n_raters, 1, 1))
    return scale.rate(np.broadcast_to(latent[:, None] + raters, (n_raters, len(latent), n_questions)), rng)


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
    plan: Mapping[str, Any],
    means: pd.DataFrame,
    assumed: Assumptions,
    per_group: int,
    scale: Scale,
    seed: int,
) -> Iterator[dict[str, Any]]:
    """Yield the export of every participant, as the survey writes it (`schemas/study_response.schema.json`).

    Some hurry, rate by chance and fail the checks, and some stop early, so that the rules of exclusion have
    something to do.

    Args:
        plan: of the study.
        means: as from `target_means`.
        assumed: spreads; by condition who hurries, who stops, and how often those who read are right.
        per_group: participants of each group.
        scale: of the ratings.
        seed: of everything that is drawn.

    """
    rng = np.random.default_rng(seed)
    # of their own, so that ratings are the same with and without tasks
    of_tasks = np.random.default_rng([seed, 1])
    items, words = [item["item"] for item in plan["items"]], count_words(plan)
    effects = {
        dimension: pd.DataFrame(
            draw_effects(len(means), len(items), assumed, rng), index=means.index, columns=items
        ).add(means[dimension].map(lambda mean: scale.opinion(mean, assumed.spread)), axis=0)
        for dimension in means
    }
    for group in plan["groups"]:
        sequence = group["sequence"]
        values = np.empty((per_group, len(sequence), len(plan["questions"])), dtype=int)
        for dimension, latent in effects.items():
            asked = [question["dimension"] == dimension for question in plan["questions"]]
            values[:, :, asked] = draw_ratings(
                np.array([latent.loc[step["condition"], step["item"]] for step in sequence]),
                per_group,
                sum(asked),
                assumed.participant_sd,
                scale,
                rng,
            )
        for number, scores in enumerate(values, start=1):
            name = f"SIMULATED-{group['group']}-{number:03}"
            export, hurries = _export(plan, group, name, scores, assumed, words, scale, rng)
            answers = _answer_tasks(plan, group, export, hurries, assumed, words, of_tasks)
            yield export | {"answers": answers}


def _export(
    plan: Mapping[str, Any],
    group: Mapping[str, Any],
    participant: str,
    scores: NDArray[np.int64],
    assumed: Assumptions,
    words: Mapping[Page, int],
    scale: Scale,
    rng: np.random.Generator,
) -> tuple[dict[str, Any], bool]:
    """One participant's ratings in an order of their own, and whether the participant hurries."""
    sequence = group["sequence"]
    hurries = bool(rng.random() < np.mean([assumed.hurry[step["condition"]] for step in sequence]))
    if hurries:
        scores = rng.integers(scale.low, scale.high + 1, size=scores.shape)
    order = rng.permutation(len(sequence))
    stays = 1 - np.array([assumed.stop[sequence[place]["condition"]] for place in order])
    # who stops does so before some page, with equal odds for each of a condition
    goes_on = rng.random(len(order)) < stays ** (1 / len(order))
    completed = bool(goes_on.all())
    answers = []
    for position, place in enumerate(order if completed else order[: goes_on.argmin()], start=1):
        step = sequence[place]
        seconds = round(_draw_pace(hurries, rng) * words[step["item"], step["condition"]], 1)
        for question, score in zip(plan["questions"], scores[place], strict=True):
            value = scale.low + scale.high - score if question["reversed"] else score
            answers.append(
                {
                    "position": position,
                    **step,
                    "question": question["name"],
                    "value": int(value),
                    "seconds": seconds,
                }
            )
    checks = [_answer_check(check, hurries, scale, rng) for check in plan["checks"]] if completed else []
    export = {
        "study": plan["study"],
        "plan_sha256": plan["plan_sha256"],
        "group": group["group"],
        "participant": participant,
        "completed": completed,
        "answers": answers,
        "checks": checks,
    }
    return export, hurries


def _answer_tasks(
    plan: Mapping[str, Any],
    group: Mapping[str, Any],
    export: Mapping[str, Any],
    hurries: bool,
    assumed: Assumptions,
    words: Mapping[Page, int],
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """Give the answers of a participant with those to the tasks: right as often as assumed, or by chance."""
    kept = ("position", "item", "condition", "seconds")
    pages = {answer["item"]: {name: answer[name] for name in kept} for answer in export["answers"]}
    trials = group.get("trials", []) if export["completed"] else []
    for place in rng.permutation(len(trials)):
        item, condition = trials[place]["item"], trials[place]["condition"]
        seconds = round(_draw_pace(hurries, rng) * words[item, condition], 1)
        position = len(pages) + 1
        pages[item] = {"position": position, "item": item, "condition": condition, "seconds": seconds}
    chosen = []
    for (item, kind), task in list_asked(plan, group).items():
        if item in pages:
            share = 1 / task.choices if hurries else getattr(assumed, kind)[pages[item]["condition"]]
            wrong = [number for number in range(1, task.choices + 1) if number != task.right]
            value = task.right if rng.random() < share else int(rng.choice(wrong))
            chosen.append({**pages[item], "question": kind, "value": value})
    return sorted([*chosen, *export["answers"]], key=itemgetter("position"))


def _draw_pace(hurries: bool, rng: np.random.Generator) -> float:
    """Seconds for each word of a page."""
    return float(rng.lognormal(np.log(PACES[hurries]), LOG_PACE_SD))


def _answer_check(
    check: Mapping[str, Any], hurries: bool, scale: Scale, rng: np.random.Generator
) -> dict[str, Any]:
    """Pass an attention check, or answer it by chance."""
    value = int(rng.integers(scale.low, scale.high + 1)) if hurries else check["expected"]
    return {"check": check["name"], "value": value, "passed": value == check["expected"]}


def write_exports(exports: Iterable[Mapping[str, Any]], folder: str | Path) -> None:
    """Write a JSON file a participant, as the survey saves it."""
    for export in exports:
        with atomic_write(Path(folder) / f"{export['participant']}.json") as stream:
            json.dump(export, stream, ensure_ascii=False, indent=1)
