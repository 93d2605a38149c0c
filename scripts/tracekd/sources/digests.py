"""Digests that registries state: the SHA-256 of a file, or the id that git gives its content.

A git id serves where a repository is known and its files are not at hand: its trees list the ids. SHA-1 is no
guard against a forger, but tells damage and other versions.
"""

import hashlib
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from tracekd.core.files import sha256_file

# beside fetched files: their checksums, and whence they are
MANIFEST = "manifest.json"
GIT = "git:"
_FORM = re.compile(f"[0-9a-f]{{64}}|{GIT}[0-9a-f]{{40}}")


def _is_digest(text: str) -> str:
    """Refuse a text that is neither kind of digest."""
    if not _FORM.fullmatch(text):
        raise PydanticCustomError(
            "digest",
            "should be a SHA-256 (64 hexadecimal digits) or a git blob id ({git} and 40 hexadecimal digits)",
            {"git": GIT},
        )
    return text


Digest = Annotated[str, AfterValidator(_is_digest)]


def kind_of(digest: str) -> str:
    """Name the kind of a digest."""
    return "git blob id" if digest.startswith(GIT) else "SHA-256"


def digest_like(stated: str | None, path: Path) -> str:
    """Give a file's digest of the kind of the stated one; SHA-256 where none is stated."""
    if stated is None or not stated.startswith(GIT):
        return sha256_file(path)
    content = path.read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    return GIT + blob.hexdigest()
