"""How train and test are drawn: the released CoTempQA split, and seeded samples free of order."""

import random
from collections.abc import Iterable


def released_test_rows(n_rows: int, fraction: float, seed: int) -> frozenset[int]:
    """Rows of a class that the released CoTempQA split holds out as test (paper, section 2.1).

    Equals what `DataFrame.sample(frac=fraction, random_state=seed)` picks from a frame of `n_rows` rows;
    numpy keeps this legacy generator's stream fixed for good.
    """
    import numpy as np  # only where raw data are read: who asks a teacher has the datasets and no numpy

    drawn = np.random.RandomState(seed).choice(n_rows, size=round(fraction * n_rows), replace=False)
    return frozenset(drawn.tolist())


def draw_sorted(items: Iterable[int], count: int, seed: str) -> list[int]:
    """Draw `count` of the items and sort them; the draw does not depend on the order they come in."""
    return sorted(random.Random(seed).sample(sorted(items), count))
