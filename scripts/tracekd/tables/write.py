"""Write tables: CSV for programs, Markdown for readers."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from tracekd.core.files import atomic_write
from tracekd.core.texts import CsvLines, make_inert
from tracekd.labels import show_percent

# columns that say the same in every row of most runs
FOLDED = ("Scorer", "Seed", "Seeds", "n")


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write exact numbers: fractions with six digits, missing values empty, texts inert, no index."""
    texts = {
        name: [make_inert(cell) if isinstance(cell, str) else cell for cell in table[name]]
        for name in table.select_dtypes(["object", "str"])
    }
    with atomic_write(path) as stream:
        table.assign(**texts).to_csv(
            CsvLines(stream), index=False, float_format="%.6f", lineterminator=CsvLines.END
        )


def write_table(
    table: pd.DataFrame,
    shown: pd.DataFrame,
    *,
    csv: str | Path,
    md: str | Path,
    caption: str,
) -> None:
    """Write one table twice.

    Args:
        table: exact numbers, for the CSV.
        shown: the same as strings under readable headers; what is the same in every row moves to the caption.
        csv: path of the CSV.
        md: path of the Markdown.
        caption: one or two sentences that also say what n and the interval are.

    """
    write_csv(table, csv)
    shown, caption = _fold_constants(shown, caption)
    with atomic_write(md) as stream:
        stream.write(f"{caption}\n\n{markdown(shown)}\n")


def put_before(note: str, caption: str) -> str:
    """Put what is not real in a table, if anything, before its caption."""
    return f"{note}. {caption}" if note else caption


def table_paths(output: Mapping[str, str], name: str) -> dict[str, str]:
    """Pick both paths of a table among a rule's outputs `{name}_csv` and `{name}_md`."""
    return {kind: output[f"{name}_{kind}"] for kind in ("csv", "md")}


def markdown(shown: pd.DataFrame) -> str:
    """Write a Markdown table, numbers to the right."""
    marks = ["---:" if _is_numeric(shown[name]) else ":---" for name in shown]
    rows = [list(shown.columns), marks, *shown.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)


def percent(mean: float | None, sd: float = float("nan")) -> str:
    """Write a fraction in %, with its standard deviation if there is one; a dash for no value."""
    return show_percent(mean) + ("" if pd.isna(sd) else f" ± {show_percent(sd)}")


def interval(low: float, high: float) -> str:
    """Write an interval of fractions in %."""
    return f"{show_percent(low)}–{show_percent(high)}"


def _fold_constants(shown: pd.DataFrame, caption: str) -> tuple[pd.DataFrame, str]:
    """Move columns of a run's description that never vary from the table to its caption."""
    constant = [name for name in FOLDED if name in shown and shown[name].nunique() == 1]
    words = "".join(f" {name}: {shown[name].iloc[0]}." for name in constant)
    return shown.drop(columns=constant), caption + words


def _is_numeric(column: pd.Series) -> bool:
    """Tell whether a column of strings holds numbers."""
    number = r"[+−]?[\d.,]+( ± [\d.]+)?|[\d.]+–[\d.]+|–"
    return bool(column.astype(str).str.fullmatch(number).all())
