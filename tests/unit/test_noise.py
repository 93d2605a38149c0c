"""Near and far wrong facts: what a dataset calls near, what is drawn, and what the verifier refuses."""

import random
from dataclasses import replace

import pytest
from support.examples import make_question
from tracekd.core.errors import DataError, VerificationError
from tracekd.datasets import BUILT_IN, get_dataset
from tracekd.datasets.simulation import get_simulator
from tracekd.traces.build import build_traces
from tracekd.traces.verification import verify_traces

# gold: Widder 1918 to 1919, Wiener 1916 to 1919, both at Aberdeen Proving Ground
ELSEWHERE = (
    ("Hubert Yockey works for Aberdeen Proving Ground from 1919 to 1980.", 4),
    ("Hubert Yockey works for Aberdeen Proving Ground in June, 1918.", 4),
    ("Hubert Yockey works for Aberdeen Proving Ground from 1964 to 1980.", 2),
    ("Norbert Wiener attended Harvard University from 1909 to 1913.", 1),
    ("Norbert Wiener attended Harvard University from May 3, 1909 to July 13, 1916.", 3),
    ("Irving Segal worked for Princeton University from 1900 to 1916.", 3),
    ("Irving Segal worked for Princeton University from 1943 to 1945.", 1),
    ("Irving Segal attended Princeton University in 1917.", 2),
    ("Irving Segal attended Princeton University from 1934 to 1937.", 0),
    ("Nobody knows.", 0),
)


@pytest.fixture(params=BUILT_IN)
def questions(request):
    """A simulated corpus."""
    rng, sample = random.Random(0), get_simulator(request.param).sample
    drawn = [question for _ in range(150) for question in sample(rng).questions[:1]]
    return [replace(question, id=f"q{number}", split="train") for number, question in enumerate(drawn)]


@pytest.mark.parametrize(("fact", "nearness"), ELSEWHERE)
def test_cotempqa_counts_entity_relation_and_twice_the_time(fact, nearness):
    assert get_dataset("cotempqa").nearness(make_question("cotempqa"), fact) == nearness


def test_by_default_words_of_the_question_count():
    question = make_question("babi", question="Where is the milk?")
    near = [get_dataset("babi").nearness(question, fact) for fact in ("The milk, there.", "Is the red fox?")]
    assert near == [1, 0]


def test_near_facts_are_the_nearest_of_the_context_and_far_ones_share_nothing(questions):
    dataset = get_dataset(questions[0].dataset)
    near, far = (
        verify_traces(questions, build_traces(questions, arm, 0)) for arm in ("wrong_near", "wrong_far")
    )
    for question, close, away in zip(questions, near, far, strict=True):
        assert close.verdict == away.verdict == {"class": True, "facts": False}
        quoted, gold = close.stated["facts"], [question.context[place] for place in question.gold_facts]
        others = [fact for fact in question.context if fact not in (*gold, *quoted)]
        own = [dataset.nearness(question, fact) for fact in quoted if fact in question.context]
        assert max((dataset.nearness(question, fact) for fact in others), default=0) <= min(own, default=9)
        assert len(quoted) == len(away.stated["facts"]) == max(1, len(question.gold_facts))
        assert not set(away.stated["facts"]) & set(question.context)
        assert not any(dataset.nearness(question, fact) for fact in away.stated["facts"])


@pytest.mark.parametrize(("arm", "claimed"), [("wrong_near", "wrong_far"), ("wrong_far", "wrong_near")])
def test_a_trace_of_the_other_kind_is_refused_by_id(questions, arm, claimed):
    refused = 0
    for trace in build_traces(questions, arm, 0):
        (question,) = [one for one in questions if one.id == trace.id]
        if len(question.context) > 2 * len(question.gold_facts):
            with pytest.raises(
                VerificationError, match=rf"{trace.id}: the wrong facts are not {claimed[6:]} ones"
            ):
                verify_traces([question], [replace(trace, arm=claimed)])
            refused += 1
    assert refused > 20


def test_a_nearer_fact_that_is_left_out_is_noticed():
    facts = [fact for fact, _ in ELSEWHERE]
    gold = make_question("cotempqa").context[0]
    question = make_question(
        "cotempqa", context=(gold, facts[0], facts[8]), answers=("David Widder",), gold_facts=(0,)
    )
    (trace,) = build_traces([question], "wrong_near", 0)
    assert trace.stated["facts"] == (facts[0],)
    farther = replace(trace, target=trace.target.replace(facts[0], facts[8]))
    with pytest.raises(VerificationError, match="the wrong facts are not near ones"):
        verify_traces([question], [farther])


def test_without_anything_far_away_the_question_is_named():
    questions = [make_question("babi", id=f"babi-{number}") for number in range(3)]
    with pytest.raises(DataError, match="babi-0: too few facts have nothing in common"):
        build_traces(questions, "wrong_far", 0)


def test_wrong_facts_are_drawn_as_before():
    """The draws of the other arms must not change because there are kinds of noise."""
    context = (*make_question("cotempqa").context, *map(str, range(10)))
    (trace,) = build_traces([make_question("cotempqa", context=context)], "wrong_facts", 7)
    assert [context.index(fact) for fact in trace.stated["facts"]] == [1, 7]
