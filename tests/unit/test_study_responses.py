"""Exports of participants: JSON and CSV say the same; whatever is wrong is one sentence with file and row."""

import json

import pytest
from support.study_data import QUESTIONS, as_csv, make_export, make_plan, write_json
from tracekd.core.errors import DataError
from tracekd.study.responses import read_study_responses, responses_table

PLAN = make_plan()


def fault(folder, plan=PLAN):
    """The sentence that reading the folder ends with."""
    with pytest.raises(DataError) as error:
        read_study_responses(folder, plan)
    sentence = str(error.value)
    assert "\n" not in sentence
    return sentence


def csv_folder(tmp_path, text, encoding="utf-8"):
    (tmp_path / "sent.csv").write_bytes(text.encode(encoding))
    return tmp_path


def test_json_and_csv_of_the_same_participants_give_the_same_table(tmp_path):
    exports = [
        make_export(PLAN, group, f"p{group}", value)
        for group, value in zip("ABCD", (1, 2, 4, 5), strict=True)
    ]
    from_json = read_study_responses(write_json(tmp_path / "json", *exports), PLAN)
    (tmp_path / "csv").mkdir()
    from_csv = read_study_responses(csv_folder(tmp_path / "csv", as_csv(*exports)), PLAN)
    one, other = (responses_table(sent, PLAN) for sent in (from_json, from_csv))
    assert one.equals(other)
    assert len(one) == 4 * 4 * len(QUESTIONS)
    assert [export.record["checks"] for export in from_json] == [
        export.record["checks"] for export in from_csv
    ]


def test_a_question_worded_the_other_way_is_turned_round(tmp_path):
    table = responses_table(
        read_study_responses(write_json(tmp_path, make_export(PLAN, value=2)), PLAN), PLAN
    )
    scores = table.groupby("question")["score"].unique()
    assert (scores["follow"][0], scores["unclear"][0], scores["effort"][0]) == (2, 4, 2)
    assert set(table["value"]) == {2}


@pytest.mark.parametrize("mark", ["json", "csv"])
def test_a_byte_order_mark_is_no_fault(tmp_path, mark):
    export = make_export(PLAN)
    text = json.dumps(export) if mark == "json" else as_csv(export)
    (tmp_path / f"sent.{mark}").write_text(text, "utf-8-sig")
    assert len(read_study_responses(tmp_path, PLAN)) == 1


@pytest.mark.parametrize("value", [6, 0, -1])
def test_a_value_off_the_scale_is_named_with_its_row(tmp_path, value):
    export = make_export(PLAN)
    export["answers"][4]["value"] = value
    sentence = fault(write_json(tmp_path, export))
    assert "p1.json: answers[4]" in sentence
    assert str(value) in sentence
    (tmp_path / "p1.json").unlink()
    sentence = fault(csv_folder(tmp_path, as_csv(export)))
    assert "sent.csv:6" in sentence


def test_a_missing_item_is_named(tmp_path):
    export = make_export(PLAN)
    export["answers"] = [answer for answer in export["answers"] if answer["item"] != "question-2"]
    sentence = fault(write_json(tmp_path, export))
    assert "p1.json" in sentence
    assert "'question-2'" in sentence
    export["completed"] = False
    write_json(tmp_path, export)
    assert len(read_study_responses(tmp_path, PLAN)) == 1


def test_an_unknown_group_is_named(tmp_path):
    export = make_export(PLAN) | {"group": "E"}
    sentence = fault(write_json(tmp_path, export))
    assert "p1.json" in sentence
    assert "'E'" in sentence


def test_a_participant_who_comes_twice_is_named_with_both_files(tmp_path):
    write_json(tmp_path, make_export(PLAN))
    sentence = fault(csv_folder(tmp_path, as_csv(make_export(PLAN, value=3))))
    assert "'p1'" in sentence
    assert "p1.json" in sentence
    assert "sent.csv:2" in sentence


def test_another_plans_answers_are_refused(tmp_path):
    sentence = fault(write_json(tmp_path, make_export(PLAN)), PLAN | {"plan_sha256": "b" * 64})
    assert "another plan" in sentence
    assert "aaaaaaaaaaaa" in sentence


def test_truncated_json_is_named_with_its_line(tmp_path):
    path = write_json(tmp_path, make_export(PLAN)) / "p1.json"
    text = path.read_text()
    path.write_text(text[: len(text) // 2])
    assert f"p1.json:{text[: len(text) // 2].count(chr(10)) + 1}" in fault(tmp_path)


@pytest.mark.parametrize(("delimiter", "word"), [(";", "semicolons"), ("\t", "tabs")])
def test_a_wrong_delimiter_is_named(tmp_path, delimiter, word):
    sentence = fault(csv_folder(tmp_path, as_csv(make_export(PLAN), delimiter=delimiter)))
    assert "sent.csv:1" in sentence
    assert word in sentence


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",4,12.5", ",four,12.5", ["sent.csv:2", "'four'"]),
        (",4,12.5", ",4", ["sent.csv:2", "columns"]),
        ("follow,4", "folow,4", ["sent.csv:2", "'folow'", "'follow'"]),
        ("question-0,decomposed", "question-0,r1", ["sent.csv:2", "'r1'"]),
        ("question-0", "question-9", ["sent.csv:2", "'question-9'"]),
        (",p1,true,1,", ",p1,maybe,1,", ["sent.csv:2", "'maybe'"]),
        ("seconds", "second", ["sent.csv:1", "'seconds'"]),
        ("p1,true,4", "p1,false,4", ["sent.csv:11", "'p1'"]),
        ("question-1,decomposed,follow", "question-0,decomposed,follow", ["sent.csv:5", "twice"]),
    ],
)
def test_a_damaged_csv_is_named_with_its_row(tmp_path, old, new, words):
    text = as_csv(make_export(PLAN))
    assert old in text
    sentence = fault(csv_folder(tmp_path, text.replace(old, new, 1)))
    assert all(word in sentence for word in words), sentence


@pytest.mark.parametrize("text", ["", "[]", "null", "[1]", "{}", '{"answers": 3}', "[" * 100_000])
def test_json_that_is_no_export_is_one_sentence(tmp_path, text):
    (tmp_path / "sent.json").write_text(text)
    assert "sent.json" in fault(tmp_path)


def test_bytes_that_are_not_utf8_are_named_with_their_line(tmp_path):
    sentence = fault(csv_folder(tmp_path, as_csv(make_export(PLAN, participant="Zoë")), "latin-1"))
    assert "sent.csv:2" in sentence


def test_an_empty_or_missing_folder_is_named(tmp_path):
    assert "no responses" in fault(tmp_path)
    assert "no such folder" in fault(tmp_path / "nowhere")
