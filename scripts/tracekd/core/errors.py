"""Errors a user can cause: one sentence that says what, where, and what to do about it."""

import sys
from typing import TextIO, cast


def visible(text: str) -> str:
    r"""Write as escapes what a terminal would obey or cannot show: `\x1b[2J`, `\u202e`, half a character.

    Line ends and tabs stay. Messages of endpoints and names of files come from outside; no word of theirs may
    clear a screen, hide a line or end the message with an encoding error.
    """
    return "".join(one if one.isprintable() or one in "\n\t" else ascii(one)[1:-1] for one in text)


def get_screen() -> TextIO:
    """Give the screen, for words to people: stderr, also in a job, whose stderr goes to its log."""
    return cast(TextIO, getattr(sys.stderr, "screen", sys.stderr))


def tell(text: str) -> None:
    """Print a line for people, beside what a program prints for programs; nothing in it moves a terminal."""
    print(visible(text), file=get_screen(), flush=True)


class TraceKDError(Exception):
    """A fault with a remedy.

    Args:
        what: what is wrong, with the offending value.
        where: file, line, key or item id.
        hint: what the user should do.

    """

    def __init__(self, what: str, *, where: object = None, hint: str | None = None):
        self.what, self.where, self.hint = what, where, hint
        super().__init__(what)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where is not None else ""
        remedy = f" ({self.hint})" if self.hint else ""
        return visible(f"{place}{self.what}{remedy}")


class ConfigError(TraceKDError):
    """The configuration or a registry is not usable."""


class DataError(TraceKDError):
    """A raw file, a download or a record is not what it should be."""


class VerificationError(TraceKDError):
    """A training trace is not what its label says."""


class ModelError(TraceKDError):
    """A model folder, adapter or checkpoint is not usable."""


class WorkError(TraceKDError):
    """A work folder is in use, the disk is full, or the code has changed on the way."""


class TeacherError(TraceKDError):
    """The teacher cannot be asked, or not any further."""
