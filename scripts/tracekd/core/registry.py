"""Named things that a config can ask for: the built-in ones, and those that an extension adds."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from tracekd.core.checks import suggest
from tracekd.core.errors import ConfigError

T = TypeVar("T")


class Registry(Generic[T]):
    """Name to thing, in the order in which they were added; each is made when it is first asked for.

    Args:
        kind: what the things are called in an error, e.g. `dataset`.

    """

    def __init__(self, kind: str):
        self.kind = kind
        self._makers: dict[str, Callable[[], T]] = {}
        self._things: dict[str, T] = {}

    def add(self, name: str, make: Callable[[], T]) -> None:
        """Add a thing by what makes it; ConfigError where the name is taken."""
        if name in self._makers:
            raise ConfigError(f"{self.kind} {name!r} is there already", hint="give it another name")
        self._makers[name] = make

    def get(self, name: str) -> T:
        """Give a thing by its name; ConfigError names the nearest one where there is none."""
        if name not in self._makers:
            raise ConfigError(f"{self.kind} {name!r} is unknown", hint=suggest(name, self))
        if name not in self._things:
            self._things[name] = self._makers[name]()
        return self._things[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def values(self) -> list[T]:
        """Give all things, in order."""
        return [self.get(name) for name in self]
