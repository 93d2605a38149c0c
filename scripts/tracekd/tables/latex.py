"""Write tables as a paper prints them: booktabs, siunitx, one or two columns of a page."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

import pandas as pd

# more lines than this do not fit a page
PAGE_LINES = 40
# what a paper of the field (ACL style) is wide, in points: a page of two columns, and one of them
PAGE_WIDTH, COLUMN_WIDTH = 455, 219
MOST_COLUMNS = 7
PACKAGES = ("array", "booktabs", "siunitx")
_ESCAPED = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_ESCAPED |= {character: f"\\{character}" for character in "&%$#_{}"}
_ESCAPED |= {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''"}
_ESCAPED |= {"±": r"$\pm$", "–": "--", "−": "$-$", "≠": r"$\neq$", "≤": r"$\leq$", "≥": r"$\geq$"}
_ESCAPED |= {"→": r"$\to$", "×": r"$\times$", "φ": r"$\phi$", "χ": r"$\chi$", "²": "$^2$", "·": r"$\cdot$"}
_ESCAPED |= {"Δ": r"$\Delta$", "∞": r"$\infty$", "\N{NO-BREAK SPACE}": "~"}
_SPECIAL = re.compile("|".join(map(re.escape, _ESCAPED)))
_NUMBER = re.compile(r"(?P<sign>-?)(?P<whole>\d+)(\.(?P<digits>\d+))?( ± (?P<sd>\d+)(\.\d+)?)?")


class Kind(Enum):
    """What the cells of a column hold, which is how they stand below one another."""

    TEXT = "l"
    NUMBER = "S"  # below the decimal point
    ESTIMATE = "r"  # a number with its interval
    PROSE = "p"  # wraps


@dataclass(frozen=True, slots=True)
class Column:
    """A column: header, one line or several; cells as readers see them; width of prose, in points."""

    title: str
    cells: Sequence[str]
    kind: Kind = Kind.TEXT
    width: int = 0


@dataclass(frozen=True, slots=True)
class PaperTable:
    """A table of a paper.

    groups holds of every row the heading that it stands under; empty if there are none. One that is not wide
    takes one column of a page.
    """

    caption: str
    columns: Sequence[Column]
    groups: Sequence[str] = ()
    wide: bool = True


def write_latex(table: PaperTable, name: str) -> str:
    """Write a table as floats of a page each, the first one with the label ``tab:{name}``.

    Repeats of the text columns are blank within a group. Raises ValueError where there are more columns than
    a paper has room for.
    """
    if len(table.columns) > MOST_COLUMNS:
        raise ValueError(
            f"{name}: {len(table.columns)} columns do not fit a page, the most is {MOST_COLUMNS}"
        )
    rows = _write_rows(table)
    floats = []
    for number, lines in enumerate(_fill_pages(rows)):
        caption = latex_escape(table.caption) + (f"\\label{{tab:{name}}}" if not number else " (continued)")
        floats.append(_write_float(table, lines, caption))
    packages = "".join(f"% \\usepackage{{{package}}}\n" for package in PACKAGES)
    return packages + "\n".join(floats)


def latex_escape(text: str) -> str:
    """Write text so that LaTeX prints it as it is."""
    return _SPECIAL.sub(lambda match: _ESCAPED[match[0]], text)


def _write_rows(table: PaperTable) -> list[tuple[str, str]]:
    """Give every row as LaTeX, with the heading that it stands under."""
    frame = pd.DataFrame({place: list(column.cells) for place, column in enumerate(table.columns)}, dtype=str)
    groups = pd.Series(table.groups or [""] * len(frame), index=frame.index, dtype=str)
    shown = [
        list(map(_write_number if column.kind is Kind.NUMBER else latex_escape, column.cells))
        for column in table.columns
    ]
    repeated = groups == groups.shift()
    for place, column in enumerate(table.columns):
        if column.kind is not Kind.TEXT:
            break
        repeated &= frame[place] == frame[place].shift()
        shown[place] = ["" if same else cell for cell, same in zip(shown[place], repeated, strict=True)]
    return [(group, f"{' & '.join(cells)} \\\\") for group, *cells in zip(groups, *shown, strict=True)]


def _fill_pages(rows: Sequence[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Share rows out among pages; every heading takes a line, and one more than a page breaks in it."""
    page: list[tuple[str, str]] = []
    for row in rows:
        page.append(row)
        headings = len({group for group, _ in page if group})
        if len(page) + headings >= PAGE_LINES:
            yield page
            page = []
    if page or not rows:
        yield page


def _write_float(table: PaperTable, rows: Sequence[tuple[str, str]], caption: str) -> str:
    """Write one float."""
    star = "*" if table.wide else ""
    preamble = "".join(_format(column) for column in table.columns)
    titles = [column.title.split("\n") for column in table.columns]
    most = max(map(len, titles))
    header = [
        " & ".join(f"{{{latex_escape(line)}}}" if line else "" for line in lines) + r" \\"
        for lines in zip(*([""] * (most - len(lines)) + lines for lines in titles), strict=True)
    ]
    body = []
    for place, (group, lines) in enumerate(groupby(rows, key=lambda row: row[0])):
        if group:
            body += [r"\addlinespace"] if place else []
            body += [
                f"\\multicolumn{{{len(table.columns)}}}{{@{{}}l}}{{\\textit{{{latex_escape(group)}}}}} \\\\"
            ]
        body += [line for _, line in lines]
    return "\n".join(
        [
            f"\\begin{{table{star}}}[t]",
            rf"\centering\footnotesize\setlength{{\tabcolsep}}{{{4 if table.wide else 3}pt}}",
            r"\sisetup{separate-uncertainty,group-separator={,},group-minimum-digits=4}",
            f"\\caption{{{caption}}}",
            f"\\begin{{tabular}}{{@{{}}{preamble}@{{}}}}",
            *[r"\toprule", *header, r"\midrule", *body, r"\bottomrule"],
            r"\end{tabular}",
            f"\\end{{table{star}}}",
            "",
        ]
    )


def _format(column: Column) -> str:
    """Write the column's part of the preamble."""
    if column.kind is Kind.PROSE:
        return f">{{\\raggedright\\arraybackslash}}p{{{column.width}pt}}"
    if column.kind is not Kind.NUMBER:
        return str(column.kind.value)
    found = [match for cell in column.cells if (match := _NUMBER.fullmatch(_plain(cell)))]
    sign = "-" if any(one["sign"] for one in found) else ""
    whole, digits = (max((len(one[part] or "") for one in found), default=0) for part in ("whole", "digits"))
    spread = max((len(one["sd"]) for one in found if one["sd"]), default=0)
    # of an uncertainty, siunitx counts the digits
    uncertain = f"({spread + digits})" if spread else ""
    return f"S[table-format={sign}{whole or 1}.{digits}{uncertain}]"


def _plain(cell: str) -> str:
    """Write a number as siunitx reads it."""
    return cell.replace("−", "-").replace(",", "")


def _write_number(cell: str) -> str:
    """Write a cell of numbers; words and dashes stand in the middle."""
    plain = _plain(cell)
    return plain.replace("±", r"\pm") if _NUMBER.fullmatch(plain) else f"{{{latex_escape(cell)}}}"
