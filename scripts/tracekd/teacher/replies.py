"""What an endpoint sends back, as it came, and how it becomes a response."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from tracekd.teacher.prompts import Request
from tracekd.teacher.responses import Response, status_of
from tracekd.traces.prompts import THINK_CLOSE, THINK_OPEN

# what endpoints call an end of their own making: all of them are a whole reply
STOPPED = "stop"


@dataclass(frozen=True, slots=True)
class Reply:
    """One chat completion: the texts as they came, why it ended, and the tokens (None: not told)."""

    model: str | None
    content: str
    reasoning_content: str
    refusal: bool
    finish_reason: str | None
    n_prompt_tokens: int | None
    n_new_tokens: int | None

    def to_json(self) -> dict[str, Any]:
        """Give the fields as a JSON object."""
        return asdict(self)

    @classmethod
    def refused(cls) -> Self:
        """Give the reply of an endpoint whose filter turns a prompt away."""
        return cls(None, "", "", True, "content_filter", 0, 0)

    @classmethod
    def from_completion(cls, body: dict[str, Any]) -> Self:
        """Read a completion that has passed `schemas/completion.schema.json`."""
        choice, usage = body["choices"][0], body.get("usage") or {}
        message = choice["message"]
        reason = choice.get("finish_reason")
        return cls(
            model=body.get("model"),
            content=message.get("content") or message.get("refusal") or "",
            # DeepSeek and older vLLM say reasoning_content, newer vLLM and routers reasoning
            reasoning_content=message.get("reasoning_content") or message.get("reasoning") or "",
            refusal=bool(message.get("refusal")),
            finish_reason=reason if reason in ("length", "content_filter", None) else STOPPED,
            n_prompt_tokens=usage.get("prompt_tokens"),
            n_new_tokens=usage.get("completion_tokens"),
        )


def split_thought(content: str) -> tuple[str, str]:
    """Split an answer with inline thought into (reasoning, answer).

    The opening tag may be missing, where the chat template has written it; the closing one is, where the
    thought was cut.
    """
    thought, closed, answer = content.partition(THINK_CLOSE)
    opened = thought.lstrip().startswith(THINK_OPEN)
    if not closed and not opened:
        return "", content
    return thought.lstrip().removeprefix(THINK_OPEN).strip(), answer.strip()


def to_response(request: Request, reply: Reply) -> Response:
    """Make the record of one request and its reply."""
    reasoning, answer = reply.reasoning_content, reply.content
    if not reasoning:
        reasoning, answer = split_thought(reply.content)
    return Response(
        id=request.id,
        kind=request.kind,
        model=request.model,
        prompt_sha256=request.key,
        reasoning=reasoning,
        answer=answer,
        finish_reason=reply.finish_reason,
        status=status_of(request.kind, reasoning, answer, reply.finish_reason, reply.refusal),
        n_prompt_tokens=reply.n_prompt_tokens,
        n_new_tokens=reply.n_new_tokens,
    )
