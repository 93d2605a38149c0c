import random
from collections import Counter

import pytest
from support.examples import make_question
from support.teacher_servers import FREE, LIMITS, make_endpoint
from tracekd.core.normalise import normalise_answer
from tracekd.core.records import write_records
from tracekd.datasets import DATASETS
from tracekd.teacher.ask import ask
from tracekd.teacher.kept import read_kept
from tracekd.teacher.local_server import reachable
from tracekd.teacher.prompts import (
    explanation_messages,
    follow_up_requests,
    question_messages,
    trace_requests,
)
from tracekd.teacher.responses import FOLLOW_UPS, STATUSES, Response, read_responses
from tracekd.teacher.synthetic import SyntheticTeacher, think, wrong_answers

LOCAL = make_endpoint("local", "synthetic-teacher", most_tokens=2000, typical_tokens=150)


@pytest.fixture
def many(question):
    """The same question of each dataset in turn, under many ids: each id has its own fate."""
    return [make_question(question.dataset, id=f"q{number:04d}") for number in range(400)]


def test_traces_wander_and_some_go_wrong(many):
    texts = Counter()
    for question in many:
        message, reason = think(question)
        assert (message, reason) == think(question)
        trace, answer = message["reasoning_content"] or "", message["content"] or ""
        right = any(normalise_answer(gold) in normalise_answer(answer) for gold in question.answers)
        texts["refused"] += bool(message.get("refusal"))
        texts["cut"] += reason == "length"
        texts["wrong"] += bool(answer) and not right
        if reason == "stop" and trace:
            assert question.question in trace and len(trace.split("\n")) >= 4
            assert all(question.context[index] in trace for index in question.gold_facts)
    assert 0.12 < texts["wrong"] / len(many) < 0.28
    assert texts["refused"] and texts["cut"]


def test_wrong_answers_are_wrong(question):
    for seed in range(20):
        (wrong,) = wrong_answers(question, random.Random(seed))
        assert normalise_answer(wrong) not in map(normalise_answer, question.answers)


def test_an_answer_longer_than_allowed_is_cut():
    question = make_question(id="q0001")
    messages = question_messages(question)
    whole = SyntheticTeacher([question]).complete({"messages": messages})
    cut = SyntheticTeacher([question]).complete({"messages": messages, "max_tokens": 10})
    assert whole["usage"]["completion_tokens"] > 10 >= cut["usage"]["completion_tokens"]
    assert cut["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize("dataset", DATASETS)
def test_traces_summaries_and_explanations_come_through_the_server(tmp_path, dataset):
    questions = [make_question(dataset, id=f"q{number}", question=f"Who, {number}?") for number in range(30)]
    with reachable(LOCAL, questions) as endpoint:
        responses = ask(trace_requests(questions, LOCAL), endpoint, LIMITS, FREE, tmp_path / "cache.jsonl")
        traces = {response.id: response for response in responses if response.status == "ok"}
        asked = [question for question in questions if question.id in traces]
        for kind in FOLLOW_UPS:
            requests = follow_up_requests(asked, traces, kind, LOCAL)
            follow_ups = ask(requests, endpoint, LIMITS, FREE, tmp_path / "cache.jsonl")
            write_records(follow_ups, tmp_path / f"{kind}.jsonl")
            assert read_responses(tmp_path / f"{kind}.jsonl") == follow_ups
            assert [response.id for response in follow_ups] == [question.id for question in asked]
            assert {(response.kind, response.status) for response in follow_ups} == {(kind, "ok")}
    assert {response.status for response in responses} <= set(STATUSES)
    assert {response.model for response in responses} == {"synthetic-teacher"}


def test_it_explains_the_same_answer_in_one_turn_and_in_two():
    question = make_question("cotempqa")
    teacher, response = (
        SyntheticTeacher([question]),
        Response("q", "r1", "m", "0" * 64, "a\nb", "C", "stop", "ok", 1, 1),
    )
    one, two = (
        teacher.complete({"messages": explanation_messages(question, response, turns)})["choices"]
        for turns in ("joined", "separate")
    )
    assert one == two and one[0]["message"]["content"].endswith("Therefore the answer is C")


def test_kept_questions_are_read_from_the_judgement(tmp_path):
    path = tmp_path / "judgement.csv"
    path.write_text("id,split,kept\na,train,True\nb,train,False\nc,test,true\n")
    assert read_kept(path) == {"a", "c"}
