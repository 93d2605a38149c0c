"""One call of an OpenAI-compatible endpoint: a reply, or one sentence that holds no key."""

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import fastjsonschema
import openai

from tracekd.core.errors import TeacherError
from tracekd.core.records import validator
from tracekd.settings.teacher import Endpoint
from tracekd.teacher.prompts import Request
from tracekd.teacher.replies import Reply
from tracekd.teacher.settings import NO_KEY, read_key

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

# their messages tell addresses and headers; ours tell what matters
for name in ("openai", "httpx", "httpx2", "httpcore"):
    logging.getLogger(name).setLevel(logging.WARNING)

LOOPBACK = ("127.0.0.1", "::1", "localhost")
CONNECT_S = 30
PASSING_STATUS = frozenset({408, 409, 425, 429})
# how endpoints call a filter that turns a prompt away: Azure, OpenAI, DeepSeek
FILTER_MARKS = ("content_filter", "content_policy_violation", "Content Exists Risk")
NO_CREDIT = "insufficient_quota"
LONGEST_MESSAGE = 200


class CallError(TeacherError):
    """A call without a reply: whether to try again, how long to wait, whether it may have been charged."""

    def __init__(
        self,
        what: str,
        *,
        hint: str,
        passing: bool = False,
        charged: bool = False,
        retry_after_s: float | None = None,
    ):
        super().__init__(what, hint=hint)
        self.passing, self.charged, self.retry_after_s = passing, charged, retry_after_s


class Client:
    """Asks one endpoint; the only place that knows the key."""

    def __init__(self, endpoint: Endpoint, timeout_s: float):
        self._endpoint = endpoint
        self._key = read_key(endpoint)
        self._timeout_s = timeout_s
        self._sdk = openai.AsyncOpenAI(
            base_url=endpoint.base_url,
            api_key=self._key or NO_KEY,
            timeout=openai.Timeout(timeout_s, connect=CONNECT_S),
            max_retries=0,
            # a proxy of the environment must not stand between two programs on this machine
            http_client=openai.DefaultAsyncHttpxClient(
                trust_env=urlsplit(endpoint.base_url).hostname not in LOOPBACK
            ),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._sdk.close()

    async def ask(self, request: Request) -> Reply:
        """Make one call; CallError when no reply comes of it."""
        try:
            # the SDK's own time-out starts anew with every byte, and endpoints send blanks while one waits
            async with asyncio.timeout(self._timeout_s):
                raw = await self._sdk.chat.completions.with_raw_response.create(
                    model=request.model,
                    messages=cast("list[ChatCompletionMessageParam]", list(request.messages)),
                    extra_body=dict(request.parameters),
                )
            body = json.loads(self._hide_key(raw.http_response.text))
            validator("completion")(body)
        # `from None`: the SDK's exceptions carry requests and bodies, which a traceback would print
        except openai.APIStatusError as error:
            if _is_filtered(error):
                return Reply.refused()
            raise self._status_error(error) from None
        except (openai.APITimeoutError, TimeoutError) as error:
            raise CallError(
                f"no answer within {self._timeout_s:g} s",
                hint="raise teacher.requests.timeout_s, or run again later: answers so far are kept",
                passing=True,
                charged=_was_sent(error),
            ) from None
        except openai.APIConnectionError as error:
            raise CallError(
                "the connection fails or breaks off",
                hint="check network and base_url, then run again: answers so far are kept",
                passing=True,
                charged=_was_sent(error),
            ) from None
        except (ValueError, fastjsonschema.JsonSchemaException):
            raise CallError(
                "the reply is not a chat completion",
                hint="check base_url: it usually ends in /v1",
                passing=True,
                charged=True,
            ) from None
        return Reply.from_completion(body)

    def _hide_key(self, text: str) -> str:
        return text if self._key is None else text.replace(self._key, "[key]")

    def _status_error(self, error: openai.APIStatusError) -> CallError:
        """Say what an HTTP status means; no provider charges a call that ends in one."""
        code, endpoint = error.status_code, self._endpoint
        if code in (401, 403):
            return CallError(
                f"the endpoint refuses the key ({code})",
                hint=f"check {endpoint.api_key_env}" if endpoint.api_key_env else "set api_key_env",
            )
        if code == 402 or NO_CREDIT in str(error.code):
            return CallError(f"the account has no credit left ({code})", hint="top it up and run again")
        if code == 404:
            return CallError(
                f"no model {endpoint.model!r} at this address (404)", hint="check base_url and model"
            )
        message = " ".join(self._hide_key(_server_message(error)).split())[:LONGEST_MESSAGE]
        return CallError(
            f"the endpoint answers {code}" + (f": {message}" if message else ""),
            hint="run again later: answers so far are kept"
            if _is_passing(code)
            else "check parameters and model",
            passing=_is_passing(code),
            retry_after_s=_retry_after(error),
        )


def _was_sent(error: Exception) -> bool:
    """Whether the endpoint may have got the request: not when no connection came about."""
    return not type(error.__cause__).__name__.startswith("Connect")


def _is_passing(code: int) -> bool:
    """Whether the same call may succeed later."""
    return code in PASSING_STATUS or code >= 500


def _is_filtered(error: openai.APIStatusError) -> bool:
    """Whether a filter turned the prompt away, which is an answer about this prompt and no fault."""
    said = f"{error.code} {error.message}"
    return error.status_code == 400 and any(mark in said for mark in FILTER_MARKS)


def _server_message(error: openai.APIStatusError) -> str:
    """Give the message of an error body."""
    body: Any = error.body
    return str(body.get("message") or "") if isinstance(body, dict) else ""


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds to wait, as the server says; None where it does not say it in seconds."""
    try:
        return max(0.0, float(error.response.headers["retry-after"]))
    except (KeyError, ValueError):
        return None
