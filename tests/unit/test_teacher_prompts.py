"""The published prompts, word for word (paper.md, section 4)."""

import re

import pytest
import yaml
from support.examples import ROOT, make_question
from tracekd.core.errors import ConfigError
from tracekd.settings.teacher import Endpoint, Teacher
from tracekd.teacher.prompts import (
    explanation_messages,
    follow_up_requests,
    question_messages,
    summary_messages,
)
from tracekd.teacher.responses import Response
from tracekd.teacher.settings import check_teacher

QUESTION = make_question(
    "cotempqa", context=("A works for X.", "B works for X."), question="While A was there, who was?"
)
PROMPT = (
    "Answer the question based on the context:\nA works for X.\nB works for X.\n"
    "Question: While A was there, who was? Only return the answer.\n"
)


def test_the_question_has_its_facts_on_lines_of_their_own():
    assert question_messages(QUESTION) == [{"role": "user", "content": PROMPT}]


def test_the_summary_is_of_the_trace_alone():
    assert summary_messages("{so} it is") == [
        {
            "role": "user",
            "content": "Summarize the following trace in a very concise and clear manner, highlighting key "
            "events and outcomes in less than 100 words:\n\n{so} it is\n\nSummary:",
        }
    ]


def explain(assistant_turns):
    response = Response("q", "r1", "m", "0" * 64, "so it is", "**B**", "stop", "ok", 1, 1)
    return explanation_messages(QUESTION, response, assistant_turns)


def test_the_explanation_goes_on_from_trace_and_answer_as_published():
    assert explain("separate") == [
        {"role": "user", "content": PROMPT},
        {"role": "assistant", "content": "so it is"},
        {"role": "assistant", "content": "**B**"},
        {
            "role": "user",
            "content": "You have answered the question correctly. Please provide a detailed explanation of "
            "the reasoning behind your answer. The explanation should be clear, concise, and easy to "
            "understand. \n Explanation: ",
        },
    ]


def test_joined_turns_say_the_same_in_a_conversation_that_alternates():
    problem, turn, request = explain("joined")
    assert turn == {"role": "assistant", "content": "so it is\n\n**B**"}
    assert [problem, request] == [explain("separate")[0], explain("separate")[-1]]


@pytest.mark.parametrize("name", ["teacher", "teacher_published", "teacher_demo"])
def test_a_shipped_config_asks_for_explanations_as_every_endpoint_takes_them(name):
    config = yaml.safe_load((ROOT / f"config/{name}.yaml").read_text("utf-8"))
    endpoint = Endpoint.model_validate(config["teacher"]["endpoints"]["r1_explanation"])
    response = Response(QUESTION.id, "r1", "m", "0" * 64, "so it is", "**B**", "stop", "ok", 1, 1)
    [request] = follow_up_requests([QUESTION], {QUESTION.id: response}, "r1_explanation", endpoint)
    assert [turn["role"] for turn in request.messages] == ["user", "assistant", "user"]


@pytest.mark.parametrize(
    ("arms", "stops"),
    [(["none", "r1"], False), (["r1", "r1_summary"], False), (["r1", "r1_explanation"], True)],
)
def test_an_endpoint_for_explanations_says_before_the_first_call_how_many_turns_it_takes(arms, stops):
    config = yaml.safe_load((ROOT / "config/teacher.yaml").read_text("utf-8"))["teacher"]
    for endpoint in config["endpoints"].values():
        endpoint.pop("assistant_turns", None)
    teacher = Teacher.model_validate(config)
    if not stops:
        check_teacher(teacher, arms)
        return
    where = "config: teacher.endpoints.r1_explanation: key 'assistant_turns' is missing (joined, which"
    with pytest.raises(ConfigError, match=re.escape(where)):
        check_teacher(teacher, arms)
