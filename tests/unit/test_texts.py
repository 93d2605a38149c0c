"""Text files from outside: what programs add to them says nothing, what cannot be meant is one sentence."""

import codecs
import csv
import io
import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracekd.core.errors import DataError
from tracekd.core.records import read_generations
from tracekd.core.tables import read_table
from tracekd.core.texts import (
    make_inert,
    parse_json_object,
    read_json_lines,
    read_lines,
    read_rows,
    read_text,
    restore,
    write_rows,
)
from tracekd.scoring.score import Score, write_scores
from tracekd.tables.scores import read_scores
from tracekd.tables.write import write_csv

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠a"]


def say(error):
    """The one sentence of an error."""
    sentence = str(error.value)
    assert "\n" not in sentence
    return sentence


# --- what programs add


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8], ids=["plain", "mark"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n", b"\n \t\r\n\n"])
def test_a_byte_order_mark_and_blank_lines_at_the_end_say_nothing(tmp_path, mark, end):
    (tmp_path / "g.jsonl").write_bytes(mark + b'{"id": "a", "text": "b"}\n{"id": "c", "text": "d"}' + end)
    assert [(one.id, one.text) for one in read_generations(tmp_path / "g.jsonl")] == [("a", "b"), ("c", "d")]
    (tmp_path / "t.csv").write_bytes(mark + b"index,text\n1,\xc3\xa4\n2, " + end)
    rows = [row for _, row in read_rows(tmp_path / "t.csv", ("index", "text"))]
    assert rows == [{"index": "1", "text": "ä"}, {"index": "2", "text": " "}]
    assert read_table(tmp_path / "t.csv")["index"].tolist() == [1, 2]


def test_a_blank_line_between_others_is_kept_with_its_number(tmp_path):
    (tmp_path / "t.txt").write_bytes(b"one\n\nthree\n\n")
    assert list(read_lines(tmp_path / "t.txt")) == [(1, "one"), (2, ""), (3, "three")]
    (tmp_path / "g.jsonl").write_text('{"id": "a", "text": ""}\n\n{"id": "b", "text": ""}\n')
    with pytest.raises(DataError) as error:
        read_generations(tmp_path / "g.jsonl")
    assert "g.jsonl:2: not a JSON object" in say(error)


def test_a_line_may_hold_what_unicode_takes_for_a_line_end(tmp_path):
    (tmp_path / "g.jsonl").write_text('{"id": "a", "text": "x\u2028y\x85z"}\n', "utf-8")
    assert read_generations(tmp_path / "g.jsonl")[0].text == "x\u2028y\x85z"


# --- what is something else


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_named(tmp_path, encoding):
    (tmp_path / "t.csv").write_bytes("id,text\na,b\n".encode(encoding))
    for read in (read_text, lambda path: list(read_lines(path)), read_table):
        with pytest.raises(DataError) as error:
            read(tmp_path / "t.csv")
        assert "t.csv: is UTF-16, or no text (save it as UTF-8)" in say(error)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ('[{"id": "a", "text": ""}]', "jq -c '.[]' FILE"),
        ('[\n  {"id": "a", "text": ""}\n]\n', "jq -c '.[]' FILE"),
        ('{\n  "id": "a",\n  "text": ""\n}\n', "jq -c '.' FILE"),
    ],
)
def test_one_json_value_in_place_of_lines_is_named_with_the_remedy(tmp_path, text, remedy):
    (tmp_path / "g.jsonl").write_text(text)
    with pytest.raises(DataError) as error:
        read_generations(tmp_path / "g.jsonl")
    assert "is one JSON value, not one object per line" in say(error) and remedy in say(error)


def test_bytes_that_are_no_utf_8_are_named_with_line_and_place(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"id,text\na,caf\xe9\n")
    for read in (read_text, lambda path: list(read_lines(path)), lambda path: list(read_rows(path, ("id",)))):
        with pytest.raises(DataError) as error:
            read(tmp_path / "t.csv")
        assert "t.csv:2: byte 6 of the line is not UTF-8" in say(error)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a;b\n1;2\n", "t.csv:1: columns are separated by semicolons (save with commas)"),
        ("a\tb\n1\t2\n", "t.csv:1: columns are separated by tabs"),
        ("a,c\n1,2\n", "t.csv:1: column 'b' is missing"),
        ("a,b,a\n1,2,3\n", "t.csv:1: column 'a' stands there twice"),
        ("", "t.csv:1: column 'a' is missing"),
        ("a,b\n1\n", "t.csv:2: the row has not 2 columns"),
        ("a,b\n1,2,3\n", "t.csv:2: the row has not 2 columns"),
        ('a,b\n1,"2\n', "not a CSV file: unexpected end of data"),
    ],
)
def test_a_csv_of_another_form_is_named(tmp_path, text, sentence):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError) as error:
        list(read_rows(tmp_path / "t.csv", ("a", "b")))
    assert sentence in say(error)


