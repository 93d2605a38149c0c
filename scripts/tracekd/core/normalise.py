"""How two answers or facts are compared: the usual normalisation of open-book QA."""

import re
import string

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_BLANKS = re.compile(r"\s+")


def collapse(text: str) -> str:
    """Strip, and make every run of white space one blank (a tokeniser may have moved blanks)."""
    return _BLANKS.sub(" ", text).strip()


def normalise_answer(text: str) -> str:
    """Lower case, no ASCII punctuation, single blanks."""
    return collapse(text.lower().translate(_PUNCTUATION))
