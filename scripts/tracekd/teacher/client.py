"""One call of an OpenAI-compatible endpoint: a reply, or one sentence that holds no key."""

import asyncio
import logging
import math
import os
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2  # the one HTTP client that leaves redirects, sizes and encodings to its user

from tracekd.core.checks import clip
from tracekd.core.errors import ConfigError, TeacherError
from tracekd.settings.teacher import Endpoint
from tracekd.teacher.prompts import Request
from tracekd.teacher.replies import (
    NOT_CHARGED,
    NOT_TOLD,
    Fault,
    Reply,
    Tokens,
    UnknownForm,
    find_fault,
    parse,
    told_tokens,
)
from tracekd.teacher.settings import read_key

# their messages tell addresses and headers; ours tell what matters
for name in ("httpx2", "httpcore2"):
    logging.getLogger(name).setLevel(logging.WARNING)

LOOPBACK = ("127.0.0.1", "::1", "localhost")
CONNECT_S = 30
# what the environment says about connections
PROXIES = ("all_proxy", "http_proxy", "https_proxy")
CERTIFICATES = ("SSL_CERT_FILE", "SSLKEYLOGFILE")
# A reply is at most so long: long tokens, every character escaped, sent twice (some endpoints repeat the
# trace), and what stands around the texts. A longer one is not read to its end.
BYTES_PER_TOKEN, FRAME_BYTES = 256, 1 << 20
PASSING_STATUS = frozenset({408, 409, 425, 429})
# ends that say that the endpoint broke an answer off, in lower case: DeepSeek, vLLM, OpenRouter, Zhipu
BROKEN_ENDS = frozenset(
    {"abort", "aborted", "cancelled", "error", "insufficient_system_resource", "network_error", "timeout"}
)
# how endpoints call a filter that turns a prompt away: Azure, OpenAI, DeepSeek
FILTER_MARKS = ("content_filter", "content_policy_violation", "Content Exists Risk")
NO_CREDIT = "insufficient_quota"
AGAIN = "run again later: answers so far are kept"
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class CallError(TeacherError):
    """A call without a reply: whether to try again, how long to wait, what it is charged for."""

    def __init__(
        self,
        what: str,
        *,
        hint: str,
        passing: bool = False,
        tokens: Tokens = NOT_CHARGED,
        retry_after_s: float | None = None,
    ):
        super().__init__(what, hint=hint)
        self.passing, self.tokens, self.retry_after_s = passing, tokens, retry_after_s


