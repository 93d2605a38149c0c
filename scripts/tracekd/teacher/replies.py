"""What an endpoint sends back, in the shapes that endpoints have for it, and how it becomes a response."""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

import fastjsonschema

from tracekd.core.records import validator
from tracekd.teacher.prompts import Request
from tracekd.teacher.responses import Response, status_of
from tracekd.traces.prompts import THINK_CLOSE, THINK_OPEN

logger = logging.getLogger(__name__)

# DeepSeek and older vLLM say reasoning_content, newer vLLM and routers reasoning, OpenRouter adds details
THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
# around a thought inside the answer
TAGS = (
    (THINK_OPEN, THINK_CLOSE),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("[THINK]", "[/THINK]"),
)
# more than any model reads or writes in one call: a larger count is none
MOST_TOKENS = 10_000_000
# an HTTP status that an error inside a good reply names
_STATUS = re.compile(r"[345]\d\d")


class Tokens(NamedTuple):
    """Tokens that a call is charged for, as the endpoint tells them; None where it does not."""

    prompt: int | None
    new: int | None


NOT_CHARGED, NOT_TOLD = Tokens(0, 0), Tokens(None, None)


class UnknownForm(ValueError):
    """A completion has a field of a form that is not understood; the text names field and form."""


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

    @property
    def tokens(self) -> Tokens:
        """What the call is charged for."""
        return Tokens(self.n_prompt_tokens, self.n_new_tokens)

    def to_json(self) -> dict[str, Any]:
        """Give the fields as a JSON object."""
        return asdict(self)

    @classmethod
    def refused(cls, tokens: Tokens) -> Self:
        """Give the reply of an endpoint whose filter turns a prompt away."""
        return cls(None, "", "", True, "content_filter", *tokens)

    @classmethod
    def from_completion(cls, body: dict[str, Any], tokens: Tokens, clean: Callable[[str], str]) -> Self:
        """Read a completion with at least one choice.

        Args:
            body: as it came.
            tokens: as it tells them.
            clean: what is done to every text, once its parts are joined.

        Raises UnknownForm where a field has a form that is not among the known ones.

        """
        try:
            validator("completion")(body)
        except fastjsonschema.JsonSchemaValueException as error:
            raise UnknownForm(error.message.removeprefix("data.")) from None
        choice = body["choices"][0]
        message = choice["message"]
        thought, content, refusal = read_parts(message.get("content"), "content")
        refusal = message.get("refusal") or refusal
        thoughts = ("".join(read_parts(message.get(name), name)[:2]) for name in THOUGHTS)
        model, reason = body.get("model"), choice.get("finish_reason")
        return cls(
            model=model and clean(model),
            content=clean(content or refusal),
            reasoning_content=clean(next((text for text in thoughts if text), thought)),
            refusal=bool(refusal),
            finish_reason=reason and clean(reason),
            n_prompt_tokens=tokens.prompt,
            n_new_tokens=tokens.new,
        )


def read_parts(content: object, name: str) -> tuple[str, str, str]:
    """Join the parts of a field of a message: (thought, text, refusal).

    A field is a text, nothing, or a list of typed parts (OpenAI: text, refusal; Mistral and Anthropic:
    thinking; OpenRouter: reasoning.text, reasoning.summary). Raises UnknownForm at any other part.
    """
    thought, text, refusal = "", "", ""
    for part in content if isinstance(content, list) else [content]:
        match part:
            case None | {"type": "redacted_thinking" | "reasoning.encrypted"}:  # nothing that can be read
                pass
            case str():
                text += part
            case {"type": "text" | "output_text", "text": str(inner)}:
                text += inner
            case {"type": "thinking", "thinking": str() | list() as inner}:
                thought += "".join(read_parts(inner, name))
            case {"type": "reasoning.text", "text": str(inner)}:
                thought += inner
            case {"type": "reasoning.summary", "summary": str(inner)}:
                thought += inner
            case {"type": "refusal", "refusal": str(inner)}:
                refusal += inner
            case {"type": kind}:
                raise UnknownForm(f"{name} has a part of type {kind!r}")
            case _:
                raise UnknownForm(f"{name} has a part that is neither text nor of a type")
    return thought, text, refusal


def told_tokens(body: object) -> Tokens:
    """Read the tokens that a body says were used; what is no count is not told, and the log says so."""
    usage = body.get("usage") if isinstance(body, dict) else None
    usage = usage if isinstance(usage, dict) else {}
    told = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
    for number in told:
        if number is not None and not _is_count(number):
            logger.warning("the endpoint tells %.40r tokens: no count, so the worst case is counted", number)
    return Tokens(*(number if _is_count(number) else None for number in told))


def _is_count(number: object) -> bool:
    return type(number) is int and 0 <= number <= MOST_TOKENS


@dataclass(frozen=True, slots=True)
class Fault:
    """What an endpoint says went wrong: its status, its words for the kind, its message."""

    status: int
    kind: str
    message: str


def find_fault(status: int, body: object) -> Fault | None:
    """Find the error that a reply is, by its status or, in a good one, in its body or its first choice.

    Args:
        status: of HTTP; an error inside a good reply may name another, which it then has.
        body: parsed JSON, None where it is none.

    """
    error = _error_in(body[0] if isinstance(body, list) and len(body) == 1 else body)
    if error is None:
        if status < 300:
            return None
        error = body if isinstance(body, dict) else {}
    code, message = str(error.get("code", "")), error.get("message") or error.get("detail") or ""
    if status < 300 and _STATUS.fullmatch(code):
        status = int(code)
    return Fault(status, f"{code} {error.get('type', '')}", str(message))


def _error_in(body: Any) -> dict[str, Any] | None:
    """Give the error of a body, in the form of OpenAI (whose text some send alone), OpenRouter or vLLM."""
    match body:
        case {"error": dict() | str() as error} if error:
            pass
        case {"choices": [{"error": dict() | str() as error}, *_]} if error:
            pass
        case {"object": "error"}:
            error = body
        case _:
            return None
    return {"message": error} if isinstance(error, str) else error


def parse(content: bytes) -> Any:
    """Parse a body of JSON, with U+FFFD for bytes that are no text; None where it is not JSON."""
    try:
        return json.loads(content.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None


def split_thought(content: str) -> tuple[str, str]:
    """Split an answer with inline thought into (reasoning, answer).

    The opening tag may be missing, where the chat template has written it; the closing one is, where the
    thought was cut.
    """
    for opening, closing in TAGS:
        thought, closed, answer = content.partition(closing)
        if closed or thought.lstrip().startswith(opening):
            return thought.lstrip().removeprefix(opening).strip(), answer.strip()
    return "", content


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
