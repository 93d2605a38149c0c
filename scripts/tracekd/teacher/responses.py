"""What the teacher answered: one record a question and kind, whole or marked as what it lacks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tracekd.core.records import read_records

TRACE, SUMMARY, EXPLANATION = KINDS = ("r1", "r1_summary", "r1_explanation")
FOLLOW_UPS = (SUMMARY, EXPLANATION)
OK, REFUSED, EMPTY_TRACE, EMPTY_ANSWER, TRUNCATED = STATUSES = (
    "ok",
    "refused",
    "empty_trace",
    "empty_answer",
    "truncated",
)


@dataclass(frozen=True, slots=True)
class Response:
    """What the teacher answered about one question.

    Of the kind `r1`, `reasoning` is the trace and `answer` what follows it; of a follow-up, `answer` is the
    summary or explanation and `reasoning` what the model thought before it, if it thinks. `model` and
    `prompt_sha256` are None for released responses that do not tell them, tokens and `finish_reason` too.
    """

    id: str
    kind: str
    model: str | None
    prompt_sha256: str | None
    reasoning: str
    answer: str
    finish_reason: str | None
    status: str
    n_prompt_tokens: int | None
    n_new_tokens: int | None

    def to_json(self) -> dict[str, Any]:
        """Give the record as in `schemas/response.schema.json`."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Build from a record that has passed the schema."""
        return cls(**record)


def status_of(kind: str, reasoning: str, answer: str, finish_reason: str | None, refusal: bool) -> str:
    """Say whether a response is whole, or what it lacks: the first of refusal, cut, answer, trace.

    Args:
        kind: one of KINDS; only `r1` must have a trace.
        reasoning: the trace.
        answer: what follows it.
        finish_reason: as the endpoint says; `content_filter` is a refusal.
        refusal: whether the endpoint marked the reply as one.

    """
    if refusal or finish_reason == "content_filter":
        return REFUSED
    if finish_reason == "length":
        return TRUNCATED
    if not answer.strip():
        return EMPTY_ANSWER
    if kind == TRACE and not reasoning.strip():
        return EMPTY_TRACE
    return OK


def read_responses(path: str | Path) -> list[Response]:
    """Read the responses of one dataset and kind."""
    return [Response.from_json(record) for record in read_records(path, "response")]
