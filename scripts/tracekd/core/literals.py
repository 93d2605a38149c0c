"""Python list literals of strings, the form in which prompts, traces and answers print lists.

Read by a small parser and never by evaluating text: what a model generated is data, not code.
"""

import re

# possessive, so that a text which is no list is refused in linear time
_ITEM = r"""(?:'[^'\\]*+(?:\\.[^'\\]*+)*+'|"[^"\\]*+(?:\\.[^"\\]*+)*+")"""
_ITEMS = re.compile(_ITEM, re.DOTALL)
_LIST = re.compile(rf"\s*\[\s*(?:{_ITEM}(?:\s*,\s*{_ITEM})*+\s*)?\]\s*", re.DOTALL)
_WRITTEN = re.compile(rf"\[\s*(?:{_ITEM}(?:\s*,\s*{_ITEM})*+\s*)\]", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
# where an item ends if quotes inside items are not escaped
_BETWEEN = re.compile(r"""['"]\s*,\s*['"]""")
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}


def render_list(items: list[str] | tuple[str, ...]) -> str:
    """Write strings as a Python list literal, e.g. ``['David Widder', "L'Oréal"]``."""
    return str(list(items))


def parse_list(text: str) -> list[str] | None:
    """Read a Python list literal of strings; None when `text` is anything else.

    Inverse of `render_list`. Blanks around the brackets and items are allowed.
    """
    if not _LIST.fullmatch(text):
        return None
    return [_resolve(literal[1:-1]) for literal in _ITEMS.findall(text)]


def spell_lists(text: str) -> str:
    """Write every list literal in a text as readers quote: ``“editor”, “bishop”``."""
    return _WRITTEN.sub(lambda found: ", ".join(f"“{item}”" for item in parse_list(found[0]) or ()), text)


def parse_loose_list(text: str) -> list[str] | None:
    """Read a list whose items may hold unescaped quotes, as models write it: ``['Christ's College']``.

    An item ends where quote, comma and quote follow one another. None when `text` is no list of quotes.
    """
    if (items := parse_list(text)) is not None:
        return items
    text = text.strip()
    inner = text[1:-1].strip()
    if text[:1] + text[-1:] != "[]" or len(inner) < 2 or not {inner[0], inner[-1]} <= {"'", '"'}:
        return None
    return [_resolve(item) for item in _BETWEEN.split(inner[1:-1])]


def _resolve(item: str) -> str:
    """Resolve the backslash escapes of an item."""
    return _ESCAPE.sub(_unescape, item) if "\\" in item else item


def _unescape(match: re.Match[str]) -> str:
    """Resolve one backslash escape; an unknown one stays as written, as in Python."""
    code = match[1] or match[2] or match[3]
    if code:
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else match[0]
    return _NAMED.get(str(match[4]), str(match[0]))
