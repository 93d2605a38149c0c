"""Which answers of the teacher were judged right: the questions that a training set is made of."""

from pathlib import Path

from tracekd.core.errors import DataError
from tracekd.core.texts import read_flags

_REMADE = "delete the file and run again"


def read_kept(path: str | Path) -> frozenset[str]:
    """Read the ids of the kept questions from a judgement file (columns `id`, `kept`: true or false).

    Raises DataError where a row does not say whether its question is kept.
    """
    flags = read_flags(path, "kept", _REMADE)
    for item, flag in flags.items():
        if flag is None:
            raise DataError(f"does not say whether {item!r} is kept", where=path, hint=_REMADE)
    return frozenset(item for item, flag in flags.items() if flag)
