"""List scheduling: by hand, and what must hold of any schedule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracekd.run.schedule import schedule


@pytest.mark.parametrize(
    ("lengths", "after", "machines", "end"),
    [
        ([], [], 3, 0.0),
        ([2, 3, 4], [(), (), ()], 1, 9),
        # the longest first: 4 beside 3 and 2
        ([2, 3, 4], [(), (), ()], 2, 5),
        # the longest cannot start before the first has ended
        ([1, 2, 5], [(), (), (0,)], 2, 6),
        # a chain takes its own time on any number of machines
        ([1, 2, 3], [(), (0,), (1,)], 16, 6),
        # two wait for one; one of them waits for the other's machine, too
        ([1, 2, 2], [(), (0,), (0,)], 1, 5),
    ],
)
def test_schedules_worked_out_by_hand(lengths, after, machines, end):
    assert schedule(lengths, after, machines) == end


@st.composite
def plans(draw):
    """Jobs, each of which waits for some of those before it."""
    lengths = draw(st.lists(st.integers(0, 20), min_size=1, max_size=12))
    after = [draw(st.sets(st.integers(0, n - 1))) if n else set() for n in range(len(lengths))]
    return lengths, after


@given(plans(), st.integers(1, 5))
def test_no_schedule_beats_its_bounds_or_idles_without_need(plan, machines):
    lengths, after = plan
    ends = []
    for length, some in zip(lengths, after, strict=True):
        ends.append(length + max((ends[before] for before in some), default=0))
    chain, work = max(ends), sum(lengths)
    end = schedule(lengths, after, machines)
    assert max(chain, work / machines) <= end <= chain + (work - chain) / machines + 1e-9
    assert schedule(lengths, after, 1) == work
    assert schedule(lengths, after, len(lengths)) == chain
