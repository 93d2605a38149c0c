"""Python list literals of strings, the form in which prompts, traces and answers print lists.

Read by a small parser and never by evaluating text: what a model generated is data, not code.
"""

import re

_STRING = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}


def render_list(items: list[str] | tuple[str, ...]) -> str:
    """Write strings as a Python list literal, e.g. ``['David Widder', "L'Oréal"]``."""
    return str(list(items))


def parse_list(text: str) -> list[str] | None:
    """Read a Python list literal of strings; None when `text` is anything else.

    Inverse of `render_list`. Blanks around the brackets and items are allowed.
    """
    body = text.strip()
    if len(body) < 2 or body[0] != "[" or body[-1] != "]":
        return None
    body, position, items = body[1:-1].strip(), 0, []
    while position < len(body):
        match = _STRING.match(body, position)
        if match is None:
            return None
        items.append(_ESCAPE.sub(_unescape, match.group()[1:-1]))
        position = match.end()
        separator = re.compile(r"\s*,\s*").match(body, position)
        if separator is None:
            return items if position == len(body) else None
        position = separator.end()
        if position == len(body):
            return None
    return items


def _unescape(match: re.Match) -> str:
    """Resolve one backslash escape; an unknown one stays as written, as in Python."""
    code = match[1] or match[2] or match[3]
    if code:
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else match[0]
    return _NAMED.get(match[4], match[0])
