"""How train and test are drawn: the released CoTempQA split, and seeded samples free of order."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

from tracekd.core.files import sha256_text
from tracekd.core.records import Question
from tracekd.settings.config import Limit


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


def limit_questions(questions: Sequence[Question], limit: Limit, seed: int) -> list[Question]:
    """Keep the part of a dataset that `limit` asks for, in the order of `questions`.

    Each split is drawn by itself; a number larger than what there is takes all of it.
    """
    longest = limit.characters
    short = [one for one in questions if longest is None or count_characters(one) <= longest]
    counts = {"train": limit.train, "test": limit.test}
    kept = {
        id
        for split in dict.fromkeys(one.split for one in short)
        for id in draw_balanced([one for one in short if one.split == split], counts.get(split), seed)
    }
    return [one for one in short if one.id in kept]


def count_characters(question: Question) -> int:
    """Count the characters of context and question, without what the prompt puts around them."""
    return sum(map(len, question.context)) + len(question.question)


def draw_balanced(questions: Iterable[Question], count: int | None, seed: int) -> list[str]:
    """Draw ids of `count` questions, or of all: one of each class in turn, as long as it has any.

    Each class is ordered by hashes of seed and id, so that the draw does not depend on the order of the
    questions, and a smaller one is a part of a larger one.
    """
    classes: defaultdict[str, list[str]] = defaultdict(list)
    for question in sorted(questions, key=lambda one: sha256_text(f"{seed}/{one.id}")):
        classes[question.class_label].append(question.id)
    turns = chain.from_iterable(zip_longest(*classes.values()))
    return [id for id in turns if id is not None][:count]
