"""How train and test are drawn."""

import pytest
from tracekd.datasets.splits import draw_sorted, released_test_rows


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