class Client:
    """Asks one endpoint; the only place that knows the key."""

    def __init__(self, endpoint: Endpoint, timeout_s: float):
        self._endpoint = endpoint
        self._key = read_key(endpoint)
        self._timeout_s = timeout_s
        self._most_bytes = FRAME_BYTES + BYTES_PER_TOKEN * endpoint.most_tokens
        self._url = f"{endpoint.base_url.rstrip('/')}/chat/completions"
        self._http = _open_connections(endpoint, timeout_s)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(self, request: Request) -> Reply:
        """Make one call; CallError when no reply comes of it."""
        response, content = await self._post(request)
        body = parse(content)
        tokens = told_tokens(body)
        fault = find_fault(response.status_code, body)
        if fault:
            billed = NOT_CHARGED if tokens == NOT_TOLD else tokens
            if _is_filtered(fault):
                return Reply.refused(billed)
            raise self._said(fault, response.headers, billed)
        return self._read(body, tokens)

    async def _post(self, request: Request) -> tuple[httpx2.Response, bytes]:
        """Send a request, read its reply up to the longest that can be, and follow it nowhere else."""
        body = {"model": request.model, "messages": list(request.messages), **request.parameters}
        # nothing is unpacked, so nothing small can become large
        headers = {"Accept-Encoding": "identity"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            # the time-out of a read starts anew with every byte, and endpoints send blanks while one waits
            async with (
                asyncio.timeout(self._timeout_s),
                self._http.stream("POST", self._url, json=body, headers=headers) as response,
            ):
                return response, await self._take(response)
        # `from None`: these exceptions carry requests, which hold the key
        except (httpx2.TimeoutException, TimeoutError) as error:
            raise CallError(
                f"no answer within {self._timeout_s:g} s",
                hint="raise teacher.requests.timeout_s, or run again later: answers so far are kept",
                passing=True,
                tokens=NOT_CHARGED if isinstance(error, httpx2.ConnectTimeout) else NOT_TOLD,
            ) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            unsent = httpx2.ConnectError | httpx2.ProxyError | httpx2.UnsupportedProtocol | httpx2.InvalidURL
            raise CallError(
                f"the connection fails or breaks off: {self._clean(str(error)) or type(error).__name__}",
                hint="check network and base_url, then run again: answers so far are kept",
                passing=True,
                tokens=NOT_CHARGED if isinstance(error, unsent) else NOT_TOLD,
            ) from None

    async def _take(self, response: httpx2.Response) -> bytes:
        """Read the bytes of a reply; CallError where they are packed, or more than the longest can be."""
        packing = response.headers.get("content-encoding", "identity")
        if response.is_success and packing != "identity":
            raise CallError(
                f"the endpoint sends {self._clean(packing)}, though plain text was asked for",
                hint="switch compression off there, or in the proxy before it",
                tokens=NOT_TOLD,
            )
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > self._most_bytes:
                raise CallError(
                    f"the reply is longer than {self._most_bytes:,} bytes, more than "
                    f"{self._endpoint.most_tokens:,} tokens can take",
                    hint="check base_url; raise most_tokens if answers can be as long",
                    tokens=NOT_TOLD,
                )
        return bytes(content)

    def _read(self, body: Any, tokens: Tokens) -> Reply:
        """Read a body that is no error; CallError where no answer is in it."""
        if not isinstance(body, dict) or "choices" not in body:
            raise CallError(
                "the reply is not a chat completion",
                hint="check base_url: it usually ends in /v1",
                passing=True,
                tokens=tokens,
            )
        if not body["choices"]:
            raise CallError(
                "the reply holds no answer",
                hint=AGAIN,
                passing=True,
                tokens=NOT_CHARGED if tokens == NOT_TOLD else tokens,
            )
        try:
            reply = Reply.from_completion(body, tokens, self._clean)
        except (UnknownForm, RecursionError) as error:
            raise CallError(
                f"the reply has a form that is not understood: {clip(self._clean(str(error)))}",
                hint="ask another endpoint or model, or report the form",
                tokens=tokens,
            ) from None
        if (reply.finish_reason or "").lower() in BROKEN_ENDS:
            raise CallError(
                f"the endpoint broke its answer off ({reply.finish_reason})",
                hint=AGAIN,
                passing=True,
                tokens=tokens,
            )
        return reply

    def _said(self, fault: Fault, headers: Mapping[str, str], tokens: Tokens) -> CallError:
        """Say what an error means; no provider charges a call for it unless it counts tokens."""
        code, endpoint = fault.status, self._endpoint
        hint, passing = "check parameters and model", False
        if 300 <= code < 400:
            target = headers.get("location", "nowhere").partition("?")[0]
            what = f"the endpoint redirects to {target} ({code})"
            hint = "set base_url to that address if it is the right one: prompts are not sent on"
        elif code in (401, 403):
            what = f"the endpoint refuses the key ({code})"
            hint = f"check {endpoint.api_key_env}" if endpoint.api_key_env else "set api_key_env"
        elif code == 402 or NO_CREDIT in fault.kind:
            what, hint = f"the account has no credit left ({code})", "top it up and run again"
        elif code == 404:
            what, hint = f"no model {endpoint.model!r} at this address (404)", "check base_url and model"
        else:
            what = f"the endpoint answers {code}" if code >= 300 else "the endpoint answers with an error"
            # an error inside a good reply that names no status may pass, too
            if code < 300 or code in PASSING_STATUS or code >= 500:
                hint, passing = AGAIN, True
        message = " ".join(fault.message.split())
        text = self._clean(what + (f": {message}" if message else ""))
        return CallError(
            clip(text), hint=hint, passing=passing, tokens=tokens, retry_after_s=retry_after(headers)
        )

    def _clean(self, text: str) -> str:
        """Make a text from outside one that may be stored: without the key, U+FFFD for half a character."""
        text = _HALF_CHARACTER.sub("\ufffd", text)
        return text if self._key is None else text.replace(self._key, "[key]")


def _open_connections(endpoint: Endpoint, timeout_s: float) -> httpx2.AsyncClient:
    """Make the HTTP client; ConfigError names the variable of the environment that forbids it."""
    try:
        return httpx2.AsyncClient(
            timeout=httpx2.Timeout(timeout_s, connect=CONNECT_S),
            limits=httpx2.Limits(max_connections=None),
            # a proxy of the environment must not stand between two programs on this machine
            trust_env=urlsplit(endpoint.base_url).hostname not in LOOPBACK,
        )
    except OSError as error:
        names = [one for one in CERTIFICATES if one in os.environ]
        hint = "unset it, or name a file that exists"
        raise _unusable(names, error, hint) from error
    except (ImportError, ValueError, httpx2.InvalidURL) as error:
        names = [one for one in os.environ if one.lower() in PROXIES]
        hint = "unset it, or name a proxy as http://HOST:PORT; others are not supported"
        raise _unusable(names, error, hint) from error


def _unusable(names: Sequence[str], error: Exception, hint: str) -> ConfigError:
    return ConfigError(
        f"no connection can be set up with {' and '.join(sorted(names))}: {error}",
        where="environment",
        hint=hint,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as a server says in milliseconds, in seconds or by a date; None where it does not.

    A date is held against the server's own clock where it tells it (RFC 9110, section 10.2.3).
    """
    said = headers.get("retry-after", "")
    for text, unit in ((headers.get("retry-after-ms", ""), 1000), (said, 1)):
        try:
            seconds = float(text) / unit
        except ValueError:
            continue
        if not math.isnan(seconds):
            return max(0.0, seconds)
    until = _http_time(said)
    return None if until is None else max(0.0, until - (_http_time(headers.get("date", "")) or time.time()))


def _http_time(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date in any of its three forms, one of them without zone; else None."""
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _is_filtered(fault: Fault) -> bool:
    """Whether a filter turned the prompt away, which is an answer about this prompt and no fault."""
    said = f"{fault.kind} {fault.message}"
    return (fault.status < 300 or fault.status == 400) and any(mark in said for mark in FILTER_MARKS)
