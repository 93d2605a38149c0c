from dataclasses import replace

import pytest
from support.examples import ROOT, make_question, strangers
from tracekd.core.errors import VerificationError
from tracekd.datasets import BUILT_IN, get_dataset
from tracekd.traces.arms import MIXTURES, built_arms
from tracekd.traces.build import build_trace
from tracekd.traces.verification import EXPECTED, VERIFIERS, verify_trace, verify_traces


def test_every_arm_is_what_it_says(question):
    assert set(EXPECTED) == set(built_arms())
    shares = {arm: one.share for arm, one in EXPECTED.items() if one.share is not None}
    assert shares == MIXTURES
    steps = VERIFIERS.get(question.dataset).STEPS
    for arm in set(EXPECTED) - set(MIXTURES):
        built = build_trace(question, arm, seed=3, pool=strangers(question.dataset))
        trace = verify_traces([question], [built])[0]
        assert trace.verdict == EXPECTED[arm].find(steps)


@pytest.mark.parametrize(
    ("arm", "old", "new"),
    [
        ("correct", "mix.", "during."),
        ("correct", "1918 to 1919", "1918 to 1920"),
        ("correct", "'David Widder works for Aberdeen Proving Ground from 1918 to 1919.', ", ""),
        ("correct", "<answer>['David Widder', ", "<answer>["),
        ("correct", "<answer>['David Widder'", "<answer>['david widder'"),
        ("correct", "</think> ", "</think>"),
        ("incorrect", "</answer>", ""),
        ("none", "Norbert", "Albert"),
    ],
)
def test_a_tampered_turn_is_refused_by_id(arm, old, new):
    question = make_question("cotempqa")
    trace = build_trace(question, arm, seed=0)
    assert old in trace.target
    with pytest.raises(VerificationError, match="cotempqa-1: "):
        verify_traces([question], [replace(trace, target=trace.target.replace(old, new))])


def test_a_mislabelled_trace_is_refused(question):
    correct = build_trace(question, "correct", seed=0)
    for arm in ("incorrect", "incorrect_matched", "class_only"):
        with pytest.raises(VerificationError, match=f"labelled '{arm}'"):
            verify_traces([question], [replace(correct, arm=arm)])
    wrong = build_trace(question, "incorrect_matched", seed=0)
    with pytest.raises(VerificationError, match="labelled 'correct'"):
        verify_traces([question], [replace(wrong, arm="correct")])


def test_a_mislabelled_trace_is_told_from_what_was_asked(question):
    wrong = replace(build_trace(question, "wrong_class", seed=0), arm="correct")
    with pytest.raises(VerificationError) as caught:
        verify_traces([question], [wrong])
    assert str(caught.value).startswith(
        f"{question.id}: labelled 'correct', but the verifier of {question.dataset} finds "
        "class wrong, facts right, not class right, facts right: "
    )
    assert str(caught.value).endswith(
        "(dataset, arm, `expect` or verifier is wrong; nothing is trained on it)"
    )


def test_a_gold_fact_in_other_letter_case_is_still_gold():
    question = make_question("babi")
    trace = build_trace(question, "incorrect", seed=0)
    leaked = trace.target.replace("john moved to the bedroom.", "mary got the milk there.")
    leaked = leaked.replace("daniel went to the office.", "mary got the milk there.")
    with pytest.raises(VerificationError, match="quotes a part of the gold facts"):
        verify_trace(question, replace(trace, target=leaked))


def test_every_dataset_of_the_paper_has_a_verifier_and_no_list_names_them():
    source = (ROOT / "scripts/tracekd/traces/verification.py").read_text("utf-8")
    for name in BUILT_IN:
        assert tuple(step.name for step in get_dataset(name).steps) == VERIFIERS.get(name).STEPS
        assert name not in source


def test_a_foreign_trace_is_refused(question):
    trace = build_trace(question, "correct", seed=0)
    with pytest.raises(VerificationError, match="belongs to no question"):
        verify_traces([], [trace])


def test_an_unanswerable_question_has_the_no_answer_string_as_its_fact():
    question = make_question("ms_marco", answers=("No Answer Present.",), gold_facts=())
    for arm in built_arms():
        verify_traces([question], [build_trace(question, arm, 0, strangers("ms_marco"))])
