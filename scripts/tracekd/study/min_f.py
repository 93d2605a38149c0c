"""Two conditions compared by means, with participants and items as random: minF' (Clark 1973).

The test by participants and the test by items each leave one of the two out; minF' joins them to a bound of
what a test against both would find. It stands in where the primary model has no estimate, and makes the power
of a planned study quick to simulate.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import f as f_distribution
from scipy.stats import ttest_1samp, ttest_ind


class MinF(NamedTuple):
    """Mean of the first condition above that of the second, and p of both being equal; an entry a study."""

    difference: NDArray[np.float64]
    p: NDArray[np.float64]


def compare_two(
    scores: NDArray[np.float64], participants: ArrayLike, items: ArrayLike, first: ArrayLike, design: str
) -> MinF:
    """Compare two conditions in one study, or in many of the same layout.

    Args:
        scores: ratings (studies, ratings).
        participants: who gave each rating.
        items: what was rated.
        first: whether it was rated under the first of the two conditions.
        design: `between` or `within`.

    Items that were not rated under both conditions are left out, and within subjects participants who have
    not rated both. Ratings are taken less their item's mean: it does not matter who reads which items. P is
    nan where fewer than two participants or items are left, or nothing varies.

    """
    people, things = (np.unique(codes, return_inverse=True)[1] for codes in (participants, items))
    first = np.asarray(first, dtype=bool)
    kept = _in_both(things, first)
    if design == "within":
        kept &= _in_both(people, first)
    scores, people, things, first = scores[:, kept], people[kept], things[kept], first[kept]
    by_item = _means(scores, things, first)
    # each item's mean over both conditions, whichever was rated more often
    centred = scores - by_item.mean(axis=0)[:, np.unique(things, return_inverse=True)[1]]
    with np.errstate(divide="ignore", invalid="ignore"):
        t_items = ttest_1samp(by_item[0] - by_item[1], 0, axis=-1)
        if design == "within":
            by_person = _means(centred, people, first)
            t_people = ttest_1samp(by_person[0] - by_person[1], 0, axis=-1)
        else:
            groups = [_group_means(centred[:, mask], people[mask]) for mask in (first, ~first)]
            t_people = ttest_ind(*groups, axis=-1)
        one, other = t_people.statistic**2, t_items.statistic**2
        joined = one * other / (one + other)
        freedom = (one + other) ** 2 / (one**2 / t_items.df + other**2 / t_people.df)
        p = f_distribution.sf(joined, 1, freedom)
    return MinF((by_item[0] - by_item[1]).mean(axis=-1), p)


def _in_both(codes: NDArray[np.int64], first: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Ratings whose participant or item has ratings under both conditions."""
    both: NDArray[np.bool_] = np.isin(codes, codes[first]) & np.isin(codes, codes[~first])
    return both


def _means(
    scores: NDArray[np.float64], codes: NDArray[np.int64], first: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Means of participants or items under either condition: (2, studies, participants or items)."""
    return np.stack([_group_means(scores[:, mask], codes[mask]) for mask in (first, ~first)])


def _group_means(scores: NDArray[np.float64], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Means of ratings with the same code: (studies, codes)."""
    places = np.unique(codes, return_inverse=True)[1]
    members = np.eye(places.max(initial=-1) + 1)[places]
    means: NDArray[np.float64] = scores @ (members / members.sum(axis=0))
    return means
