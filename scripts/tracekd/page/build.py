"""The page as files: one that holds everything, or, of a large run, one with a folder of parts beside it.

What a model wrote stands in them as gzip in base64, so that no text can end or open a tag, and the program
shows it as text only. The policy lets nothing run but the program, and nothing be loaded but the parts.
"""

import base64
import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tracekd.core.files import atomic_folder, atomic_write, sha256_text
from tracekd.study.pages import content_policy, render

# generations: more of them stand in a folder of parts, which the page loads when they are asked for
ONE_FILE = 50_000
# of gzip: beyond it a page grows slower to write, hardly smaller
LEVEL = 6
NONCE_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the page's data.

    Attributes:
        id: name within the page and, with `.js`, of its file.
        data: what the program gets, as JSON.
        is_apart: whether it may stand in a file of its own.

    """

    id: str
    data: Any
    is_apart: bool = True


def pack(data: Any) -> str:
    """Write data as packed JSON in base64; the same data give the same text."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # a lone surrogate of a model's text is no UTF-8
    packed = gzip.compress(text.encode("utf-8", "backslashreplace"), LEVEL, mtime=0)
    return base64.b64encode(packed).decode("ascii")


def write_page(
    parts: Iterable[Part],
    path: str | Path,
    folder: str | Path,
    *,
    title: str,
    template: str,
    style: str,
    program: str,
    in_one_file: bool,
) -> None:
    """Write the page, and the folder of its parts, which is empty where all of them stand in the page.

    Args:
        parts: the first of them is what the page opens with.
        path: of the HTML file.
        folder: of the parts.
        title: of the page.
        template: of the page (Jinja2).
        style: CSS of the page.
        program: JavaScript of the page.
        in_one_file: whether all parts stand in the page.

    """
    nonce = "" if in_one_file else sha256_text(program + title)[:NONCE_LENGTH]
    inside: list[tuple[str, str]] = []
    with atomic_folder(folder) as beside:
        for part in parts:
            text = pack(part.data)
            if in_one_file or not part.is_apart:
                inside.append((part.id, text))
            else:
                (beside / f"{part.id}.js").write_text(f'receive({json.dumps(part.id)}, "{text}");\n', "ascii")
    html = render(
        template,
        title=title,
        policy=content_policy(style, program, nonce),
        style=Markup(style),
        program=Markup(program),
        parts=inside,
        folder=Path(folder).name,
        nonce=nonce,
    )
    with atomic_write(path) as stream:
        stream.write(html)
