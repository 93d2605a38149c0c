"""What the teacher answered: one record a question and kind, whole or marked as what it lacks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tracekd.core.records import read_records

TRACE, SUMMARY, EXPLANATION = KINDS = ("r1", "r1_summary", "r1_explanation")
FOLLOW_UPS = (SUMMARY, EXPLANATION)
OK, REFUSED, EMPTY_TRACE, EMPTY_ANSWER, TRUNCATED, UNFINISHED = STATUSES = (
    "ok",
    "refused",
    "empty_trace",
    "empty_answer",
    "truncated",
    "unfinished",
)
# How endpoints call the end of a reply, in lower case. The set is open: what is in none of these, or was not
# told, is not known to be a whole reply.
STOP = "stop"
WHOLE_ENDS = frozenset({STOP, "complete", "end_turn", "eos", "eos_token", "stop_sequence"})
CUT_ENDS = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
FILTERED_ENDS = frozenset(
    {"blocklist", "content_filter", "prohibited_content", "recitation", "refusal", "safety", "sensitive"}
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
    """Say whether a response is whole, or what it lacks: the first of refusal, cut, known end, answer, trace.

    Args:
        kind: one of KINDS; only `r1` must have a trace.
        reasoning: the trace.
        answer: what follows it.
        finish_reason: as the endpoint says, None where it does not.
        refusal: whether the endpoint marked the reply as one.

    """
    end = (finish_reason or "").lower()
    if refusal or end in FILTERED_ENDS:
        return REFUSED
    if end in CUT_ENDS:
        return TRUNCATED
    if end not in WHOLE_ENDS:
        return UNFINISHED
    if not answer.strip():
        return EMPTY_ANSWER
    if kind == TRACE and not reasoning.strip():
        return EMPTY_TRACE
    return OK


def read_responses(path: str | Path) -> list[Response]:
    """Read the responses of one dataset and kind."""
    return [Response.from_json(record) for record in read_records(path, "response")]
