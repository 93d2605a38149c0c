"""How two answers or facts are compared: the usual normalisation of open-book QA, without its false matches.

What makes another answer of it stays: marks between digits (`3.5`, `1-2`, `1/2`, `3:30`), a minus, `<` or `>`
before a number, and `+`, `-` or `#` at the end of a word (`O-`, `C++`). Numbers that differ in commas of
thousands or zeros at the end of a fraction are the same (`1,000`, `3.50`).
"""

import re
import string
from collections.abc import Iterable
from functools import lru_cache

_MARKS = re.escape(string.punctuation)
# facts and entities recur in every model, arm and seed
MOST_REMEMBERED = 2**16
# hyphens, en dash and minus sign of typesetting
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{2,3})*,\d{3}(?![\d,])")
# no version or date: those have a letter before them or a second point
_FRACTION = re.compile(r"(?<![\w.])(\d*)\.(\d+)(?!\.?\d)")
# a group of marks that stays, or one that goes
_MARK = re.compile(
    rf"((?<=\d)[{_MARKS}]+(?=\d)"
    r"|(?<![\w-])-(?=[$€£]?\d)"
    r"|(?<!\w)[<>]=?(?=\s?\d)"
    r"|(?<=\w)[+#-]+(?![\w+#-]))"
    rf"|[{_MARKS}]"
)


def collapse(text: str) -> str:
    """Strip, and make every run of white space one blank (a tokeniser may have moved blanks)."""
    return " ".join(text.split())


@lru_cache(MOST_REMEMBERED)
def normalise_answer(text: str) -> str:
    """Lower case, no ASCII punctuation that means nothing, single blanks; marks alone stay as they are.

    What is normalised already stays as it is: a mark that loses its neighbour is looked at again.
    """
    while (again := _normalise_once(text)) != text:
        text = again
    return text


def _normalise_once(text: str) -> str:
    text = text.lower().translate(_DASHES)
    text = _THOUSANDS.sub(lambda number: number[0].replace(",", ""), text)
    text = _FRACTION.sub(_shorten, text)
    return collapse(_MARK.sub(lambda mark: mark[1] or "", text)) or collapse(text)


def normalise_answers(texts: Iterable[str]) -> frozenset[str]:
    """Normalise the items of an answer; a blank one is none."""
    return frozenset(filter(None, map(normalise_answer, texts)))


def _shorten(number: re.Match[str]) -> str:
    """Write a decimal fraction without zeros at its end."""
    whole, fraction = number[1] or "0", number[2].rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
