"""Parquet files row by row, in batches that fit any memory; a damaged file ends in one sentence."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tracekd.core.errors import DataError
from tracekd.core.files import most_unpacked
from tracekd.core.raw import FETCH_AGAIN

# few enough that the longest texts of a small file fit any memory, however often they are repeated in it
BATCH_ROWS = 256


def iter_rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield each row as a dictionary of these columns only; the others are not read."""
    with _parquet(path, columns) as parquet:
        for batch in _batches(path, parquet, columns):
            yield from batch.to_pylist()


def find_rows(
    path: Path, columns: Sequence[str], key: str, wanted: Collection[int]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (1-based row number, row) where column `key` has a wanted value; other rows are not decoded."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values, first = pa.array(sorted(wanted), pa.int64()), 1
    with _parquet(path, columns) as parquet:
        for batch in _batches(path, parquet, columns):
            found = pc.is_in(batch[key].cast(pa.int64()), values).to_numpy(zero_copy_only=False).nonzero()[0]
            yield from zip((found + first).tolist(), batch.take(pa.array(found)).to_pylist(), strict=True)
            first += len(batch)


def _batches(path: Path, parquet: Any, columns: Sequence[str]) -> Iterator[Any]:
    """Yield batches of rows; DataError once they are far more than a file of this size can hold."""
    import pyarrow as pa

    most, decoded = most_unpacked(path), 0
    for batch in parquet.iter_batches(BATCH_ROWS, columns=list(columns)):
        # a value of a dictionary counts as often as it stands in a row
        values = [
            column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column
            for column in batch.columns
        ]
        decoded += sum(column.nbytes for column in values)
        if decoded > most:
            raise DataError(
                f"decodes to more than {most} bytes", where=path, hint="no data set is made like this"
            )
        yield batch


@contextmanager
def _parquet(path: Path, columns: Sequence[str]) -> Iterator[Any]:
    """Open a file; DataError when it lacks a column, or when it or a part of it cannot be decoded."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as parquet:
            missing = [column for column in columns if column not in parquet.schema_arrow.names]
            if missing:
                raise DataError(f"column {missing[0]!r} is missing", where=path, hint=FETCH_AGAIN)
            yield parquet
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        what = f"not a readable Parquet file: {str(error).splitlines()[0]}"
        raise DataError(what, where=path, hint=FETCH_AGAIN) from error
