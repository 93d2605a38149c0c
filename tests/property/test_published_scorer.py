"""The published scorer on any text: it never fails, knows its gold, and forgets the order of the answers."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.examples import make_question, strangers
from tracekd.core.records import Generation
from tracekd.datasets import BUILT_IN, get_dataset
from tracekd.scoring import published
from tracekd.scoring.published import Quirk
from tracekd.traces.arms import built_arms, get_arm
from tracekd.traces.build import build_trace

SETTINGS = settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))
QUESTIONS = {name: make_question(name, split="test") for name in BUILT_IN}
TARGETS = [
    build_trace(question, arm, 0, strangers(name)).target
    for name, question in QUESTIONS.items()
    for arm in built_arms()
]
# what some rule of the scorer looks for
MARKS = [
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "assistant",
    "Answer:",
    " answer ",
    "Answer the question based on",
    ".",
    *(text for one in QUESTIONS.values() for text in (*one.answers, *one.context, one.class_label)),
]
PIECES = ["", *MARKS, *TARGETS]
TEXTS = st.tuples(st.sampled_from(PIECES), st.text(max_size=6), st.sampled_from(PIECES)).map("".join)
PAIRS = st.sampled_from([first + second for first in PIECES for second in PIECES])
OFF = st.sampled_from([frozenset(), frozenset(Quirk), *(frozenset({quirk}) for quirk in Quirk)])
# made of letters of neither `assistant` nor `think`: Q4 would delete them from the answer
NAMES = ["Go, Bo", "B", "Bed", "Bed Cob", "Cob", "Do Bed", "Egg", "Fee D", "É", "F.G.", "O'Bo", "Gog ü"]
# some of the names; one integer, because drawing lists takes most of the time
SOME_NAMES = st.integers(1, 2 ** len(NAMES) - 1).map(
    lambda bits: [name for place, name in enumerate(NAMES) if bits >> place & 1]
)


def judge(question, text, arm, off=frozenset()):
    return published.score([question], [Generation(question.id, "0" * 64, text, None, None, None)], arm, off)[
        0
    ]


@SETTINGS
@given(st.sampled_from(BUILT_IN), st.sampled_from(["prompt_only", *built_arms()]), TEXTS, OFF)
def test_any_text_gets_a_score(dataset, arm, text, off):
    got = judge(QUESTIONS[dataset], text, arm, off)
    f1, precision, recall = (got.measures[name] for name in ("f1", "precision", "recall"))
    assert 0 <= min(precision, recall) <= f1 <= max(precision, recall) <= 1
    assert f1 == 1 if got.answer_ok else f1 <= 1
    assert set(got.steps) == set(get_arm(arm).truths(get_dataset(dataset)))
    if arm in ("prompt_only", "none"):
        assert (got.steps, got.trace_ok, got.readable) == ({}, None, True)
    elif None in got.steps.values():
        assert set(got.steps.values()) == {None} and got.trace_ok is None
    else:
        assert got.trace_ok == (all(got.steps.values()) if got.steps else None)


def make_item(dataset, names, n_golds, label, element):
    """A question with facts like CoTempQA's, whose text names none of their entities."""
    golds = names[:n_golds] if dataset == "cotempqa" else names[:1]
    classes = get_dataset(dataset).classes
    return make_question(
        dataset,
        split="test",
        class_label=classes[label % len(classes)],
        context=tuple(f"{name} works for {names[-1]} in 1918." for name in names),
        question="Why?",
        answers=tuple(golds),
        gold_facts=tuple(range(len(golds))),
        attributes={"triple_element": element},
    )


ITEMS = st.builds(
    make_item,
    st.sampled_from(BUILT_IN),
    SOME_NAMES,
    st.integers(1, 4),
    st.integers(0, 10),
    st.sampled_from(["S2_R1_O1", "S1_R1_O2"]),
)


@SETTINGS
@given(ITEMS, st.sampled_from(["none", "class_only", "correct"]), OFF)
def test_the_gold_target_is_right_whatever_is_switched_off(question, arm, off):
    got = judge(question, build_trace(question, arm, seed=0).target, arm, off)
    assert got.answer_ok and got.readable and set(got.measures.values()) == {1}
    assert got.trace_ok == (None if arm == "none" else True)


@SETTINGS
@given(st.sampled_from(["cotempqa", "ms_marco"]), SOME_NAMES, st.integers(0, 11), PAIRS, OFF)
def test_the_answer_score_does_not_depend_on_the_order_of_the_answers(dataset, golds, turn, text, off):
    """Of CoTempQA and MS MARCO; bAbI joins its answers to one string. The gold row goes by the first."""
    golds = [*golds, *QUESTIONS[dataset].answers]
    question = replace(QUESTIONS[dataset], answers=tuple(golds))
    other = replace(question, answers=(*golds[turn:], *golds[:turn])[::-1])
    one, two = (judge(item, text, "correct", off) for item in (question, other))
    same = ("answer_ok", "measures", "readable")
    assert [getattr(one, name) for name in same] == [getattr(two, name) for name in same]
