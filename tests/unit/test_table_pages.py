"""Tables as pages of the report: every cell is text, and the page runs and loads nothing."""

from html import unescape

import pandas as pd
from support.examples import ROOT
from tracekd.tables.pages import table_page
from tracekd.tables.write import markdown

TEMPLATE, STYLE = (
    (ROOT / f"resources/report/table.{name}").read_text("utf-8") for name in ("html.j2", "css")
)
SHOWN = pd.DataFrame({"Class": ["before | after", "<script>window.hacked = 1</script>"], "n": ["1,234", "–"]})


def show(text):
    return table_page(text, title="results & more", template=TEMPLATE, style=STYLE)


def test_a_table_is_shown_as_it_was_written():
    page = show(f"Accuracy in **%**.\n\n{markdown(SHOWN)}\n")
    assert "<p>Accuracy in <strong>%</strong>.</p>" in page
    assert '<th class="left">Class</th>\n<th class="right">n</th>' in page
    assert '<td class="left">before | after</td>\n<td class="right">1,234</td>' in page
    assert "<title>results &amp; more</title>" in page


def test_a_cell_is_text_whatever_it_holds():
    page = show(markdown(SHOWN))
    assert "&lt;script&gt;window.hacked = 1&lt;/script&gt;" in page and "<script" not in page


def test_the_page_has_no_style_that_its_policy_refuses():
    page = show(markdown(SHOWN))
    assert "default-src 'none'" in unescape(page) and "style=" not in page
