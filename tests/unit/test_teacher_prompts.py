"""The published prompts, word for word (paper.md, section 4)."""

from support.examples import make_question
from tracekd.teacher.prompts import explanation_messages, question_messages, summary_messages
from tracekd.teacher.responses import Response

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


def test_the_explanation_goes_on_from_trace_and_answer():
    response = Response("q", "r1", "m", "0" * 64, "so it is", "**B**", "stop", "ok", 1, 1)
    assert explanation_messages(QUESTION, response) == [
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
