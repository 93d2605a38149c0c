"""Ask a list of requests: from the cache what is there, from the endpoint the rest, in the order given."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from aiolimiter import AsyncLimiter  # keeps the pace; httpx2 and tenacity have no rate limiter
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    before_sleep_log,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)
from tqdm import tqdm

from tracekd.core.errors import tell
from tracekd.settings.teacher import Endpoint, Limit, Limits
from tracekd.teacher.budget import Budget
from tracekd.teacher.cache import Cache
from tracekd.teacher.client import CallError, Client
from tracekd.teacher.forecast import forecast, forecast_text, worst_case
from tracekd.teacher.prompts import Request
from tracekd.teacher.replies import Tokens, to_response
from tracekd.teacher.responses import Response
from tracekd.teacher.settings import Spend, cost

logger = logging.getLogger(__name__)

Pace = AbstractAsyncContextManager[object]

FIRST_WAIT_S, LONGEST_WAIT_S = 1, 60
# a server may ask for more patience than our own backoff has
LONGEST_RETRY_AFTER_S = 600
_BACKOFF = wait_random_exponential(FIRST_WAIT_S, LONGEST_WAIT_S)


def ask(
    requests: Sequence[Request],
    endpoint: Endpoint,
    limits: Limits,
    limit: Limit,
    cache_path: str | Path,
) -> list[Response]:
    """Give the response of every request, asking only what the cache does not hold.

    Args:
        requests: one for each question.
        endpoint: who is asked.
        limits: how fast and how often.
        limit: the most that the calls of this cache may take, over all runs that use it.
        cache_path: JSON lines; grows with every call, and a killed run goes on from it.

    Raises TeacherError at the first request that cannot be answered, or before the budget is exceeded; calls
    under way are finished and kept, no new one is started.

    """
    with Cache(cache_path) as cache:
        pending = {request.key: request for request in requests if request.key not in cache.replies}
        spent = cache.paid + cache.cut_off
        prompts = len({request.key for request in requests})
        said = forecast_text(forecast(prompts, list(pending.values()), endpoint), endpoint, limit, spent)
        logger.info(said)
        tell(said)
        if pending:
            with tqdm(total=prompts, initial=prompts - len(pending), unit="prompt", mininterval=1) as bar:
                asker = _Asker(endpoint, limits, Budget(limit, spent), cache, bar)
                asyncio.run(asker.ask_all(pending.values()))
        responses = [to_response(request, cache.replies[request.key]) for request in requests]
    counts = Counter(response.status for response in responses)
    logger.info("responses by status: %s", ", ".join(f"{counts[name]} {name}" for name in sorted(counts)))
    return responses


@dataclass(frozen=True, slots=True)
class _Asker:
    """What the calls of one job share."""

    endpoint: Endpoint
    limits: Limits
    budget: Budget
    cache: Cache
    bar: "tqdm[NoReturn]"

    async def ask_all(self, pending: Iterable[Request]) -> None:
        """Ask with as many workers as may ask at once; raise the first fault when all have ended."""
        waiting, faults = iter(pending), list[Exception]()
        pace = AsyncLimiter(1, 60 / self.limits.per_minute) if self.limits.per_minute else nullcontext()
        client = Client(self.endpoint, self.limits.timeout_s)

        async def work() -> None:
            while not faults and (request := next(waiting, None)):
                try:
                    await self._ask_again(request, client, pace)
                    self.bar.update()
                # whatever it is: calls under way are paid for and come to their end
                except Exception as error:
                    faults.append(error)

        try:
            await asyncio.gather(*(work() for _ in range(self.limits.concurrency)))
        finally:
            await client.close()
        if faults:
            raise faults[0]

    async def _ask_again(
        self, request: Request, client: Client, pace: AbstractAsyncContextManager[object]
    ) -> None:
        """Ask until there is a reply; give up after the last attempt, or where another would not help."""
        attempts = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, CallError) and error.passing),
            stop=stop_after_attempt(self.limits.attempts),
            wait=_wait,
            before_sleep=before_sleep_log(logger, logging.WARNING),
            reraise=True,
        )
        try:
            await attempts(self._ask_once, request, client, pace)
        except CallError as error:
            error.where = f"{self.endpoint.base_url}, question {request.id}"
            raise

    async def _ask_once(
        self, request: Request, client: Client, pace: AbstractAsyncContextManager[object]
    ) -> None:
        """Set the worst case aside, call, keep the reply."""
        worst = worst_case(request, self.endpoint)
        paid = Spend()
        await self.budget.reserve(worst)
        try:
            async with pace:
                self.cache.asked(request.key, worst)
                try:
                    reply = await client.ask(request)
                except CallError as error:
                    paid = call_cost(error.tokens, worst, self.endpoint)
                    self.cache.failed(request.key, paid)
                    raise
            paid = call_cost(reply.tokens, worst, self.endpoint)
            self.cache.answered(request.key, reply, paid)
        finally:
            await self.budget.settle(worst, paid)


def call_cost(tokens: Tokens, worst: Spend, endpoint: Endpoint) -> Spend:
    """Price a call; one that does not tell its tokens costs the worst case."""
    if tokens.prompt is None or tokens.new is None:
        return worst
    return cost(endpoint, tokens.prompt, tokens.new)


def _wait(state: RetryCallState) -> float:
    """Seconds before the next attempt: as the server asks, else longer each time and never the same."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, CallError) and error.retry_after_s is not None:
        return min(error.retry_after_s, LONGEST_RETRY_AFTER_S)
    return _BACKOFF(state)
