import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracekd.core.literals import parse_list, render_list, spell_lists


@given(st.lists(st.text()))
@settings(max_examples=2000)
def test_parse_inverts_render(items):
    assert parse_list(render_list(items)) == items


@given(st.text(alphabet="[]',\" \\nxu0aA1", max_size=20))
@settings(max_examples=5000)
def test_agrees_with_python_wherever_python_reads_a_list_of_plain_strings(text):
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError):
        return
    parsed = parse_list(text)
    if parsed is not None and isinstance(value, list):
        assert parsed == value or any(mark in text for mark in ("\\x", "\\u", "\\N", "\\0", "\\a", "\\1"))


@pytest.mark.parametrize(
    "text", ["", "[", "]", "['a'", "['a' 'b']", "['a',]", "[a]", "'a'", "['a'] tail", "[,]", "('a',)", "[1]"]
)
def test_anything_else_is_no_list(text):
    assert parse_list(text) is None


def test_blanks_are_allowed():
    assert parse_list(" [ 'a' , \"b's\" ] ") == ["a", "b's"]
    assert parse_list("[]") == []


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("facts: ['a b', \"it's\"]", "facts: “a b”, “it's”"),
        ("[1] a fact, [] and ['open", "[1] a fact, [] and ['open"),
    ],
)
def test_lists_in_a_text_are_quoted_as_readers_do(text, spelt):
    assert spell_lists(text) == spelt
