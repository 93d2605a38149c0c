"""Part files: what a killed job had finished, item by item, each behind its digest."""

import hashlib
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tracekd.core.files import atomic_write, sha256_text, storing
from tracekd.core.records import Record

logger = logging.getLogger(__name__)


def resume(part: Path, digest: str) -> dict[str, dict[str, Any]]:
    """Read the whole items of a killed job by id, without damaged lines; start anew for another digest."""
    header = json.dumps({"digest": digest}).encode()
    lines = part.read_bytes().split(b"\n") if part.exists() else [header]
    if lines[0] != header:
        logger.warning("%s belongs to another configuration and is started anew", part)
        lines = [header]
    whole = [line for line in lines[1:] if _is_whole(line)]
    with atomic_write(part, "wb") as stream:
        stream.writelines(line + b"\n" for line in (header, *whole))
    records = (json.loads(line.partition(b" ")[2]) for line in whole)
    return {record["id"]: record for record in records}


def append(part: Path, items: Sequence[Record]) -> None:
    """Add finished items, each after its digest, safe on the disk before the next ones are begun."""
    with storing(part), open(part, "a", encoding="utf-8", newline="\n") as stream:
        for item in items:
            text = json.dumps(item.to_json(), ensure_ascii=False)
            stream.write(f"{sha256_text(text)} {text}\n")
        stream.flush()
        os.fsync(stream.fileno())


def _is_whole(line: bytes) -> bool:
    """Tell whether the item on a line of a part file is the one that the digest before it was taken of."""
    digest, _, item = line.partition(b" ")
    return hashlib.sha256(item).hexdigest().encode() == digest