@pytest.mark.parametrize("text", ["", 'id,text\n"a,b\n', "id,text\n1,2\n1,2,3\n"])
def test_a_table_that_is_none_is_one_sentence(tmp_path, text):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError) as error:
        read_table(tmp_path / "t.csv")
    assert "t.csv: not a CSV table" in say(error)


# --- numbers


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("NaN", "NaN is no number"),
        ("Infinity", "Infinity is no number"),
        ("-Infinity", "-Infinity is no number"),
        ("1e999", "1e999 is no number"),
        ("7" * 20, "a number of 20 digits"),
        ("7" * 5000, "a number of 5000 digits"),
        ("-" + "7" * 400, "a number of 401 digits"),
    ],
)
def test_a_number_that_no_record_can_mean_is_refused_with_its_line(tmp_path, number, sentence):
    (tmp_path / "x.jsonl").write_text(f'{{"a": 1}}\n{{"a": [{number}]}}\n')
    with pytest.raises(DataError) as error:
        list(read_json_lines(tmp_path / "x.jsonl"))
    assert f"x.jsonl:2: not a JSON object: {sentence}" in say(error)
    assert len(say(error)) < 300 + len(str(tmp_path))


def test_other_numbers_are_what_they_are():
    text = '{"a": 9223372036854775807, "b": -1, "c": 1e300, "d": 0.1, "e": -0.0}'
    assert parse_json_object(text, "x") == json.loads(text)


# --- names in tables


def test_a_name_is_text_whatever_it_looks_like(tmp_path):
    names = ["NA", "null", "nan", "None", "007", "1e5", "inf", "true", "N/A"]
    write_csv(pd.DataFrame({"participant": names, "score": 0.5, "gap": None}), tmp_path / "t.csv")
    table = read_table(tmp_path / "t.csv")
    assert table["participant"].tolist() == names
    assert table["score"].tolist() == [0.5] * len(names) and table["gap"].isna().all()


@pytest.mark.parametrize("column", ["id", "class", "model", "arm", "dataset", "group", "item", "condition"])
def test_names_that_are_all_numbers_or_all_missing_stay_names(tmp_path, column):
    write_csv(pd.DataFrame({column: ["01", "02"], "n": [1, 2]}), tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv")[column].tolist() == ["01", "02"]
    write_csv(pd.DataFrame({column: ["NA", "NA"], "n": [1, 2]}), tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv")[column].tolist() == ["NA", "NA"]


# --- texts that a spreadsheet would run


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_inert_in_every_csv_and_the_same_when_it_is_read_again(tmp_path, text):
    write_csv(pd.DataFrame({"id": [text, "a"], "x": [-1.5, 2.0]}), tmp_path / "one.csv")
    write_rows([(text, -1.5), ("a", 2.0)], tmp_path / "two.csv", ["id", "x"])
    for path in (tmp_path / "one.csv", tmp_path / "two.csv"):
        first, second = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))[1:]
        assert first[0] == f"'{text}" and second[0] == "a"
        assert float(first[1]) == -1.5, "a number is no text"
        table = read_table(path)
        assert table["id"].tolist() == [text, "a"] and table["x"].tolist() == [-1.5, 2.0]


@pytest.mark.parametrize("text", ["a=1", "", "'", "'quoted'", "–", "1-2", " =1", "'s"])
def test_other_texts_stand_as_they_are(text):
    assert make_inert(text) == restore(text) == text


@given(st.text(st.sampled_from("'=+-@\t\r\nab＝"), max_size=8))
def test_whatever_is_written_is_what_is_read(text):
    assert restore(make_inert(text)) == text
    assert not make_inert(text).startswith(tuple("=+-@\t\r\n＝＋－＠"))


def test_an_id_like_a_formula_passes_through_a_score_file(tmp_path):
    path = tmp_path / "cotempqa/m/correct/seed1.aligned.csv"
    write_scores(
        [Score("=1", "mix", True, {}, {}, True), Score("NA", "mix", False, {}, {}, True)], path, (), ()
    )
    assert "'=1,mix" in path.read_text()
    assert read_scores([path])["id"].tolist() == ["=1", "NA"]
