"""A limit that is never crossed: the worst case of a call is set aside before it is made."""

import asyncio

from tracekd.core.errors import TeacherError
from tracekd.settings.teacher import Limit
from tracekd.teacher.settings import Spend


def allows(limit: Limit, spend: Spend) -> bool:
    """Whether so much may be spent."""
    return not (
        (limit.tokens is not None and spend.tokens > limit.tokens)
        or (limit.money is not None and spend.money > limit.money)
    )


def describe(spend: Spend, limit: Limit) -> str:
    """Write tokens in words, and money, in the currency of the limit, where there is any."""
    money = f" and {spend.money:.4f} {limit.currency}" if spend.money else ""
    return f"{spend.tokens:,} tokens{money}"


class Budget:
    """What is left of a limit while calls are under way."""

    def __init__(self, limit: Limit, spent: Spend):
        self.limit, self.spent, self.reserved = limit, spent, Spend()
        self._calls = 0
        self._changed = asyncio.Condition()

    async def reserve(self, worst: Spend) -> None:
        """Set the worst case of a call aside; wait for calls under way when only they stand in its way.

        Raises TeacherError when it does not fit and nothing is under way that could give room back.

        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._fits(worst) or not self._calls)
            if not self._fits(worst):
                raise TeacherError(
                    f"the budget ends here: {describe(self.spent, self.limit)} are spent and the next call "
                    f"can take {describe(worst, self.limit)}, but the limit is {_limit_text(self.limit)}",
                    where="config: teacher.budget",
                    hint="every answer so far is kept; raise the limit and only the rest is asked",
                )
            self.reserved += worst
            self._calls += 1

    async def settle(self, worst: Spend, paid: Spend) -> None:
        """Replace the worst case of a call by what it cost."""
        async with self._changed:
            self.reserved -= worst
            self.spent += paid
            self._calls -= 1
            self._changed.notify_all()

    def _fits(self, worst: Spend) -> bool:
        return allows(self.limit, self.spent + self.reserved + worst)


def _limit_text(limit: Limit) -> str:
    """Write the limits that are set."""
    parts = [] if limit.tokens is None else [f"{limit.tokens:,} tokens"]
    parts += [] if limit.money is None else [f"{limit.money:.4f} {limit.currency}"]
    return " and ".join(parts)
