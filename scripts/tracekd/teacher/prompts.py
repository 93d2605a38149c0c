"""What the teacher is asked, word for word as published (paper.md, section 4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracekd.core.records import Question
from tracekd.datasets import get_dataset
from tracekd.models.identity import digest_json
from tracekd.settings.teacher import Endpoint
from tracekd.teacher.responses import SUMMARY, TRACE, Response

Messages = Sequence[Mapping[str, str]]

SUMMARY_REQUEST = (
    "Summarize the following trace in a very concise and clear manner, highlighting key events and outcomes "
    "in less than 100 words:\n\n{trace}\n\nSummary:"
)
EXPLANATION_REQUEST = (
    "You have answered the question correctly. Please provide a detailed explanation of the reasoning behind "
    "your answer. The explanation should be clear, concise, and easy to understand. \n Explanation: "
)
# between trace and answer of a joined assistant turn
TURN_BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class Request:
    """One conversation that waits for its next turn, about one question."""

    id: str
    kind: str
    model: str
    messages: Messages
    parameters: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Hash of everything the reply depends on; equal requests are asked once."""
        return digest_json({"model": self.model, "messages": self.messages, "parameters": self.parameters})


def trace_requests(questions: Sequence[Question], endpoint: Endpoint) -> list[Request]:
    """Ask each question for trace and answer."""
    return [_request(question, TRACE, question_messages(question), endpoint) for question in questions]


def follow_up_requests(
    questions: Sequence[Question], traces: Mapping[str, Response], kind: str, endpoint: Endpoint
) -> list[Request]:
    """Ask for the summary of each trace, or for an explanation of each answer.

    Args:
        questions: those to ask about.
        traces: question id to what the teacher answered.
        kind: one of FOLLOW_UPS (teacher.responses).
        endpoint: who is asked.

    """
    requests = []
    for question in questions:
        response = traces[question.id]
        if kind == SUMMARY:
            messages = summary_messages(response.reasoning)
        else:
            messages = explanation_messages(question, response, endpoint.assistant_turns)
        requests.append(_request(question, kind, messages, endpoint))
    return requests


def _request(question: Question, kind: str, messages: Messages, endpoint: Endpoint) -> Request:
    return Request(question.id, kind, endpoint.model, messages, endpoint.parameters)


def question_messages(question: Question) -> Messages:
    """Write the question as one user turn; facts stand on lines of their own."""
    return [{"role": "user", "content": get_dataset(question.dataset).prompt_only_prompt(question)}]


def summary_messages(trace: str) -> Messages:
    """Write the request for a summary: whoever answers sees the trace only."""
    return [{"role": "user", "content": SUMMARY_REQUEST.format(trace=trace)}]


def explanation_messages(question: Question, response: Response, assistant_turns: str | None) -> Messages:
    """Write the conversation that asks for an explanation: problem, trace, answer, request.

    Trace and answer are one assistant turn (`joined`), or two in a row, as published (`separate`).
    """
    turns = [response.reasoning, response.answer]
    if assistant_turns == "joined":
        turns = [TURN_BREAK.join(turns)]
    return [
        *question_messages(question),
        *({"role": "assistant", "content": turn} for turn in turns),
        {"role": "user", "content": EXPLANATION_REQUEST},
    ]
