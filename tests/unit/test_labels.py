"""The glossary: numbers are written in one way, and readers meet no other words for the same things."""

import ast
import re
from math import nan

import pytest
from support.examples import ROOT
from tracekd.labels import as_header, show_change, show_number, show_share

# for these the glossary has other words: right, a dash, class step, retrieval step, aligned scorer, …
STRANGE = re.compile(
    r"\bok\b|\bundef\.|classification|information retrieval|(by|item's) own gold(?! row)|\btrue\b|\btruth\b"
    r"|95 % CI|SFT arm|prefilled|\bbehind (a |the )?(set )?trace",
    re.IGNORECASE,
)
ROOMS = ("figures", "tables", "claims", "page", "interventions", "experiment")
PYTHON = sorted(
    [
        *ROOT.glob("scripts/*.py"),
        *(path for room in ROOMS for path in ROOT.glob(f"scripts/tracekd/{room}/*.py")),
    ]
)
CAPTIONS = sorted(ROOT.glob("resources/captions/*.rst"))


def list_texts(path):
    """Give what a module may show: texts that are neither docstrings nor names of columns."""
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]
    return [text for text in texts if not re.fullmatch(r"\w*", text)]


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.stem)
def test_figures_tables_and_sentences_use_the_words_of_the_glossary(path):
    assert [text for text in list_texts(path) if STRANGE.search(text)] == []


@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_captions_use_the_words_of_the_glossary(path):
    words = re.sub("``.*?``", "", path.read_text("utf-8"))
    assert not STRANGE.findall(words)


@pytest.mark.parametrize(
    ("value", "digits", "words"),
    [
        (0.05, 1, "+0.1"),
        (-0.05, 1, "−0.1"),
        (0.04, 1, "0.0"),
        (-0.04, 1, "0.0"),
        (10, 0, "+10"),
        (nan, 1, "–"),
    ],
)
def test_a_change_has_its_sign_where_it_is_not_0(value, digits, words):
    assert show_change(value, digits) == words


def test_figures_and_tables_round_alike():
    assert [show_number(0.125, 2), show_number(-0.004, 2), show_share(0.4925), show_share(None)] == [
        *("0.13", "0.00", "49.3 %", "–")
    ]


def test_a_header_begins_with_a_capital_and_keeps_the_others():
    assert as_header("both right") == "Both right"
    assert as_header("SQL step") == "SQL step"
