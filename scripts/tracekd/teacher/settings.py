"""What the sections of `teacher:` mean beyond their values: the key, the price of a call, what arms need."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tracekd.core.checks import check_names
from tracekd.core.errors import ConfigError
from tracekd.settings.teacher import LENGTHS, Endpoint, Teacher
from tracekd.teacher.responses import EXPLANATION, FOLLOW_UPS, KINDS, TRACE

# a shorter text is not a key, and hiding it would hide common words
SHORTEST_KEY = 8


def read_key(endpoint: Endpoint) -> str | None:
    """Read the key from the environment, None where none is needed; ConfigError when it is not there."""
    name = endpoint.api_key_env
    if name is None:
        return None
    key = os.environ.get(name, "").strip()
    # a header holds ASCII without line breaks only
    if len(key) < SHORTEST_KEY or not (key.isascii() and key.isprintable()):
        raise ConfigError(
            f"the environment variable {name} holds no key",
            where="config: teacher.endpoints",
            hint=f"export {name}=..., or set api_key_env: null if the endpoint wants none",
        )
    return key


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
    price = endpoint.price
    money = (n_prompt_tokens * price.input + n_new_tokens * price.output) / 1e6 if price else 0.0
    return Spend(n_prompt_tokens + n_new_tokens, money)


def check_teacher(teacher: Teacher, arms: Sequence[str]) -> None:
    """Check that a teacher has the keys that its source needs, and an endpoint for what the arms need.

    Raises ConfigError at the first fault.

    """
    if teacher.source == "released":
        if teacher.released is None:
            raise ConfigError(
                "key 'released' is missing",
                where="config: teacher",
                hint="source: released needs the registry, config/released.yaml",
            )
        return
    for key in ("endpoints", "requests", "budget", "cache"):
        if getattr(teacher, key) is None:
            raise ConfigError(
                f"key {key!r} is missing",
                where="config: teacher",
                hint="source: ask needs it; see docs/teacher.md",
            )
    endpoints = teacher.endpoints or {}
    check_names(list(endpoints), KINDS, "config: teacher.endpoints", "see docs/teacher.md")
    for kind in [TRACE, *(kind for kind in FOLLOW_UPS if kind in arms)]:
        if kind not in endpoints:
            raise ConfigError(
                f"no endpoint for {kind!r}", where="config: teacher.endpoints", hint="say who is asked for it"
            )
        _check_worst_case(endpoints[kind], f"config: teacher.endpoints.{kind}.most_tokens")
        # before traces are paid for that no explanation could follow
        if kind == EXPLANATION and endpoints[kind].assistant_turns is None:
            raise ConfigError(
                "key 'assistant_turns' is missing",
                where=f"config: teacher.endpoints.{kind}",
                hint="joined, which every endpoint takes, or separate: two in a row, as published",
            )


def _check_worst_case(endpoint: Endpoint, where: str) -> None:
    """Raise ConfigError where the parameters allow a longer answer than the budget reckons with."""
    sent = max(endpoint.parameters.get(name, 0) for name in LENGTHS)
    if sent > endpoint.most_tokens:
        raise ConfigError(
            f"{endpoint.most_tokens} is less than the {sent} tokens that the parameters allow",
            where=where,
            hint="it is the worst case of the budget",
        )
