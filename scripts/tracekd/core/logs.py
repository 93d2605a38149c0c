"""Where a rule's words go: everything to its log file, one sentence of a known fault to the screen."""

import io
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from pathlib import Path
from typing import TextIO

from tracekd.core.errors import TraceKDError, get_screen, tell, visible

logger = logging.getLogger("tracekd")


class _Log(logging.StreamHandler[TextIO]):
    """A log file; on a full disk it loses records rather than hide what the rule has to say."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on without the record."""

    def close(self) -> None:
        """Close the file, whatever of it could be stored."""
        with suppress(OSError):
            self.stream.close()
        super().close()


class _Stderr(io.TextIOBase):
    """A job's stderr, which goes to its log: on the screen, bars of jobs side by side overwrite one another.

    `screen` is where `tell` writes.
    """

    def __init__(self, log: _Log, screen: TextIO):
        self._log, self.screen = log, screen

    def write(self, text: str) -> int:
        """Write to the log as it comes; on a full disk the text is lost, as a record is."""
        with suppress(OSError):
            self._log.stream.write(text)
            self._log.stream.flush()
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


class _Visible(logging.Formatter):
    """The lines of a log, which people read in a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record with its traceback."""
        return visible(super().format(record))


@contextmanager
def rule_log(path: str | Path) -> Iterator[None]:
    """Log the body of a rule's script to `path`; end it with exit code 1 and one sentence on any error.

    The traceback goes to the log only: a user who caused the fault needs the sentence, whoever debugs
    the project finds the rest in the file that the sentence names.
    """
    handler = _Log(open(path, "w", encoding="utf-8", errors="backslashreplace"))  # closed with the handler
    handler.setFormatter(_Visible("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        with redirect_stderr(_Stderr(handler, get_screen())):
            yield
    except Exception as error:
        # past the handler, which loses records on a full disk rather than raise
        with suppress(OSError), open(path, "a", encoding="utf-8") as stream:
            stream.write(visible(traceback.format_exc()))
        known = isinstance(error, TraceKDError)
        sentence = str(error) if known else f"unexpected {type(error).__name__}: {error}"
        tell(f"\nError: {sentence} [log: {path}]")
        sys.exit(1)
    finally:
        root.removeHandler(handler)
        handler.close()
