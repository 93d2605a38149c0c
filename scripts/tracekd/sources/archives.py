"""Files out of archives: no more than such a file can hold, and no name in it decides where a file lands."""

import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tracekd.core.checks import clip, suggest
from tracekd.core.errors import DataError
from tracekd.core.files import CHUNK_BYTES, atomic_write, most_unpacked

# of a tar header that tells a long name; the library reads it at once
MOST_HEADER = 1 << 16
HEADERS = frozenset(
    {
        *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
        *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    }
)
# what the libraries raise on damage; an endless row of headers is a recursion
BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(EOFError, OSError, OverflowError, ValueError, RecursionError, NotImplementedError),
)


class _Member(tarfile.TarInfo):
    """A member whose extended headers are names, not gigabytes."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        """Read a header; the library's own place for what a header may be."""
        if self.type in HEADERS and self.size > MOST_HEADER:
            raise OverflowError(f"a header of {self.size} bytes")
        member: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]
        return member


def take_from_tar(packed: Path, where: str, wanted: Mapping[str, str], folder: Path) -> None:
    """Put members of a tar archive, compressed or not, into a folder.

    Args:
        packed: the archive.
        where: its name in the sentence of a fault.
        wanted: path in the folder -> path in the archive.
        folder: that exists.

    Raises DataError where a member is missing, or the archive is damaged or unpacks to far more than it is.

    """
    with _reading(where), tarfile.open(packed, tarinfo=_Member) as tar:
        members = {}
        for member in tar:
            # where it ends, headers and all
            _check_size(packed, where, member.name, member.offset_data + member.size, member.issparse())
            if member.isfile():
                members[member.name.removeprefix("./")] = member
        for path, name in wanted.items():
            _require(name, members, where)
            content = tar.extractfile(members[name])
            assert content is not None  # it is a file
            _store(content, folder / path)


def take_from_zip(packed: Path, where: str, wanted: Mapping[str, str], folder: Path) -> None:
    """Put members of a zip archive, such as a wheel, into a folder; as `take_from_tar`."""
    with _reading(where), zipfile.ZipFile(packed) as archive:
        members, size = {}, 0
        for member in archive.infolist():
            size += member.file_size
            _check_size(packed, where, member.filename, size)
            members[member.filename] = member
        for path, name in wanted.items():
            _require(name, members, where)
            _store(archive.open(members[name]), folder / path)


@contextmanager
def _reading(where: str) -> Iterator[None]:
    """Say in one sentence that an archive is damaged."""
    try:
        yield
    except BROKEN as error:
        reason = clip(" ".join(str(error).split()))
        raise DataError(f"not a whole archive: {reason}", where=where, hint="fetch it again") from error


def _check_size(packed: Path, where: str, name: str, size: int, sparse: bool = False) -> None:
    """Raise DataError before more is unpacked than a file of this size can hold."""
    if sparse or size > most_unpacked(packed):
        raise DataError(
            f"unpacks to far more than it is, up to {clip(name)!r}",
            where=where,
            hint="check the archive in the registry; no data set is made like this",
        )


def _require(name: str, members: Mapping[str, object], where: str) -> None:
    """Raise DataError where an archive lacks a file."""
    if name not in members:
        raise DataError(f"holds no file {name!r}", where=where, hint=clip(suggest(name, members)))


def _store(content: IO[bytes], path: Path) -> None:
    """Write one member."""
    with content as stream, atomic_write(path, "wb") as target:
        shutil.copyfileobj(stream, target, CHUNK_BYTES)
