"""Write tables: CSV for programs, Markdown and LaTeX (booktabs) for readers."""

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from tracekd.core.files import atomic_write
from tracekd.core.texts import CsvLines, make_inert

# more rows than this do not fit a page
PAGE_ROWS = 45
# columns that say the same in every row of most runs
FOLDED = ("Scorer", "Seed", "Seeds", "n")
_ESCAPED = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_ESCAPED |= {character: f"\\{character}" for character in "&%$#_{}"}
_ESCAPED |= {"±": r"$\pm$", "–": "--", "−": "$-$"}
_SPECIAL = re.compile("|".join(map(re.escape, _ESCAPED)))


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
    tex: str | Path,
    caption: str,
) -> None:
    """Write one table three times.

    Args:
        table: exact numbers, for the CSV.
        shown: the same as strings under readable headers; what is the same in every row moves to the caption.
        csv: path of the CSV.
        md: path of the Markdown.
        tex: path of the LaTeX; its name is the label (``tab:results``).
        caption: one or two sentences that also say what n and the interval are.

    """
    write_csv(table, csv)
    shown, caption = _fold_constants(shown, caption)
    with atomic_write(md) as stream:
        stream.write(f"{caption}\n\n{markdown(shown)}\n")
    with atomic_write(tex) as stream:
        stream.write(latex(shown, caption, label=f"tab:{Path(tex).stem}"))


def table_paths(output: Mapping[str, str], name: str) -> dict[str, str]:
    """Pick the three paths of a table among a rule's outputs `{name}_csv`, `{name}_md`, `{name}_tex`."""
    return {kind: output[f"{name}_{kind}"] for kind in ("csv", "md", "tex")}


def markdown(shown: pd.DataFrame) -> str:
    """Write a Markdown table, numbers to the right."""
    marks = ["---:" if _is_numeric(shown[name]) else ":---" for name in shown]
    rows = [list(shown.columns), marks, *shown.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)


def latex(shown: pd.DataFrame, caption: str, label: str) -> str:
    """Write a booktabs table, as a longtable when it outgrows a page; repeats of the row above are blank."""
    long = len(shown) > PAGE_ROWS
    cells = _without_repeats(shown).map(latex_escape)
    cells.columns = [latex_escape(name) for name in shown.columns]
    text = cells.style.hide(axis="index").to_latex(
        hrules=True,
        column_format="".join("r" if _is_numeric(shown[name]) else "l" for name in shown),
        caption=latex_escape(caption),
        label=label,
        environment="longtable" if long else "table",
        **({} if long else {"position": "t", "position_float": "centering"}),
    )
    packages = r"\usepackage{booktabs}" + (r", \usepackage{longtable}" if long else "")
    environment = r"\begin{longtable}" if long else r"\begin{tabular}"
    small = text.replace(environment, f"\\footnotesize\\setlength{{\\tabcolsep}}{{4pt}}\n{environment}")
    return f"% {packages}\n" + (f"{{{small}}}\n" if long else small)


def latex_escape(text: str) -> str:
    """Write text so that LaTeX prints it as it is."""
    return _SPECIAL.sub(lambda match: _ESCAPED[match[0]], text)


def percent(mean: float, sd: float = float("nan")) -> str:
    """Write a fraction in %, with its standard deviation if there is one; a dash for no value."""
    if pd.isna(mean):
        return "–"
    return f"{100 * mean:.1f}" + ("" if pd.isna(sd) else f" ± {100 * sd:.1f}")


def interval(low: float, high: float) -> str:
    """Write an interval of fractions in %."""
    return f"{100 * low:.1f}–{100 * high:.1f}"


def _fold_constants(shown: pd.DataFrame, caption: str) -> tuple[pd.DataFrame, str]:
    """Move columns of a run's description that never vary from the table to its caption."""
    constant = [name for name in FOLDED if name in shown and shown[name].nunique() == 1]
    words = "".join(f" {name}: {shown[name].iloc[0]}." for name in constant)
    return shown.drop(columns=constant), caption + words


def _without_repeats(shown: pd.DataFrame) -> pd.DataFrame:
    """Blank a cell of the leading text columns when it and all cells left of it repeat the row above."""
    cells, repeated = shown.astype(str), pd.Series(True, index=shown.index)
    for column in shown.columns:
        if _is_numeric(shown[column]):
            break
        repeated &= shown[column] == shown[column].shift()
        cells[column] = cells[column].mask(repeated, "")
    return cells


def _is_numeric(column: pd.Series) -> bool:
    """Tell whether a column of strings holds numbers."""
    number = r"[+−]?[\d.,]+( ± [\d.]+)?|[\d.]+–[\d.]+|–|undefined"
    return bool(column.astype(str).str.fullmatch(number).all())
