"""Files that are either whole or absent: written beside their place, synced, then renamed."""

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tracekd.core.errors import WorkError

CHUNK_BYTES = 1 << 20
# text is packed to a tenth, tables to a fiftieth; what unpacks to more was made to fill memory or disk. Of a
# small file it is no matter.
MOST_EXPANSION, SMALL_BYTES = 200, 1 << 20
# a disk with less than this free is full for whoever just failed to write
FULL_BYTES = 1 << 16


@contextmanager
def storing(path: str | Path) -> Iterator[None]:
    """Say in one sentence that the disk is full when the body cannot store `path` for that reason.

    Libraries that write from C++ hide the reason; then the disk itself is asked.
    """
    try:
        yield
    except Exception as error:
        folder = next(parent for parent in Path(path).absolute().parents if parent.exists())
        if _names_a_full_disk(error) or shutil.disk_usage(folder).free < FULL_BYTES:
            raise WorkError(
                "cannot be written: the disk is full",
                where=path,
                hint="free space, then give the same command again",
            ) from error
        raise


def _names_a_full_disk(error: BaseException | None) -> bool:
    """Tell whether an error, or one that led to it, says that there is no space or quota left."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if os.strerror(errno.ENOSPC) in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def atomic_write(path: str | Path, mode: str = "w") -> Iterator[IO[Any]]:
    r"""Open a temporary file beside `path`; rename it into place when the body ends without error.

    Text is UTF-8 with "\n" line ends on every platform, so that equal content gives equal bytes. Two writers
    of one path do not write into each other's file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    encoding, newline = (None, None) if "b" in mode else ("utf-8", "\n")
    try:
        with storing(path):
            with open(part, mode, encoding=encoding, newline=newline) as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Give a fresh temporary folder beside `path`; rename it into place when the body ends without error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with storing(path):
            part.mkdir()
            yield part
            shutil.rmtree(path, ignore_errors=True)
            os.rename(part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def most_unpacked(path: str | Path) -> int:
    """Give how many bytes a packed file may unpack to."""
    return MOST_EXPANSION * max(Path(path).stat().st_size, SMALL_BYTES)


def sha256_file(path: str | Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_text(text: str) -> str:
    """Hex SHA-256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
