"""Read the CSV tables that the workflow writes: names stay text, whatever they look like."""

import io
from pathlib import Path

import pandas as pd

from tracekd.core.errors import DataError
from tracekd.core.texts import read_text, restore

# columns of names and texts, of whatever table: `NA`, `007` and `1e5` are names like any other
TEXTS = (
    *("id", "dataset", "class", "model", "arm", "scorer", "way", "what", "reasons", "path", "sha256", "text"),
    *("answer", "implied", "named", "condition", "reference", "first", "second", "other", "against"),
    *("participant", "group", "item", "question", "file", "statement"),
)
_REMADE = "delete the file and run the workflow again"


def read_table(path: str | Path, **types: str) -> pd.DataFrame:
    """Read a CSV table; only an empty cell is missing.

    Args:
        path: of the table.
        types: of further columns, as pandas names them.

    Raises DataError where the file is no CSV table.

    """
    try:
        table = pd.read_csv(
            io.StringIO(read_text(path, _REMADE)),
            dtype=dict.fromkeys(TEXTS, "str") | types,
            keep_default_na=False,
            na_values=[""],
        )
    except ValueError as error:  # a parser's error, no columns at all, or a cell of another type
        what = f"not a CSV table: {str(error).splitlines()[0]}"
        raise DataError(what, where=path, hint=_REMADE) from error
    for name in table.select_dtypes("str"):
        if table[name].str.startswith("'", na=False).any():
            table[name] = table[name].map(restore, na_action="ignore")
    return table
