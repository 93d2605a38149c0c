"""Whom to ask, how fast, and for how much: the keys of `teacher:` that the client reads."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tracekd.core.errors import ConfigError
from tracekd.teacher.responses import FOLLOW_UPS, TRACE

# base_url of the synthetic teacher that a script starts for itself
LOCAL = "local"
# a shorter text is not a key, and hiding it would hide common words
SHORTEST_KEY = 8
# the SDK wants some key even where the endpoint wants none
NO_KEY = "none"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible endpoint and the model that is asked there.

    `parameters` are sent along with every request; `most_tokens` is the longest reply that they allow, for
    the worst case of the budget, `typical_tokens` the usual one, for the forecast. `price` is money for a
    million tokens, of the prompt (`input`) and of the reply (`output`); None is free.
    """

    base_url: str
    model: str
    api_key_env: str | None
    parameters: Mapping[str, Any]
    most_tokens: int
    typical_tokens: int
    price: Mapping[str, float] | None

    @property
    def is_local(self) -> bool:
        """Whether the synthetic teacher is meant."""
        return self.base_url == LOCAL

    def read_key(self) -> str | None:
        """Read the key from the environment, None where none is needed; ConfigError when it is not there."""
        if self.api_key_env is None:
            return None
        key = os.environ.get(self.api_key_env, "").strip()
        if len(key) < SHORTEST_KEY:
            raise ConfigError(
                f"the environment variable {self.api_key_env} holds no key",
                where="config: teacher.endpoints",
                hint=f"export {self.api_key_env}=..., or set api_key_env: null if the endpoint wants none",
            )
        return key


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast to ask, and how often again: `per_minute` None is no limit, `timeout_s` is for one call."""

    concurrency: int
    per_minute: float | None
    timeout_s: float
    attempts: int


@dataclass(frozen=True, slots=True)
class Spend:
    """Tokens of prompts and replies together, and what they cost in the budget's currency."""

    tokens: int = 0
    money: float = 0.0

    def __add__(self, other: Self) -> "Spend":
        return Spend(self.tokens + other.tokens, self.money + other.money)

    def __sub__(self, other: Self) -> "Spend":
        return Spend(self.tokens - other.tokens, self.money - other.money)


def cost(endpoint: Endpoint, n_prompt_tokens: int, n_new_tokens: int) -> Spend:
    """Price a call by its tokens."""
    price = endpoint.price or {"input": 0, "output": 0}
    money = (n_prompt_tokens * price["input"] + n_new_tokens * price["output"]) / 1e6
    return Spend(n_prompt_tokens + n_new_tokens, money)


def check_endpoints(teacher: Mapping[str, Any], arms: list[str]) -> None:
    """Check that every kind of response that the arms need has an endpoint, and no worst case is too small.

    Raises ConfigError at the first fault.

    """
    if teacher["source"] == "released":
        if "released" not in teacher:
            raise ConfigError(
                "key 'released' is missing",
                where="config: teacher",
                hint="source: released needs the registry, config/released.yaml",
            )
        return
    for key in ("endpoints", "requests", "budget", "cache"):
        if key not in teacher:
            raise ConfigError(
                f"key {key!r} is missing",
                where="config: teacher",
                hint="source: ask needs it; see docs/teacher.md",
            )
    for kind in [TRACE, *(kind for kind in FOLLOW_UPS if kind in arms)]:
        endpoint = teacher["endpoints"].get(kind)
        if endpoint is None:
            raise ConfigError(
                f"no endpoint for {kind!r}", where="config: teacher.endpoints", hint="say who is asked for it"
            )
        sent = max(endpoint["parameters"].get(name, 0) for name in ("max_tokens", "max_completion_tokens"))
        if sent > endpoint["most_tokens"]:
            raise ConfigError(
                f"{endpoint['most_tokens']} is less than the {sent} tokens that the parameters allow",
                where=f"config: teacher.endpoints.{kind}.most_tokens",
                hint="it is the worst case of the budget",
            )
