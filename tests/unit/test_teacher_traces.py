"""A teacher's traces: judged, kept, built and verified; rows of other questions are caught."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import make_question
from tracekd.core.errors import VerificationError
from tracekd.core.records import Generation
from tracekd.datasets.free_text import conclude
from tracekd.scoring.aligned import score_item
from tracekd.teacher.judgement import LEFT_OUT, judge, split_kept
from tracekd.teacher.responses import OK, TRUNCATED, Response
from tracekd.teacher.traces import build_teacher_traces, swap_within_classes
from tracekd.teacher.verification import verify_teacher_traces
from tracekd.traces.build import build_trace, end_of_filler
from tracekd.traces.prompts import render_target

CLASSES = ("during", "equal", "mix")
RIGHT = "So David Widder and Norbert Wiener worked there, too."


def make_response(item, kind="r1", status=OK, answer=RIGHT):
    reasoning = f"Let me see, this is {item}. {RIGHT}" if kind == "r1" else ""
    return Response(item, kind, "teacher", "0" * 64, reasoning, answer, "stop", status, 10, 10)


@pytest.fixture
def questions():
    return [
        make_question(id=f"q{number}", class_label=CLASSES[number % 2], split="train") for number in range(8)
    ]


@pytest.fixture
def responses(questions):
    kinds = ("r1", "r1_summary", "r1_explanation")
    return {
        kind: [make_response(one.id, kind, answer=f"{kind} of {one.id}. {RIGHT}") for one in questions]
        for kind in kinds
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (RIGHT, {"david widder", "norbert wiener"}),
        ("The answer is **['David Widder', 'Norbert Wiener']**.", {"david widder", "norbert wiener"}),
        ("Irving Segal came later.\n\n**Answer: David Widder**", {"david widder"}),
        ("David Widder did. Was it Irving Segal? I do not know.", {"irving segal"}),
        ("Nobody that I know of.", None),
    ],
)
def test_the_last_telling_sentence_decides(text, names):
    assert conclude(make_question(), text) == (None if names is None else frozenset(names))


def test_only_whole_right_answers_are_kept(questions):
    answers = [
        make_response("q0"),
        make_response("q1", status=TRUNCATED),
        make_response("q2", answer="It was Irving Segal."),
    ]
    judged = {one.id: one for one in judge(questions, answers, "aligned")}
    assert [judged[f"q{number}"].kept for number in range(4)] == [True, False, False, False]
    assert (judged["q0"].published_ok, judged["q2"].aligned_ok) == (True, False)
    assert judged["q3"].status == "absent"
    assert [one.kept for one in judge(questions, answers, "all")][:4] == [True, False, True, False]


def test_all_arms_learn_from_the_same_questions(questions):
    test_item = replace(questions[0], id="t", split="test")
    summaries = [
        make_response(one.id, "r1_summary", TRUNCATED if one.id == "q3" else OK) for one in questions
    ]
    responses = {"r1": [make_response(one.id) for one in questions], "r1_summary": summaries}
    kept = {one.id for one in questions} - {"q1", "q5", "q7"}  # of the class of q3, none but q3 is left
    split = {one.id: one.split for one in split_kept([*questions, test_item], kept, responses, swapped=True)}
    assert split["t"] == "test"
    assert {item for item, name in split.items() if name == LEFT_OUT} == {"q1", "q3", "q5", "q7"}
    alone = split_kept(questions, {"q0", "q2", "q3"}, {"r1": responses["r1"]}, swapped=True)
    assert {one.id for one in alone if one.split == "train"} == {"q0", "q2"}, "q3 has nobody to swap with"


@pytest.mark.parametrize("arm", ["r1", "r1_summary", "r1_explanation", "r1_swapped"])
@pytest.mark.parametrize("target", ["gold", "teacher"])
def test_every_row_is_that_of_its_question(questions, responses, arm, target):
    traces = build_teacher_traces(questions, arm, responses, target, seed=0)
    verified = verify_teacher_traces(questions, traces, responses, target)
    assert [trace.id for trace in verified] == [question.id for question in questions]
    assert all(trace.verdict == {"conclusion": True} for trace in verified)
    assert all((trace.id in trace.text) == (arm != "r1_swapped") for trace in verified)
    answer = "r1 of q0." if target == "teacher" else "['David Widder', 'Norbert Wiener']</answer>"
    assert answer in verified[0].target


@pytest.mark.parametrize("arm", ["r1", "r1_summary", "r1_explanation"])
def test_the_trace_of_another_question_is_caught(questions, responses, arm):
    """As in the released training set: question of one row, trace and answer of another."""
    traces = build_teacher_traces(questions, arm, responses, "gold", seed=0)
    other = traces[5]
    traces[2] = replace(traces[2], text=other.text, target=other.target)
    with pytest.raises(VerificationError, match="q2: the trace is not of this question"):
        verify_teacher_traces(questions, traces, responses, "gold")


def test_the_answer_of_another_question_is_caught(questions, responses):
    questions[2] = replace(questions[2], answers=("Irving Segal",))
    traces = build_teacher_traces(questions, "r1", responses, "gold", seed=0)
    traces[2] = replace(traces[2], target=render_target(traces[2].text, "['David Widder']"))
    with pytest.raises(VerificationError, match=r"q2: the answer .* is not that of this question"):
        verify_teacher_traces(questions, traces, responses, "gold")


def test_missing_rows_and_own_or_repeated_swapped_traces_are_caught(questions, responses):
    traces = build_teacher_traces(questions, "r1_swapped", responses, "gold", seed=0)
    with pytest.raises(VerificationError, match="q7: question and trace do not go together"):
        verify_teacher_traces(questions, traces[:-1], responses, "gold")
    own = responses["r1"][0].reasoning
    kept = [replace(traces[0], text=own, target=render_target(own, "['David Widder', 'Norbert Wiener']"))]
    with pytest.raises(VerificationError, match="q0: the question keeps its own trace"):
        verify_teacher_traces(questions, [*kept, *traces[1:]], responses, "gold")
    twice = [replace(traces[0], text=traces[2].text, target=traces[2].target), *traces[1:]]
    if twice[0].text != own:
        with pytest.raises(VerificationError, match="is given twice or from outside"):
            verify_teacher_traces(questions, twice, responses, "gold")


CONTROLS = ["correct_padded", "filler_r1_length"]


def words_of(response):
    return len(response.reasoning.split())


@pytest.fixture
def long_responses(questions):
    """Traces of the teacher of every length, from one shorter than the correct trace on."""
    return {
        "r1": [
            replace(make_response(one.id), reasoning=f"{'well ' * (number**3)}{RIGHT}")
            for number, one in enumerate(questions)
        ]
    }


@pytest.mark.parametrize("target", ["gold", "teacher"])
def test_controls_are_as_long_as_the_teachers_trace_of_the_same_question(questions, long_responses, target):
    lengths = {response.id: words_of(response) for response in long_responses["r1"]}
    padded, filler = (
        verify_teacher_traces(
            questions,
            build_teacher_traces(questions, arm, long_responses, target, seed=0),
            long_responses,
            target,
        )
        for arm in CONTROLS
    )
    for question, long, empty in zip(questions, padded, filler, strict=True):
        correct = build_trace(question, "correct", seed=0)
        assert len(empty.text.split()) == lengths[question.id]
        assert len(long.text.split()) == max(lengths[question.id], len(correct.text.split()))
        assert long.text.endswith(correct.text) and long.stated == correct.stated
        assert long.verdict == {"class": True, "facts": True}
        assert empty.verdict == {"class": None, "facts": None}
        answer = correct.target.rpartition("</think>")[2]
        assert long.target.endswith(answer) and empty.target.endswith(answer), "controls have the gold answer"
        got = score_item(question, Generation(question.id, "0" * 64, long.target, 1, 1, "stop"), long.arm)
        assert got.answer_ok and got.trace_ok and got.readable
    assert padded[0].text == build_trace(questions[0], "correct", seed=0).text, "it is longer already"


def test_filler_counts_its_parts_down_and_always_ends_alike():
    texts = [end_of_filler(length).split() for length in (0, 1, 50, 200, 700)]
    assert [len(text) for text in texts] == [0, 1, 50, 200, 700]
    assert all(texts[-1][-len(text) :] == text for text in texts[1:])
    counted = re.findall(r"to come: (\d+)", " ".join(texts[-1]))
    assert counted == sorted(counted, reverse=True) and counted[-1] == "0"


@pytest.mark.parametrize(
    ("arm", "old", "new", "sentence"),
    [
        (
            "correct_padded",
            "Then it ",
            "Then ",
            "the assistant turn is malformed|not as long as the teacher's",
        ),
        ("correct_padded", "Then it is time", "Then Wiener is time", "differs from that of other questions"),
        ("correct_padded", "event in context is: equal", "event in context is: mix", "is not correct"),
        ("correct_padded", "'Norbert Wiener']</answer>", "]</answer>", "is not that of this question"),
        ("filler_r1_length", "Then it ", "Then ", "is not as long as the teacher's of 134 words"),
        ("filler_r1_length", "Then it is", "Then  is", "is not as long as the teacher's of 134 words"),
        ("filler_r1_length", "Then it is", "Then Wiener is", "differs from that of other questions"),
    ],
)
def test_a_tampered_control_is_refused_by_id(questions, long_responses, arm, old, new, sentence):
    traces = build_teacher_traces(questions, arm, long_responses, "gold", seed=0)
    chosen = traces[5]
    assert old in chosen.target
    changed = {name: getattr(chosen, name).replace(old, new) for name in ("text", "target")}
    with pytest.raises(VerificationError, match=f"q5: .*({sentence})"):
        verify_teacher_traces(
            questions, [*traces[:5], replace(chosen, **changed), *traces[6:]], long_responses, "gold"
        )


@pytest.mark.parametrize("arm", CONTROLS)
def test_a_control_as_long_as_another_questions_trace_is_refused(questions, long_responses, arm):
    traces = build_teacher_traces(questions, arm, long_responses, "gold", seed=0)
    shifted = {"r1": [replace(one, reasoning=f"well {one.reasoning}") for one in long_responses["r1"]]}
    with pytest.raises(VerificationError, match=r"not as long as the teacher's|malformed"):
        verify_teacher_traces(questions, traces, shifted, "gold")


@given(sizes=st.lists(st.integers(2, 12), min_size=1, max_size=3), seed=st.integers(0, 99))
def test_nobody_keeps_a_trace_and_each_is_given_once_within_its_class(sizes, seed):
    questions = [
        make_question(id=f"{label}-{number}", class_label=label)
        for label, size in zip(CLASSES, sizes, strict=False)
        for number in range(size)
    ]
    source = swap_within_classes(questions, seed)
    assert source.keys() == {question.id for question in questions}
    assert all(taker != giver for taker, giver in source.items())
    assert all(taker.split("-")[0] == giver.split("-")[0] for taker, giver in source.items())
    assert set(Counter(source.values()).values()) == {1}
    assert swap_within_classes(questions[::-1], seed) == source
