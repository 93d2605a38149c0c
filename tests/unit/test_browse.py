"""The page of differences: all text is escaped, nothing is loaded, and it stays small."""

import json
import re
from html import unescape

import pandas as pd
import pytest
from support.examples import make_question
from tracekd.core.texts import make_inert
from tracekd.tables.browse import write_page
from tracekd.tables.differences import FLAGS, LISTED, WIDTHS, browsable_items, cut, page_note

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)><!--<script>\n"
    "</title></style></textarea><b>bold</b> &lt;i&gt; \\u003cscript\\u003e javascript:alert(3) "
    "\"'` \u2028 =1+1"
)
RUN = {"dataset": "cotempqa", "model": "m", "arm": "correct", "seed": 7}


def make_items(ids, reasons="Q13", what="facts"):
    rows = [
        {**RUN, "class": "mix", "id": one, "what": what, "published": 1, "aligned": 0, "reasons": reasons}
        for one in ids
    ]
    return pd.DataFrame(rows).astype(FLAGS)


def make_page(items, text="text", **changes):
    asked = {one: make_question(id=one, **changes) for one in items["id"]}
    return asked, {(*RUN.values(), one): text for one in items["id"]}


def write(page, path):
    write_page(page, path, "Title", page_note(len(page), len(page)), LISTED, WIDTHS)
    return path.read_text("utf-8")


def rows_of(html):
    """The rows that DataTables is given."""
    return json.loads(json.loads(re.search(r'^\s*"data_json": (".*"),?$', html, re.MULTILINE)[1]))


def test_no_text_of_a_model_or_question_becomes_markup(tmp_path):
    items = make_items(["<script>alert(4)</script>"])
    asked, texts = make_page(
        items, HOSTILE, question=HOSTILE, answers=(HOSTILE,), context=(HOSTILE,) * 4, class_label="mix"
    )
    plain = write(browsable_items(make_items(["a"]), *make_page(make_items(["a"]))), tmp_path / "plain.html")
    html = write(browsable_items(items, asked, texts), tmp_path / "page.html")
    for tag in ("<script", "</script", "<img", "<b>", "</title", "</style", "</textarea", "<!--"):
        assert html.count(tag) == plain.count(tag), tag
    (row,) = rows_of(html)
    assert not re.search(r"<(?!br>)", "".join(row)), "only line breaks are markup"
    assert unescape(row[-1].replace(" <br>", "\n")) == HOSTILE


def test_a_model_name_is_escaped_too(tmp_path):
    items = make_items(["a"]).assign(model="<i>m</i>")
    asked, _ = make_page(items)
    page = browsable_items(items, asked, {("cotempqa", "<i>m</i>", "correct", 7, "a"): "text"})
    assert "<i>m" not in write(page, tmp_path / "page.html")


def test_the_page_may_load_nothing(tmp_path):
    items = make_items(["a"])
    html = write(browsable_items(items, *make_page(items)), tmp_path / "page.html")
    assert "default-src 'none'" in html
    assert not re.search(r"(src|href)=[\"']?(https?:)?//[^>]*\.(js|css)", html)
    assert not re.search(r"<(link|iframe|object|embed|base)\b", html)
    assert not re.search(r"<script[^>]+src", html)


def test_a_row_holds_everything_that_is_needed_to_judge():
    items = make_items(["a"], reasons="Q3 or Q13")
    page = browsable_items(items, *make_page(items, "the output"))
    row = page.iloc[0]
    assert row["Reasons"] == "Q3 no answer tag needed or Q13 any fact counts"
    assert (row["Published"], row["Aligned"], row["Judged"]) == ("right", "wrong", "retrieval")
    assert row["Gold"].splitlines() == [
        "David Widder | Norbert Wiener",
        "David Widder works for Aberdeen Proving Ground from 1918 to 1919.",
        "Norbert Wiener works for Aberdeen Proving Ground from 1916 to 1919.",
    ]
    assert row["Generated"] == "the output"


def test_a_long_output_keeps_its_beginning_and_its_end():
    assert cut("abcdef", 4, 2) == "abcdef"
    assert cut("abcdefg", 4, 2) == "abcd […] fg"
    assert cut("abcdefg", 4, 0) == "abcd […] "


def test_when_room_is_short_every_kind_of_difference_is_shown():
    items = pd.concat(
        [
            make_items([f"a{number}" for number in range(50)], "Q13"),
            make_items(["b0", "b1"], "form"),
            make_items(["c0"], "Q5", "answer"),
        ],
        ignore_index=True,
    )
    asked, texts = make_page(items, "x" * 500)
    whole = browsable_items(items, asked, texts)
    part = browsable_items(items, asked, texts, room=10_000)
    assert whole["Id"].tolist() == items["id"].tolist()
    assert 3 < len(part) < 20
    assert {"a0", "a1", "b0", "b1", "c0"} <= set(part["Id"])
    assert part["Id"].tolist() == [one for one in whole["Id"] if one in set(part["Id"])], "in their order"
    assert "The first 12 of 53" in page_note(12, 53)
    assert "The first" not in page_note(53, 53)


def test_a_full_page_stays_below_6_megabytes(tmp_path):
    items = make_items([f"a{number:05}" for number in range(9000)])
    asked, texts = make_page(items, "\n'quoted' \"text\" <think> é — " * 30)
    html = write(browsable_items(items, asked, texts), tmp_path / "page.html")
    assert len(html.encode()) <= 6_000_000


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "'=1", "a", "'a'"])
def test_a_formula_is_inert_in_the_downloaded_csv_and_shown_as_it_is(tmp_path, text):
    items = make_items(["a"])
    html = write(browsable_items(items, *make_page(items, text)), tmp_path / "page.html")
    shown = rows_of(html)[0][-1]
    # the button exports the text of a cell without its tags; the page hides what is marked hidden
    assert unescape(re.sub("<.*?>", "", shown)) == make_inert(text)
    assert unescape(re.sub("<i hidden>.*?</i>", "", shown)) == text
