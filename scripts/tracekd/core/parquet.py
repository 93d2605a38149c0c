"""Parquet files row by row, in batches that fit any memory; a damaged file ends in one sentence."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tracekd.core.errors import DataError
from tracekd.core.raw import FETCH_AGAIN

BATCH_ROWS = 4096


def iter_rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield each row as a dictionary of these columns only; the others are not read."""
    with _parquet(path, columns) as parquet:
        for batch in parquet.iter_batches(BATCH_ROWS, columns=list(columns)):
            yield from batch.to_pylist()


def find_rows(
    path: Path, columns: Sequence[str], key: str, wanted: Collection[int]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (1-based row number, row) where column `key` has a wanted value; other rows are not decoded."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values, first = pa.array(sorted(wanted), pa.int64()), 1
    with _parquet(path, columns) as parquet:
        for batch in parquet.iter_batches(BATCH_ROWS, columns=list(columns)):
            found = pc.is_in(batch[key].cast(pa.int64()), values).to_numpy(zero_copy_only=False).nonzero()[0]
            yield from zip((found + first).tolist(), batch.take(pa.array(found)).to_pylist(), strict=True)
            first += len(batch)


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
