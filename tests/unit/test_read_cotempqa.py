"""The CoTempQA reader: what becomes of a row, which rows are test, and what is refused."""

import json

import pandas as pd
import pytest
from support.examples import make_question
from support.raw_files import OPTIONS, cotempqa_row, write_lines
from tracekd.core.errors import DataError
from tracekd.datasets import get_dataset
from tracekd.datasets.cotempqa import reader

ONE_CLASS = OPTIONS["cotempqa"].changed(files={"mix": "mix.json"})


def read(folder, rows, **options):
    write_lines(folder / "mix.json", rows)
    return reader.read(folder, ONE_CLASS.changed(**options), seed=0)


def test_a_row_becomes_a_question(tmp_path):
    (question,) = read(tmp_path, [cotempqa_row(answer=["mayor", "dean"])])
    assert question.id == "cotempqa-mix-00000"
    assert (question.split, question.class_label, question.answers) == ("train", "mix", ("mayor", "dean"))
    assert question.gold_facts == (1, 2)
    assert question.attributes == {"triple_element": "S1_R2_O2"}
    assert (question.source.file, question.source.line) == ("mix.json", 1)


@pytest.mark.parametrize(("n_rows", "fraction", "seed"), [(436, 0.2, 42), (10, 0.3, 7), (3, 0.5, 0)])
def test_test_rows_are_those_that_pandas_samples(tmp_path, n_rows, fraction, seed):
    rows = [cotempqa_row(index) for index in range(n_rows)]
    questions = read(tmp_path, rows, test_fraction=fraction, split_seed=seed)
    sampled = pd.DataFrame(index=range(n_rows)).sample(frac=fraction, random_state=seed)
    assert {int(one.id[-5:]) for one in questions if one.split == "test"} == set(sampled.index)


def test_row_order_does_not_change_the_questions(tmp_path):
    rows = [cotempqa_row(index) for index in range(20)]
    forward = {question.id: question.split for question in read(tmp_path, rows)}
    assert {question.id: question.split for question in read(tmp_path, rows[::-1])} == forward


def test_a_part_of_a_class_is_split_as_the_whole(tmp_path):
    rows = [cotempqa_row(index) for index in range(50)]
    whole = {question.id: question.split for question in read(tmp_path, rows)}
    part = read(tmp_path, rows[::3], class_sizes={"mix": 50})
    assert {question.id: question.split for question in part}.items() <= whole.items()


def test_a_row_without_index_is_train_and_named_by_its_line(tmp_path):
    rows = [cotempqa_row(0), cotempqa_row(None), cotempqa_row(None)]
    questions = read(tmp_path, rows, test_fraction=1.0)
    assert [(one.id, one.split) for one in questions] == [
        ("cotempqa-mix-00000", "test"),
        ("cotempqa-mix-L00002", "train"),
        ("cotempqa-mix-L00003", "train"),
    ]


@pytest.mark.parametrize("missing", [{"triple_element": None}, {}])
def test_the_triple_element_may_be_missing(tmp_path, missing):
    row = cotempqa_row()
    del row["triple_element"]
    assert read(tmp_path, [row | missing])[0].attributes == {}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"answer": []}, "answer must contain at least 1 items"),
        ({"answer": [" "]}, "answer[0] must not be blank"),
        ({"answer": "mayor"}, "answer must be array"),
        ({"answer": ["consul"]}, "gold fact missing"),
        ({"facts": []}, "facts must contain at least 1 items"),
        ({"facts": None}, "facts must be array"),
        ({"question": ""}, "question must not be blank"),
        ({"question": "half a \ud83d"}, "holds half a character"),
        ({"index": "1"}, "index must be integer"),
        ({"index": 0}, "index 0 occurs twice"),
        ({"index": 2}, "index 2 is beyond the 2 rows of class 'mix'"),
    ],
)
def test_a_wrong_field_is_refused_by_file_and_line(tmp_path, changes, what):
    with pytest.raises(DataError) as error:
        read(tmp_path, [cotempqa_row(0), cotempqa_row(1) | changes])
    assert f"mix.json:2: {what}" in str(error.value)
    assert error.value.hint


def test_a_missing_field_is_named(tmp_path):
    row = cotempqa_row()
    del row["facts"]
    with pytest.raises(DataError, match=r"mix\.json:1: the row must contain \['facts'\]"):
        read(tmp_path, [row])


def test_more_rows_than_the_class_has_are_refused(tmp_path):
    with pytest.raises(DataError, match="class 'mix' has 1 rows, the file 2"):
        read(tmp_path, [cotempqa_row(0), cotempqa_row(1)], class_sizes={"mix": 1})


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (json.dumps(cotempqa_row(1)).encode()[:60], "not a JSON object"),
        (b"[]", "a JSON object is expected, not list"),
        (b"\n{}", "not a JSON object"),  # a blank line that is not the last
        (b"[" * 100_000, "not a JSON object"),
        (b'{"index": 1, "question": "\xff"}', "byte 27 of the line is not UTF-8"),
    ],
)
def test_a_damaged_line_is_refused(tmp_path, line, what):
    whole = json.dumps(cotempqa_row(0)).encode()
    (tmp_path / "mix.json").write_bytes(whole + b"\n" + line + b"\n")
    with pytest.raises(DataError) as error:
        reader.read(tmp_path, ONE_CLASS, seed=0)
    assert f"mix.json:2: {what}" in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"mix\.json: cannot be read"):
        reader.read(tmp_path, ONE_CLASS, seed=0)


FACTS = (
    "Rover is owned by Discovery Inc. in January 23, 2017.",
    "Ada Holm holds the position of Minister of Health in Norway from July, 2001 to May 3, 2004.",
    "Mary Lund was seen in Oslo.",
)


@pytest.mark.parametrize(
    ("asked", "kind", "entities"),
    [
        (
            "which position did Ada Holm hold then?",
            "position/object",
            "Discovery Inc.|Minister of Health in Norway|",
        ),
        (
            "which political party did X join?",
            "political_party/object",
            "Discovery Inc.|Minister of Health in Norway|",
        ),
        ("who was also owned by Discovery Inc. then?", "owner/subject", "Rover|Ada Holm|"),
        ("who also held the position of Minister then?", "position/subject", "Rover|Ada Holm|"),
        ("who was there?", "other/subject", "Rover|Ada Holm|"),
        ("where was she?", "other/object", "Discovery Inc.|Minister of Health in Norway|"),
    ],
)
def test_candidates_and_kind_follow_what_is_asked(asked, kind, entities):
    question = make_question(context=FACTS, question=f"While Ada Holm was at work, {asked}")
    cotempqa = get_dataset("cotempqa")
    assert cotempqa.answer_kind(question) == kind
    assert cotempqa.candidates(question) == entities.split("|")
