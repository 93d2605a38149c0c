"""Simulated studies with a known truth, through the primary model: error rates, coverage, order and power.

Used by tests/benchmark/bench_study.py. Participants and items are other ones in every study: what the primary
model promises, it promises for them all.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from tracekd.settings.study import Hypothesis
from tracekd.study.definition import read_study
from tracekd.study.hypotheses import Level, judge_hypotheses
from tracekd.study.min_f import compare_two
from tracekd.study.model import fit_models
from tracekd.study.power import draw_studies, lay_out
from tracekd.study.scores import centre, participant_means
from tracekd.study.simulate import Scale
from tracekd.study.statistics import compare_conditions, compare_groups

from support.examples import ROOT

PROGRAM = ROOT / "resources/study/clmm.R"
STUDY = read_study(ROOT / "config/study.yaml")
SCALE = Scale(1, 5)
LEVEL = Level(alpha=0.05, power=0.8)
# studies that one call of R fits
CHUNK = 5


class Cell(NamedTuple):
    """Studies of one kind; `sd` of condition x item and `opinions` of the conditions are in logits."""

    setting: str
    design: str
    participants: int
    items: int
    sd: float
    opinions: tuple[float, ...]
    questions: int


def run_chunk(cell, seed):
    """Analyse a few studies of a cell; a row a study of what was found."""
    study = STUDY.changed(design=cell.design)
    assumed = study.assumptions.changed(condition_item_sd=cell.sd)
    layout = lay_out(study, cell.participants, cell.items)
    names = [condition.name for condition in study.conditions]
    rng = np.random.default_rng([seed, *np.frombuffer(repr(cell).encode(), dtype=np.uint8)])
    drawn = draw_studies(layout, np.array(cell.opinions), cell.questions, assumed, SCALE, CHUNK, rng)
    pages, questions = np.indices(drawn.shape[1:]).reshape(2, -1)
    frame = pd.DataFrame(
        {
            "participant": [f"p{number}" for number in layout.participants[pages]],
            "item": [f"i{number}" for number in layout.items[pages]],
            "condition": np.array(names)[layout.conditions[pages]],
            "question": [f"q{number}" for number in questions],
            "group": 0,
            "dimension": "load",
        }
    )
    frames = [frame.assign(score=ratings.reshape(-1)) for ratings in drawn]
    stacked = pd.concat([one.assign(fit=str(number)) for number, one in enumerate(frames)])
    fits, _ = fit_models(stacked, names, cell.design, PROGRAM)
    return [judge(cell, names, one, fits[str(number)]) for number, one in enumerate(frames)]


def judge(cell, names, frame, fit):
    """What one study finds, by the primary model, by minF' and by the sensitivity tests."""
    pairs = list(combinations(range(len(names)), 2))
    claims = [
        Hypothesis(name=f"H{i}{j}", text="differ", dimension="load", higher=names[i], lower=names[j])
        for i, j in pairs
    ]
    table = judge_hypotheses(frame, {"load": fit}, claims, cell.design, LEVEL)
    truth = np.array([cell.opinions[i] - cell.opinions[j] for i, j in pairs])
    held = (table["low"] <= truth) & (truth <= table["high"])
    p_min_f = [min_f(frame, names[i], names[j], cell.design) for i, j in pairs]
    means = participant_means(frame, names)
    if cell.design == "between":
        rows = compare_groups(means)
    else:
        rows = compare_conditions(means, participant_means(centre(frame), names))
    planted = [names[place] for place in np.argsort(cell.opinions)[::-1]]
    found = [] if fit.fault else list(fit.differences.sort_values(ascending=False).index)
    return {
        "converged": not fit.fault,
        "primary": (table["p"] < LEVEL.alpha).mean(),
        "primary_family": (table["holm_p"] < LEVEL.alpha).any(),
        "primary_first_pair": table["p"].iloc[0] < LEVEL.alpha,
        "primary_first_pair_strictest": table["p"].iloc[0] < LEVEL.alpha / len(STUDY.hypotheses),
        "coverage": np.nan if fit.fault else held.mean(),
        "order": found == planted,
        "min_f": np.mean(np.array(p_min_f) < LEVEL.alpha),
        "min_f_first_pair": p_min_f[0] < LEVEL.alpha,
        "min_f_first_pair_strictest": p_min_f[0] < LEVEL.alpha / len(STUDY.hypotheses),
        "sensitivity_all": rows[0]["p"] < LEVEL.alpha,
        "sensitivity_pairs": any(row["holm_p"] < LEVEL.alpha for row in rows[1:]),
    }


def min_f(frame, first, second, design):
    """P of minF' of one pair."""
    pair = frame[frame["condition"].isin((first, second))]
    scores = pair["score"].to_numpy(dtype=float)[None]
    found = compare_two(scores, pair["participant"], pair["item"], pair["condition"] == first, design)
    return found.p[0]
