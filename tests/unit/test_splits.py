"""How train and test are drawn."""

from collections import Counter
from itertools import pairwise

import pytest
from support.examples import make_question
from tracekd.datasets.splits import draw_sorted, limit_questions, released_test_rows
from tracekd.settings.config import Limit


@pytest.mark.parametrize(("n_rows", "n_test"), [(3096, 619), (436, 87), (563, 113), (653, 131)])
def test_a_fifth_of_each_cotempqa_class_is_test(n_rows, n_test):
    drawn = released_test_rows(n_rows, 0.2, seed=42)
    assert len(drawn) == n_test
    assert drawn <= set(range(n_rows))


def test_a_draw_is_sorted_distinct_and_free_of_order():
    drawn = draw_sorted(range(100), 10, "0/PERSON")
    assert drawn == sorted(set(drawn))
    assert drawn == draw_sorted(reversed(range(100)), 10, "0/PERSON")
    assert drawn != draw_sorted(range(100), 10, "1/PERSON")


# questions of three classes, in file order
CLASSES = {"mix": 60, "equal": 40, "overlap": 26}
QUESTIONS = [
    make_question(id=f"{label}-{number}", class_label=label, split="test" if number % 7 < 2 else "train")
    for label, count in CLASSES.items()
    for number in range(count)
]


def draw(questions=QUESTIONS, seed=0, **limit):
    """Ids of the questions that a limit leaves."""
    return [one.id for one in limit_questions(questions, Limit(**limit), seed)]


def count(ids, split):
    """Questions of each class among the ids, of one split."""
    return Counter(one.class_label for one in QUESTIONS if one.id in set(ids) and one.split == split)


def test_without_a_limit_all_questions_stay():
    assert draw() == [one.id for one in QUESTIONS]


def test_as_many_as_asked_for_are_taken_of_each_split_evenly_over_the_classes():
    drawn = draw(train=30, test=9)
    assert count(drawn, "train") == {"mix": 10, "equal": 10, "overlap": 10}
    assert count(drawn, "test") == {"mix": 3, "equal": 3, "overlap": 3}
    uneven = count(draw(train=31), "train")
    assert sorted(uneven.values()) == [10, 10, 11]


def test_classes_that_run_out_are_made_up_for_by_the_others():
    there = Counter(one.class_label for one in QUESTIONS if one.split == "train")
    drawn = count(draw(train=70), "train")
    assert drawn.total() == 70
    assert drawn["overlap"] == there["overlap"] == 18
    assert {drawn["mix"], drawn["equal"]} == {26}


def test_a_limit_beyond_what_there_is_takes_all_of_it():
    assert draw(train=1000, test=1000) == [one.id for one in QUESTIONS]
    assert set(draw(test=4)) >= {one.id for one in QUESTIONS if one.split == "train"}


@pytest.mark.parametrize("seed", [0, 1])
def test_a_smaller_part_lies_within_a_larger_one(seed):
    parts = [set(draw(train=count, test=3, seed=seed)) for count in (3, 10, 40, 80, 90)]
    assert all(small < large for small, large in pairwise(parts))


def test_the_part_depends_on_the_seed_and_not_on_the_order_and_keeps_it():
    drawn = draw(train=20, test=8)
    assert drawn == [one.id for one in QUESTIONS if one.id in set(drawn)]
    assert draw(QUESTIONS[::-1], train=20, test=8) == drawn[::-1]
    assert set(drawn) != set(draw(train=20, test=8, seed=1))
    # a change of these is a change of every run with a limit
    assert draw(train=3, test=1) == ["mix-35", "mix-53", "equal-13", "overlap-11"]


def test_questions_longer_than_the_limit_are_left_out_before_the_draw():
    long = [
        make_question(id=f"long-{number}", context=("A" * 60, "B" * 41), question="Q" * 10)
        for number in range(5)
    ]
    mixed = [*long, make_question(id="short", context=("A" * 60, "B" * 40), question="Q" * 10)]
    assert draw(mixed, characters=110, train=1) == draw(mixed, characters=110) == ["short"]
    assert len(draw(mixed, characters=111)) == 6
