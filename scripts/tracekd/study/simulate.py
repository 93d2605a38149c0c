"""Participants who never were: ordinal ratings with rater and item effects, at given mean ratings.

A cumulative-logit model: a latent opinion (condition + rater + item + logistic noise) is cut by thresholds
into the points of the scale. Only a few means and medians were published, no spread and no agreement: the
spreads below are assumed. Whatever is made from this says SIMULATED.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit

# standard deviations of raters and items, in logits: assumed, see above
RATER_SD, ITEM_SD = 0.6, 0.6
SPREAD = float(np.hypot(RATER_SD, ITEM_SD))
# nodes of the integral over raters and items
NODES = 41
# beyond it a rating at the end of the scale is as good as certain
MAX_LOGIT = 30.0


class Scale:
    """Points from low to high; the thresholds make them equally likely to one without an opinion."""

    def __init__(self, low: int, high: int):
        points = np.arange(1, high - low + 1)
        self.low, self.high = low, high
        self.thresholds = np.log(points / (high - low + 1 - points))

    def rate(self, opinions: NDArray, rng: np.random.Generator) -> NDArray:
        """Ratings of latent opinions, each with its own logistic noise."""
        noisy = opinions + rng.logistic(size=opinions.shape)
        return self.low + (noisy[..., None] > self.thresholds).sum(axis=-1)

    def mean_rating(self, opinions: ArrayLike) -> NDArray:
        """Expected rating of latent opinions."""
        return self.low + expit(np.asarray(opinions)[..., None] - self.thresholds).sum(axis=-1)

    def opinion(self, mean: float, spread: float = SPREAD) -> float:
        """Latent opinion at which the mean rating over normal effects of this spread is as given."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        weights /= weights.sum()
        return brentq(
            lambda logit: float(self.mean_rating(logit + spread * nodes) @ weights) - mean,
            -MAX_LOGIT,
            MAX_LOGIT,
        )


def draw_items(n_items: int, rng: np.random.Generator) -> NDArray:
    """Item effects, which sum to 0, for a study's items are all the items it speaks of."""
    effects = ITEM_SD * rng.standard_normal(n_items)
    return effects - effects.mean()


def draw_ratings(
    opinions: NDArray, items: NDArray, n_raters: int, n_questions: int, scale: Scale, rng: np.random.Generator
) -> NDArray:
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
