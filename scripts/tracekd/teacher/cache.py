"""Everything that was ever asked and answered: one append-only file that a kill cannot harm.

A line is written before a call (`asked`, with its worst case) and after it (`answered` or `failed`, with what
it cost; `unbilled` is how earlier versions wrote a failure that costs nothing). What was asked and never came
to an end counts as paid at its worst case: nobody knows whether a call that was cut off was charged. No kill
loses a line, and not even a loss of power loses an answer.
"""

import fcntl
import json
import logging
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn, Self

import fastjsonschema

from tracekd.core.errors import DataError
from tracekd.core.records import validator
from tracekd.teacher.replies import Reply
from tracekd.teacher.settings import Spend

logger = logging.getLogger(__name__)

ASKED, ANSWERED, FAILED = "asked", "answered", "failed"


class Cache:
    """The replies by request key, and what they cost, for one process at a time.

    Holding the file's lock makes concurrency, pace and budget those of the whole cache: jobs that share it
    ask one after another.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.replies: dict[str, Reply] = {}
        self.paid = Spend()
        self._open: dict[str, list[Spend]] = {}
        self._stream: IO[bytes]

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = open(self.path, "a+b")
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("%s: another job is asking; waiting until it is done", self.path)
            fcntl.flock(self._stream, fcntl.LOCK_EX)
        self._read()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    @property
    def cut_off(self) -> Spend:
        """Worst case of the calls that were asked and never answered."""
        return sum((spend for spends in self._open.values() for spend in spends), Spend())

    def asked(self, key: str, worst: Spend) -> None:
        """Note that a call is about to be made."""
        self._append({"event": ASKED, "key": key, "tokens": worst.tokens, "money": worst.money})

    def failed(self, key: str, paid: Spend) -> None:
        """Note that a call brought no reply, and what it counts for all the same."""
        self._append({"event": FAILED, "key": key, "tokens": paid.tokens, "money": paid.money})

    def answered(self, key: str, reply: Reply, paid: Spend) -> None:
        """Keep a reply and what it cost."""
        self._append(
            {
                "event": ANSWERED,
                "key": key,
                "tokens": paid.tokens,
                "money": paid.money,
                "reply": reply.to_json(),
            }
        )

    def _append(self, line: dict[str, Any]) -> None:
        """Add one line; an answer is on the disk before anything else happens."""
        self._stream.write(json.dumps(line, ensure_ascii=False).encode("utf-8") + b"\n")
        self._stream.flush()
        if line["event"] == ANSWERED:
            os.fsync(self._stream.fileno())
        self._take(line)

    def _take(self, line: dict[str, Any]) -> None:
        """Count one line."""
        key, event = line["key"], line["event"]
        if event == ASKED:
            self._open.setdefault(key, []).append(Spend(line["tokens"], line["money"]))
            return
        # without its first line, which was damaged and deleted, an answer still counts
        if self._open.get(key):
            self._open[key].pop()
        self.paid += Spend(line.get("tokens", 0), line.get("money", 0.0))
        if event == ANSWERED:
            self.replies[key] = Reply(**line["reply"])

    def _read(self) -> None:
        """Read all whole lines and cut off a half one at the end."""
        self._stream.seek(0)
        whole = 0
        for number, raw in enumerate(self._stream, start=1):
            if not raw.endswith(b"\n"):
                break
            try:
                line = json.loads(raw, parse_constant=_refuse)
                validator("cache_line")(line)
                self._take(line)
            except (ValueError, RecursionError, fastjsonschema.JsonSchemaException) as error:
                raise DataError(
                    f"not a line of a teacher's cache: {error}",
                    where=f"{self.path}:{number}",
                    hint="delete this line; what it held is asked again",
                ) from error
            whole += len(raw)
        self._stream.truncate(whole)


def _refuse(name: str) -> NoReturn:
    """Refuse NaN and infinities, which pass every bound."""
    raise ValueError(f"{name} is no number")
