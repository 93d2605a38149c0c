"""What asking will take, said before the first call."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracekd.settings.teacher import Endpoint, Limit
from tracekd.teacher.budget import allows, describe
from tracekd.teacher.prompts import Messages, Request
from tracekd.teacher.settings import Spend, cost

# English text under current tokenisers; only the forecast uses it
BYTES_A_TOKEN = 4
# role marks and hidden lines of a chat template
TEMPLATE_TOKENS = 32


@dataclass(frozen=True, slots=True)
class Forecast:
    """Prompts in all and already answered; likely and worst spend of the calls that are left."""

    prompts: int
    cached: int
    likely: Spend
    most: Spend


def worst_case(request: Request, endpoint: Endpoint) -> Spend:
    """Give the most that one call can take: a token a byte, and the longest reply allowed."""
    prompt = _prompt_bytes(request.messages) + TEMPLATE_TOKENS * len(request.messages)
    return cost(endpoint, prompt, endpoint.most_tokens)


def likely_case(request: Request, endpoint: Endpoint) -> Spend:
    """Give what one call probably takes."""
    prompt = _prompt_bytes(request.messages) // BYTES_A_TOKEN + TEMPLATE_TOKENS
    return cost(endpoint, prompt, min(endpoint.typical_tokens, endpoint.most_tokens))


def _prompt_bytes(messages: Messages) -> int:
    return sum(len(message["content"].encode("utf-8")) for message in messages)


def forecast(prompts: int, pending: Sequence[Request], endpoint: Endpoint) -> Forecast:
    """Add up the calls that are left."""
    return Forecast(
        prompts=prompts,
        cached=prompts - len(pending),
        likely=sum((likely_case(request, endpoint) for request in pending), Spend()),
        most=sum((worst_case(request, endpoint) for request in pending), Spend()),
    )


def forecast_text(found: Forecast, endpoint: Endpoint, limit: Limit, spent: Spend) -> str:
    """Write the forecast in one line."""
    text = (
        f"{found.prompts} prompts for {endpoint.model}, {found.cached} answered already, "
        f"{found.prompts - found.cached} calls to make: about {describe(found.likely, limit)}, "
        f"at most {describe(found.most, limit)}; spent so far {describe(spent, limit)}"
    )
    return text if allows(limit, spent + found.likely) else f"{text}; the budget will probably end before"
