"""Rows, checked before they are used: by a schema, and for text that can be written again."""

from collections.abc import Callable
from typing import Any

import fastjsonschema

from tracekd.core.errors import DataError

FETCH_AGAIN = "the file is damaged or of another version; fetch it again"
# the one pattern of the raw schemas
NOT_BLANK = r"\S"


def check_row(check: Callable[[Any], Any], row: dict[str, Any], where: str, hint: str = FETCH_AGAIN) -> None:
    """Raise DataError, in one sentence, when a row breaks its compiled schema (see `records.validator`)."""
    try:
        check(row)
    except fastjsonschema.JsonSchemaException as error:
        what = str(error).removeprefix("data.").replace("data must", "the row must", 1)
        what = what.replace(f"match pattern {NOT_BLANK}", "not be blank")
        raise DataError(what, where=where, hint=hint) from error


def check_text(texts: list[str], where: str) -> None:
    """Raise DataError on a lone surrogate: JSON can escape it, but no UTF-8 file can hold it."""
    try:
        "".join(texts).encode("utf-8")
    except UnicodeEncodeError as error:
        raise DataError("holds half a character", where=where, hint=FETCH_AGAIN) from error
