"""The trace builder against the verifier that shares no code with it, on questions made at random."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.examples import make_question, strangers
from tracekd.core.errors import VerificationError
from tracekd.core.records import Generation
from tracekd.datasets import get_dataset
from tracekd.scoring.aligned import score_item as score
from tracekd.teacher.responses import Response
from tracekd.teacher.traces import build_teacher_traces
from tracekd.teacher.verification import verify_teacher_traces
from tracekd.traces.arms import MIXTURES, built_arms
from tracekd.traces.build import build_trace, build_traces, draw_correct
from tracekd.traces.verification import EXPECTED, VERIFIERS, verify_traces

DATASETS = ["cotempqa", "babi", "ms_marco"]
# arms that are not told apart: two kinds of wrong in both steps; any wrong facts may be near or far ones
ALIKE = [{"incorrect", "incorrect_matched"}, {"wrong_facts", "wrong_near"}, {"wrong_facts", "wrong_far"}]
# arms whose traces are all of one kind
PLAIN = [name for name in built_arms() if name not in MIXTURES]
SETTINGS = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
MIXTURE_SETTINGS = settings(SETTINGS, max_examples=20)
# facts may hold quotes, brackets, escapes and any script, but neither line breaks nor tags
WORDS = st.text(
    alphabet=st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"), blacklist_characters="<>,"),
    min_size=1,
).filter(lambda text: text.strip() == text)


@st.composite
def questions(draw, dataset):
    """A question whose gold facts hold its answers and whose other facts do not."""
    facts = draw(st.lists(WORDS, min_size=2, max_size=8, unique_by=str.casefold))
    count = 1 if dataset == "ms_marco" else draw(st.integers(1, len(facts)))
    gold = sorted(draw(st.permutations(range(len(facts))))[:count])
    context = [f"{fact} #{number}." for number, fact in enumerate(facts)]
    answers = [f"answer {number} {draw(WORDS)}" for number in gold]
    for number, answer in zip(gold, answers, strict=True):
        context[number] = f"{answer} is what {context[number]}"
    return make_question(
        dataset,
        id=draw(st.uuids()).hex,
        class_label=draw(st.sampled_from(get_dataset(dataset).classes)),
        context=tuple(context),
        answers=tuple(answers),
        gold_facts=tuple(gold),
    )


def judge(question, trace):
    """What the aligned scorer says of a model that writes the trace."""
    return score(question, Generation(question.id, "0" * 64, trace.target, 1, 1, "stop"), trace.arm)


@pytest.mark.parametrize("arm", PLAIN)
@pytest.mark.parametrize("dataset", DATASETS)
def test_the_verifier_confirms_every_trace_and_the_scorer_agrees(dataset, arm):
    pool = strangers(dataset)

    @SETTINGS
    @given(questions(dataset), st.integers(0, 99))
    def check(question, seed):
        trace = build_trace(question, arm, seed, pool)
        verdict = verify_traces([question], [trace])[0].verdict
        expected = EXPECTED[arm].find(VERIFIERS.get(dataset).STEPS)
        assert verdict == expected
        got = judge(question, trace)
        assert got.answer_ok and got.readable
        assert got.steps == {name: ok for name, ok in expected.items() if ok is not None}

    check()


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_verifier_refuses_every_trace_of_another_label(dataset):
    pool = strangers(dataset)

    @SETTINGS
    @given(questions(dataset), st.sampled_from(PLAIN), st.sampled_from(PLAIN))
    def check(question, arm, claimed):
        if arm == claimed or {arm, claimed} in ALIKE:
            return
        nothing_wrong = len(question.gold_facts) == len(question.context)
        if nothing_wrong and {arm, claimed} == {"wrong_near", "wrong_far"}:
            return  # both are borrowed
        trace = replace(build_trace(question, arm, 0, pool), arm=claimed)
        with pytest.raises(VerificationError):
            verify_traces([question], [trace])

    check()


@pytest.mark.parametrize("dataset", DATASETS)
def test_mixtures_have_their_share_and_are_nested_at_any_seed_and_order(dataset):
    @MIXTURE_SETTINGS
    @given(
        st.lists(questions(dataset), max_size=12, unique_by=lambda one: one.id), st.integers(0, 99), st.data()
    )
    def check(drawn, seed, data):
        asked = [*strangers(dataset), *drawn]
        kinds = {arm: build_traces(asked, arm, seed) for arm in ("correct", "incorrect_matched")}
        before = set()
        for arm, share in MIXTURES.items():
            traces = verify_traces(asked, build_traces(asked, arm, seed))
            right = {trace.id for trace in traces if trace.verdict["class"]}
            assert abs(len(right) - share * len(asked) / 100) <= 0.5
            assert before <= right
            before = right
            for trace, correct, wrong in zip(traces, *kinds.values(), strict=True):
                assert trace.target == (correct if trace.id in right else wrong).target
            shuffled = data.draw(st.permutations(asked))
            assert draw_correct(shuffled, share, seed) == right

    check()


@pytest.mark.parametrize("dataset", DATASETS)
def test_what_is_wrong_in_two_arms_is_the_same_in_both(dataset):
    pool = strangers(dataset)

    @MIXTURE_SETTINGS
    @given(questions(dataset), st.integers(0, 99))
    def check(question, seed):
        both, label, facts = (
            build_trace(question, arm, seed, pool)
            for arm in ("incorrect_matched", "wrong_class", "wrong_facts")
        )
        assert both.stated == {"class": label.stated["class"], "facts": facts.stated["facts"]}
        assert label.stated["facts"] == tuple(question.context[index] for index in question.gold_facts)
        assert facts.stated["class"] == question.class_label

    check()


@SETTINGS
@given(st.text(), st.sampled_from(DATASETS), st.sampled_from(["prompt_only", *built_arms()]))
def test_the_scorer_never_raises(text, dataset, arm):
    got = score(make_question(dataset), Generation("x", "0" * 64, text, 1, 1, "stop"), arm)
    assert 0 <= got.measures["f1"] <= 1


@pytest.mark.parametrize("arm", ["correct_padded", "filler_r1_length"])
@pytest.mark.parametrize("dataset", DATASETS)
def test_controls_of_length_have_it_for_any_question_and_any_trace_of_the_teacher(dataset, arm):
    @MIXTURE_SETTINGS
    @given(st.lists(questions(dataset), min_size=1, max_size=4, unique_by=lambda one: one.id), st.data())
    def check(asked, data):
        lengths = [data.draw(st.integers(1, 600)) for _ in asked]
        responses = {
            "r1": [
                Response(one.id, "r1", None, None, "word " * length, "answer", "stop", "ok", None, None)
                for one, length in zip(asked, lengths, strict=True)
            ]
        }
        traces = build_teacher_traces(asked, arm, responses, "gold", 0)
        verified = verify_teacher_traces(asked, traces, responses, "gold")
        for question, trace, length in zip(asked, verified, lengths, strict=True):
            correct = build_trace(question, "correct", 0).text
            has_steps = arm == "correct_padded"
            assert len(trace.text.split()) == (max(length, len(correct.split())) if has_steps else length)
            assert trace.text.endswith(correct) == has_steps
            assert set(trace.verdict.values()) == ({True} if has_steps else {None})
            got = judge(question, trace)
            assert got.answer_ok and got.readable

    check()
