"""Power of a planned study, by simulation of the full model: participants, items and condition x item.

Each simulated study is tested by minF' of two conditions, which finds less than the primary model does and
takes a thousandth of its time; how much less is measured by `tests/benchmark/bench_study.py`
(docs/study_analysis.md).
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracekd.settings.study import Assumptions, Study
from tracekd.study.min_f import compare_two
from tracekd.study.simulate import Scale, draw_effects

# true differences of two conditions around the middle of the scale, in logits: odds ratios of 1.5 to 2.7
DIFFERENCES = (0.4, 0.7, 1.0)
# times the planned number of participants; and numbers of blocks of items beside the planned one
SIZES, BLOCKS = (1, 2, 4), (1, 5, 10)
N_STUDIES = 500


class Layout(NamedTuple):
    """Pages of a study: who reads which item under which condition, all by number."""

    participants: NDArray[np.int64]
    items: NDArray[np.int64]
    conditions: NDArray[np.int64]

    def of_first_two(self) -> "Layout":
        """Pages of the first two conditions."""
        return Layout(*(column[self.conditions < 2] for column in self))


class Power(NamedTuple):
    """Share of studies in which two conditions that differ are told apart, by number of items.

    Of each number of items the share by one test, and at the first step of Holm's correction.
    """

    participants: int
    difference: float
    shares: dict[int, tuple[float, float]]


def simulate_power(study: Study) -> list[Power]:
    """Simulate a study with the planned and other numbers of participants and items.

    A number of items is left out where the participants of a condition do not read all blocks.
    """
    rng = np.random.default_rng(study.seed)
    alpha = study.analysis.alpha
    n_questions = min(Counter(question.dimension for question in study.questions).values())
    scale = Scale(study.scale.low, study.scale.high)
    rows = []
    for size in SIZES:
        participants = size * study.participants
        for difference in DIFFERENCES:
            shares = {}
            for n_items in list_items(study):
                if participants < len(study.conditions) * n_items // study.items_per_participant:
                    continue
                layout = lay_out(study, participants, n_items).of_first_two()
                opinions = np.array([difference / 2, -difference / 2])
                pages = draw_studies(
                    layout, opinions, n_questions, study.assumptions, scale, N_STUDIES, rng
                ).mean(axis=2)
                first = layout.conditions == 0
                p = compare_two(pages, layout.participants, layout.items, first, study.design).p
                strictest = alpha / len(study.hypotheses)
                shares[n_items] = float((p < alpha).mean()), float((p < strictest).mean())
            rows.append(Power(participants, difference, shares))
    return rows


def list_items(study: Study) -> list[int]:
    """Numbers of items to compare, the planned one among them."""
    return sorted({study.items, *(blocks * study.items_per_participant for blocks in BLOCKS)})


def lay_out(study: Study, participants: int, n_items: int) -> Layout:
    """Share participants out over the groups of a study with so many items."""
    seen, n_conditions = study.items_per_participant, len(study.conditions)
    people, places = (grid.reshape(-1) for grid in np.mgrid[:participants, :seen])
    rows, blocks = people % n_conditions, people // n_conditions % (n_items // seen)
    conditions = (rows + places) % n_conditions if study.design == "within" else rows
    return Layout(people, seen * blocks + places, conditions)


def draw_studies(
    layout: Layout,
    opinions: NDArray[np.float64],
    n_questions: int,
    assumed: Assumptions,
    scale: Scale,
    n_studies: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Ratings of studies of one layout, each with other participants and items: (studies, pages, questions).

    Args:
        layout: of every study.
        opinions: latent opinion of each condition, in logits.
        n_questions: ratings of a page, all of one dimension.
        assumed: standard deviations.
        scale: of the ratings.
        n_studies: how many.
        rng: source of chance.

    """
    raters = assumed.participant_sd * rng.standard_normal((n_studies, layout.participants.max() + 1))
    shape = len(opinions), layout.items.max() + 1
    effects = np.stack([draw_effects(*shape, assumed, rng) for _ in range(n_studies)])
    latent = opinions[layout.conditions] + raters[:, layout.participants]
    latent += effects[:, layout.conditions, layout.items]
    return scale.rate(np.repeat(latent[..., None], n_questions, axis=2), rng)
