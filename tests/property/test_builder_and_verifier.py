"""The trace builder against the verifier that shares no code with it, on questions made at random."""

from dataclasses import replace

import pytest
from examples import make_question
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tracekd.datasets import get_dataset
from tracekd.errors import VerificationError
from tracekd.records import Generation
from tracekd.scoring.aligned import score_item as score
from tracekd.traces import ARMS, build_trace
from tracekd.verification import EXPECTED, verify_traces

SETTINGS = settings(max_examples=900, deadline=None, suppress_health_check=list(HealthCheck))
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
        class_label=draw(st.sampled_from(get_dataset(dataset).CLASSES)),
        context=tuple(context),
        answers=tuple(answers),
        gold_facts=tuple(gold),
    )


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("dataset", ["cotempqa", "babi", "ms_marco"])
def test_the_verifier_confirms_every_trace_and_the_scorer_agrees(dataset, arm):
    strangers = [
        make_question(
            dataset, id=f"{label}{number}", class_label=label, context=(f"stranger {label}{number}",)
        )
        for label in get_dataset(dataset).CLASSES
        for number in range(8)
    ]

    @SETTINGS
    @given(questions(dataset), st.integers(0, 99))
    def check(question, seed):
        trace = build_trace(question, arm, seed, pool=strangers)
        verdict = verify_traces([question], [trace])[0].verdict
        assert (verdict["class_ok"], verdict["facts_ok"]) == EXPECTED[arm]
        got = score(question, Generation(question.id, "0" * 64, trace.target, 1, 1, "stop"), arm)
        assert got.answer_ok and (got.class_ok, got.facts_ok) == EXPECTED[arm]

    check()


@pytest.mark.parametrize("dataset", ["cotempqa", "babi", "ms_marco"])
def test_the_verifier_refuses_every_trace_of_another_label(dataset):
    @SETTINGS
    @given(
        questions(dataset),
        st.sampled_from(["class_only", "correct", "incorrect"]),
        st.sampled_from(list(ARMS)),
    )
    def check(question, arm, claimed):
        if EXPECTED[arm] == EXPECTED[claimed]:
            return
        trace = replace(build_trace(question, arm, 0), arm=claimed)
        with pytest.raises(VerificationError):
            verify_traces([question], [trace])

    check()


@SETTINGS
@given(st.text(), st.sampled_from(["cotempqa", "babi", "ms_marco"]), st.sampled_from(["prompt_only", *ARMS]))
def test_the_scorer_never_raises(text, dataset, arm):
    got = score(make_question(dataset), Generation("x", "0" * 64, text, 1, 1, "stop"), arm)
    assert 0 <= got.f1 <= 1
