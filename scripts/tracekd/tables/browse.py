"""A table as one HTML file for a browser: searchable, filtered by column, complete in itself.

DataTables as bundled with itables stands in the file. The page may load nothing from anywhere (its content
security policy says so), and all text is escaped: what a model generated is shown, never interpreted.
"""

import json
from html import escape
from pathlib import Path

import pandas as pd

from tracekd.core.files import atomic_write
from tracekd.core.texts import make_inert

ROWS_PER_PAGE = 10
_CSS = """
body { font: 14px/1.4 system-ui, sans-serif; color: #222; margin: 1.5rem; }
h1 { font-size: 1.25rem; margin: 0 0 .5rem; }
p { max-width: 60rem; margin: 0 0 .5rem; }
table.dataTable { font-size: 12.5px; }
table.dataTable td { vertical-align: top; text-align: left !important; }
table.dataTable td.text { overflow-wrap: anywhere; }
div.dtcc-dropdown { width: 30rem; }
table.dataTable th { text-align: left !important; }
"""
# itables brings its modules in as blobs and styles its table by attributes
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src data:; "
    "connect-src blob: data:"
)


def write_page(
    table: pd.DataFrame, path: str | Path, title: str, note: str, listed: list[str], widths: dict[str, str]
) -> None:
    """Write a table as an interactive page.

    Args:
        table: strings under readable headers.
        path: of the HTML file; its name without ending names the downloaded CSV.
        title: of the page.
        note: what a row is and where the numbers come from.
        listed: columns of few values, filtered by a list of them; the others by text.
        widths: CSS widths of columns of long texts.

    """
    from itables import options
    from itables.javascript import generate_init_offline_itables_html, to_html_datatable

    place = {name: number for number, name in enumerate(table.columns)}
    datatable = to_html_datatable(
        table.map(_html),
        table_id="rows",
        connected=False,
        allow_html=True,  # `_html` has escaped it: itables would print a line break as \\n
        showIndex=False,
        maxBytes=0,
        classes="display compact",
        style="width:100%",
        autoWidth=False,
        pageLength=ROWS_PER_PAGE,
        layout={"topStart": "buttons", "topEnd": "search"},
        buttons=[{"extend": "csvHtml5", "text": "Download as CSV", "filename": Path(path).stem}],
        ordering={"indicators": False, "handler": False},
        columnControl=_controls("searchDropdown"),
        columnDefs=[
            {"targets": [place[name] for name in listed], "columnControl": _controls(["searchList"])},
            *(
                {"targets": place[name], "width": width, "className": "text"}
                for name, width in widths.items()
            ),
        ],
    )
    with atomic_write(path) as stream:
        stream.write(
            f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            f"<title>{escape(title)}</title>\n"
            f"{generate_init_offline_itables_html(options.dt_bundle)}\n<style>{_CSS}</style>\n</head>\n<body>\n"
            f"<h1>{escape(title)}</h1>\n<p>{escape(note)}</p>\n{datatable}\n</body>\n</html>\n"
        )


def row_sizes(table: pd.DataFrame) -> pd.Series:
    """Bytes that each row takes in a page: JSON text within JSON, all of it ASCII."""
    rows = table.map(_html).itertuples(index=False, name=None)
    return pd.Series([len(json.dumps(json.dumps(row))) for row in rows], index=table.index, dtype=int)


def _html(text: str) -> str:
    """Escape text; a line break is kept, behind a blank that stays in the downloaded CSV.

    A mark that the page hides keeps the text inert in that CSV, too.
    """
    hidden = "<i hidden>&#x27;</i>" if make_inert(text) != text else ""
    return hidden + escape(text).replace("\n", " <br>")


def _controls(search: str | list[str]) -> list[dict[str, object]]:
    """Put sorting and a search of the column below its title."""
    return [{"target": 1, "content": ["order", search]}]
