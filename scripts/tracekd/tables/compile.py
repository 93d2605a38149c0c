"""Compile the tables of finished runs as a paper would, and measure them (`make latex`).

Each is set on its own, on pages of two columns that are as wide as in the field's style. Of every run there
is results/{run}/latex.csv: file, pages, width_pt (of the widest part), overfull_pt (how far anything sticks
out), errors (their number).
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from tracekd.core.errors import TraceKDError, WorkError, tell
from tracekd.tables.latex import COLUMN_WIDTH, PACKAGES, PAGE_WIDTH
from tracekd.tables.write import write_csv

INSTALL = "apt-get install --no-install-recommends texlive-latex-recommended texlive-science"
# a tabular is put in a box first, so that its width can be written to the log
PAGE = rf"""\documentclass[twocolumn]{{article}}
\usepackage{{{",".join(PACKAGES)}}}
\setlength{{\textwidth}}{{{PAGE_WIDTH}pt}}
\setlength{{\columnsep}}{{{PAGE_WIDTH - 2 * COLUMN_WIDTH}pt}}
\setlength{{\oddsidemargin}}{{0pt}}
\newsavebox\measured
\let\plain\tabular
\let\endplain\endtabular
\renewenvironment{{tabular}}[1]{{\begin{{lrbox}}{{\measured}}\plain{{#1}}}}%
{{\endplain\end{{lrbox}}\typeout{{measured \the\wd\measured}}\usebox\measured}}
\begin{{document}}
\input{{table}}
\end{{document}}
"""
_ERROR = re.compile(r"^! .*$", re.MULTILINE)
_PAGES = re.compile(r"^Output written on .*\((\d+) pages?", re.MULTILINE)
_WIDTH = re.compile(r"^measured ([\d.]+)pt", re.MULTILINE)
# too wide for its line, or too high for its page
_OVERFULL = re.compile(
    r"^(?:Overfull \\[hv]box \(|LaTeX Warning: Float too large for page by )([\d.]+)pt", re.M
)


class Compiled(NamedTuple):
    """What came of one table."""

    file: str
    pages: int
    width_pt: float
    overfull_pt: float
    errors: int


def compile_table(path: Path) -> Compiled:
    """Set one table; WorkError says what to install where there is no LaTeX."""
    program = shutil.which("pdflatex")
    if program is None:
        raise WorkError("there is no pdflatex on this machine", where="make latex", hint=INSTALL)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(path, f"{folder}/table.tex")
        Path(folder, "page.tex").write_text(PAGE, "utf-8")
        command = [program, "-interaction=nonstopmode", "-no-shell-escape", "page.tex"]
        # lines of a log are broken at 79 characters unless it is told otherwise
        environment = {"PATH": str(Path(program).parent), "HOME": folder, "max_print_line": "1000"}
        subprocess.run(command, cwd=folder, capture_output=True, env=environment, check=False)
        log = Path(folder, "page.log").read_text("utf-8", errors="replace")
    pages = _PAGES.search(log)
    return Compiled(
        path.name,
        int(pages[1]) if pages else 0,
        max(map(float, _WIDTH.findall(log)), default=0.0),
        max(map(float, _OVERFULL.findall(log)), default=0.0),
        len(_ERROR.findall(log)),
    )


def compile_run(run: Path) -> list[Compiled]:
    """Compile every table of a finished run, results/{run}, and write its latex.csv."""
    found = [compile_table(path) for path in sorted(run.glob("tables/paper/*.tex"))]
    write_csv(pd.DataFrame(found, columns=Compiled._fields).round(1), run / "latex.csv")
    return found


def find_faults(run: Path, found: Iterable[Compiled]) -> list[str]:
    """Say which tables of a run do not compile, and which are too large."""
    faults = []
    for one in found:
        if one.errors or not one.pages:
            faults.append(f"{run}/tables/paper/{one.file} does not compile ({one.errors} errors)")
        elif one.overfull_pt:
            faults.append(f"{run}/tables/paper/{one.file} is {one.overfull_pt:.1f} pt too large")
    return faults


def main(results: Path) -> None:
    """Compile the tables of all finished runs, say how many, and leave with 1 and one sentence at a fault."""
    faults, tables = [], 0
    for run in sorted(path.parents[1] for path in results.glob("*/tables/paper")):
        found = compile_run(run)
        tables += len(found)
        faults += find_faults(run, found)
    if not tables:
        sys.exit(f"Error: {results}/: no run has tables of a paper (finish one first: make demo)")
    if faults:
        sys.exit(f"Error: {'; '.join(faults)}")
    tell(f"latex    {tables} tables compile, none is too large; {results}/*/latex.csv")


if __name__ == "__main__":
    try:
        main(Path("results"))
    except TraceKDError as error:
        sys.exit(f"Error: {error}")
