"""When to say, and to say again, that something lasts."""

from dataclasses import dataclass

AGAIN_S = 600.0


@dataclass(slots=True)
class Reminder:
    """Says when it is time to speak: once something has lasted for `patience_s`, then every ten minutes."""

    patience_s: float = 0.0
    since: float | None = None
    said: float | None = None

    def is_due(self, now: float) -> bool:
        """Note that it lasts at `now`, in seconds of a clock that nobody sets; tell whether to say so."""
        if self.since is None:
            self.since = now
        due = now - self.since >= self.patience_s if self.said is None else now - self.said >= AGAIN_S
        if due:
            self.said = now
        return due

    def end(self) -> bool:
        """Note that it is over; tell whether it has been said."""
        said = self.said is not None
        self.since = self.said = None
        return said
