"""The border for text files: lines, JSON and CSV from outside, and CSV that others may open.

Every reader of a text file reads it here, so that what a program adds to a file is the same everywhere: a
byte order mark, blank lines at the end and a first line `sep=,` say nothing; another encoding, one JSON value
in place of lines, and numbers that no record can mean end in one sentence.
"""

import codecs
import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from tracekd.core.errors import DataError
from tracekd.core.files import atomic_write
from tracekd.core.raw import FETCH_AGAIN

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# characters of a cell; the library's own limit is 131,072
LONGEST_CELL = 1 << 24
# of a cell in a message
LONGEST_SHOWN = 100
# digits of a 64-bit integer
MOST_DIGITS = 19
DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
FLAGS = {"true": True, "1": True, "false": False, "0": False, "": None}
# a first line by which a spreadsheet is told how columns are separated
_SEPARATOR = re.compile(r'\A"?sep=[,;\t|"]*\r?\n', re.IGNORECASE)
_BLANK_END = re.compile(r"(?:\r?\n[ \t]*)+\Z")
# what a spreadsheet takes for the start of a formula, behind any number of our own marks
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def read_text(path: str | Path, hint: str = FETCH_AGAIN) -> str:
    """Read a UTF-8 file whole; DataError where it is missing, or names the line that is not UTF-8."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    lines = raw.splitlines(keepends=True)
    return "".join(_decode(line, number, path, hint) for number, line in enumerate(lines, start=1))


def read_lines(path: str | Path, hint: str = FETCH_AGAIN) -> Iterator[tuple[int, str]]:
    """Yield (1-based line number, text without line end) of a UTF-8 file; not the blank lines at its end.

    Raises DataError on a missing file or on bytes that are not UTF-8.
    """
    try:
        stream = open(path, "rb")
    except OSError as error:
        raise _unreadable(path, error) from error
    with stream:
        blank: list[tuple[int, str]] = []
        for number, raw in enumerate(stream, start=1):
            line = _decode(raw, number, path, hint).rstrip("\r\n")
            blank.append((number, line))
            if line.strip():
                yield from blank
                blank.clear()


def _unreadable(path: str | Path, error: OSError) -> DataError:
    """Say why a file cannot be opened."""
    return DataError(f"cannot be read: {error.strerror}", where=path, hint="check the path")


def _decode(raw: bytes, number: int, path: str | Path, hint: str) -> str:
    """Decode one line; the first one without its byte order mark."""
    if number == 1:
        if raw.startswith(UTF_16) or b"\0" in raw:
            raise DataError("is UTF-16, or no text", where=path, hint="save it as UTF-8")
        raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"byte {error.start + 1} of the line is not UTF-8", where=f"{path}:{number}", hint=hint
        ) from error


def read_json_lines(path: str | Path, hint: str = FETCH_AGAIN) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (1-based line number, object) of a JSON-lines file.

    Raises DataError with file and line on bytes that are not UTF-8 and on lines that are not JSON objects.
    """
    for number, line in read_lines(path, hint):
        if number == 1 and (line.startswith("[") or line.strip() == "{"):
            each = "." if line.startswith("{") else ".[]"
            raise DataError(
                "is one JSON value, not one object per line",
                where=path,
                hint=f"write one object per line, for instance by jq -c '{each}' FILE",
            )
        yield number, parse_json_object(line, f"{path}:{number}", hint)


def parse_json_object(text: str, where: str, hint: str = FETCH_AGAIN) -> dict[str, Any]:
    """Parse a JSON object; DataError when it is something else, or holds a number that no record can mean."""
    try:
        record = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError) and error.lineno > 1:
            where = f"{where}:{error.lineno}"
        raise DataError(f"not a JSON object: {error}", where=where, hint=hint) from error
    if not isinstance(record, dict):
        raise DataError(f"a JSON object is expected, not {type(record).__name__}", where=where, hint=hint)
    return record


def _integer(digits: str) -> int:
    """Read an integer that fits into 64 bits, or nearly so."""
    if len(digits.lstrip("-")) > MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _number(text: str) -> float:
    """Read a finite number: NaN would pass every bound."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no number")
    return value


# made once: json.loads makes a decoder for every line
_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_number, parse_constant=_number)


def read_rows(
    path: str | Path, columns: Sequence[str], hint: str = FETCH_AGAIN
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield place and cells of the rows of a CSV file; DataError when it is not one with these columns."""
    csv.field_size_limit(LONGEST_CELL)
    text, above = _SEPARATOR.subn("", _BLANK_END.sub("\n", read_text(path, hint)))
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        _check_header(list(reader.fieldnames or ()), columns, f"{path}:{above + 1}", hint)
        for row in reader:
            where = f"{path}:{above + reader.line_num}"
            if None in row or None in row.values():
                what = f"the row has not {len(reader.fieldnames or ())} columns"
                raise DataError(what, where=where, hint=hint)
            yield where, row
    except csv.Error as error:
        where = f"{path}:{above + reader.line_num + 1}"
        raise DataError(f"not a CSV file: {error}", where=where, hint=hint) from error


def read_flags(path: str | Path, column: str, hint: str) -> dict[str, bool | None]:
    """Read id -> flag of a CSV file, None where the cell is empty.

    Raises DataError, with the row, at a cell that is no flag and at an id that is empty or occurs twice.
    """
    flags: dict[str, bool | None] = {}
    for where, row in read_rows(path, ("id", column), hint):
        item, flag = restore(row["id"]), row[column].lower()
        if flag not in FLAGS:
            what = f"{column} {row[column][:LONGEST_SHOWN]!r} is neither true nor false"
            raise DataError(what, where=where, hint=hint)
        if not item:
            raise DataError("the row has no id", where=where, hint=hint)
        if item in flags:
            raise DataError(f"id {item!r} occurs twice", where=where, hint=hint)
        flags[item] = FLAGS[flag]
    return flags


def _check_header(names: list[str], columns: Sequence[str], where: str, hint: str) -> None:
    """Say what is wrong with the first line of a CSV file, if anything is."""
    missing = [name for name in columns if name not in names]
    for delimiter, word in DELIMITERS.items():
        if missing and len(names) == 1 and set(columns) <= set(names[0].split(delimiter)):
            raise DataError(f"columns are separated by {word}", where=where, hint="save with commas")
    if missing:
        raise DataError(f"column {missing[0]!r} is missing", where=where, hint=hint)
    twice = next((name for name in columns if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"column {twice!r} stands there twice", where=where, hint=hint)


class CsvLines:
    r"""A stream for a CSV writer that quotes what its line end holds: with "\r\n" a lone "\r" in a cell, too.

    The lines of the file end in "\n" all the same.
    """

    END = "\r\n"

    def __init__(self, stream: IO[str]):
        self._stream = stream

    def write(self, line: str) -> None:
        """Write one line."""
        self._stream.write(line.removesuffix(self.END) + "\n")


def write_rows(rows: Iterable[Iterable[object]], path: str | Path, columns: Sequence[str]) -> None:
    """Write a CSV file, whole or not at all: None as nothing, flags as 0 and 1, texts inert."""
    with atomic_write(path) as stream:
        writer = csv.writer(CsvLines(stream), lineterminator=CsvLines.END)
        writer.writerow(columns)
        writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> object:
    """Format one value for the library, which writes None as nothing and fractions in full."""
    if isinstance(value, bool):
        return int(value)
    return make_inert(value) if isinstance(value, str) else value


def make_inert(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula; `restore` takes it away."""
    return f"'{text}" if _FORMULA.match(text) else text


def restore(text: str) -> str:
    """Give the text that `make_inert` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
