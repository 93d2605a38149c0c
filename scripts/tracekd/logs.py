"""Where a rule's words go: everything to its log file, one sentence of a known fault to the screen."""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracekd.errors import TraceKDError

logger = logging.getLogger("tracekd")


@contextmanager
def rule_log(path: str | Path) -> Iterator[None]:
    """Log the body of a rule's script to `path`; end it with exit code 1 and one sentence on any error.

    The traceback goes to the log only: a user who caused the fault needs the sentence, whoever debugs
    the project finds the rest in the file that the sentence names.
    """
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    except Exception as error:
        handler.stream.write(traceback.format_exc())
        handler.stream.flush()
        known = isinstance(error, TraceKDError)
        sentence = str(error) if known else f"unexpected {type(error).__name__}: {error}"
        print(f"\nError: {sentence} [log: {path}]", file=sys.stderr)
        sys.exit(1)
    finally:
        root.removeHandler(handler)
        handler.close()
