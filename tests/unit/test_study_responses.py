"""Exports of participants: JSON and CSV say the same; whatever is wrong is one sentence with file and row."""

import json

import pytest
from support.study_data import QUESTIONS, as_csv, make_export, make_plan, write_json
from tracekd.core.errors import DataError
from tracekd.core.tables import read_table
from tracekd.study.responses import read_study_responses, responses_table
from tracekd.study.scores import participant_means
from tracekd.tables.write import write_csv

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


@pytest.mark.parametrize("order", [1, -1])
def test_of_a_part_and_the_whole_of_one_participant_the_whole_is_taken(tmp_path, order):
    part, whole = make_export(PLAN, completed=False), make_export(PLAN, value=3)
    for name, export in zip(("a", "b")[::order], (part, whole), strict=True):
        (tmp_path / f"{name}.json").write_text(json.dumps(export))
    (export,) = read_study_responses(tmp_path, PLAN)
    assert export.record == whole
    # two wholes, two parts, or of another group: nobody can tell which counts
    for other in (whole | {"completed": False}, make_export(PLAN, "B")):
        (tmp_path / "b.json").write_text(json.dumps(other))
        (tmp_path / "a.json").write_text(json.dumps(part))
        sentence = fault(tmp_path)
        assert "a.json" in sentence and "b.json" in sentence


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


# --- checks and pages are held against the plan as answers are


def change_check(**changes):
    return lambda export: export["checks"][0].update(changes)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda export: export.update(checks=[]), "is completed but has no answer to check 'attention'"),
        (
            change_check(check="attentoin"),
            "checks[0]: check 'attentoin' is unknown (did you mean 'attention'?",
        ),
        (change_check(value=2), "checks[0]: check 'attention' asks for 5, but 2 counts as passed"),
        (change_check(passed=False), "checks[0]: check 'attention' asks for 5, but 5 counts as failed"),
        (change_check(value=6), "checks[0]: value 6 is not on the scale from 1 to 5"),
        (change_check(value=None), "checks[0]: passes check 'attention' without an answer"),
        (change_check(value=None, passed=False), "is completed but has no answer to check 'attention'"),
        (
            lambda export: export["checks"].append(export["checks"][0]),
            "checks[1]: answers check 'attention' twice",
        ),
        (lambda export: export["answers"][1].update(seconds=1), "answers[1]: position or seconds of item"),
        (lambda export: export["answers"][4].update(position=3), "answers[4]: position or seconds of item"),
        (
            lambda export: [one.update(position=1) for one in export["answers"]],
            "positions 1 to 4, each its own",
        ),
        (
            lambda export: [one.update(position=one["position"] + 1) for one in export["answers"]],
            "positions 1 to 4, each its own",
        ),
    ],
)
def test_a_check_or_page_that_does_not_fit_the_plan_is_named(tmp_path, damage, sentence):
    export = make_export(PLAN)
    damage(export)
    assert sentence in fault(write_json(tmp_path, export))


def test_a_failed_check_and_one_of_a_participant_who_stopped_are_kept(tmp_path):
    failed = make_export(PLAN)
    failed["checks"][0] |= {"value": 2, "passed": False}
    stopped = make_export(PLAN, "B", "p2", completed=False) | {"checks": []}
    first, second = read_study_responses(write_json(tmp_path, failed, stopped), PLAN)
    assert [check["passed"] for check in first.record["checks"]] == [False]
    assert second.record["checks"] == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("attention,5", "attention,7", "sent.csv:14: value 7 is not on the scale"),
        ("attention,5", "attention,", "is completed but has no answer to check 'attention'"),
        ("attention,5", "atention,5", "sent.csv:14: check 'atention' is unknown"),
        (",4,12.5", ",4,nan", "sent.csv:2: seconds 'nan' is not a number"),
        (",4,12.5", ",4,inf", "sent.csv:2: seconds 'inf' is not a number"),
        (",4,12.5", ",4,1e999", "sent.csv:2: seconds '1e999' is not a number"),
        (",4,12.5", f",{'4' * 5000},12.5", "sent.csv:2: value '4444"),
        (",4,12.5", f",{'4' * 400},12.5", "sent.csv:2: value '4444"),
        (",4,12.5", ",4,-1", "seconds must be bigger than or equal to 0"),
    ],
)
def test_a_number_of_a_csv_that_means_nothing_is_named_with_its_row(tmp_path, old, new, sentence):
    text = as_csv(make_export(PLAN))
    assert old in text
    found = fault(csv_folder(tmp_path, text.replace(old, new, 1)))
    assert sentence in found and len(found) < 600 + len(str(tmp_path))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "7" * 5000])
@pytest.mark.parametrize("field", ['"seconds": 12.5', '"value": 4'])
def test_a_number_of_a_json_export_that_means_nothing_is_named(tmp_path, field, number):
    path = write_json(tmp_path, make_export(PLAN)) / "p1.json"
    path.write_text(path.read_text().replace(field, f"{field.partition(':')[0]}: {number}", 1))
    found = fault(tmp_path)
    assert "p1.json" in found and "number" in found and len(found) < 400 + len(str(tmp_path))


@pytest.mark.parametrize("name", ["NA", "null", "nan", "None", "007", "1e5", "-1", "-"])
def test_a_participant_of_any_name_stays_in_the_analysis(tmp_path, name):
    exports = [make_export(PLAN, participant=name), make_export(PLAN, "B", "p2")]
    sent = read_study_responses(write_json(tmp_path / "sent", *exports), PLAN)
    write_csv(responses_table(sent, PLAN), tmp_path / "responses.csv")
    ratings = read_table(tmp_path / "responses.csv")
    assert set(ratings["participant"]) == {name, "p2"}
    means = participant_means(ratings, [one["name"] for one in PLAN["conditions"]])
    assert sorted(means.index.get_level_values("participant")) == sorted([name, "p2"])


def test_a_csv_of_the_page_is_read_with_its_marks_taken_away(tmp_path):
    plan = PLAN | {"study": "=1+1"}
    text = as_csv(make_export(plan, participant="-1")).replace("=1+1,", "'=1+1,").replace(",-1,", ",'-1,")
    (export,) = read_study_responses(csv_folder(tmp_path, text), plan)
    assert (export.record["study"], export.record["participant"]) == ("=1+1", "-1")


# --- files as people send them


@pytest.mark.parametrize("mark", ["JSON", "Csv"])
def test_an_ending_in_capitals_is_read(tmp_path, mark):
    export = make_export(PLAN)
    (tmp_path / f"sent.{mark}").write_text(json.dumps(export) if mark == "JSON" else as_csv(export))
    (sent,) = read_study_responses(tmp_path, PLAN)
    assert sent.record == export


def test_whole_numbers_may_be_written_as_fractions(tmp_path):
    export = make_export(PLAN)
    (tmp_path / "sent.csv").write_text(
        as_csv(export).replace(",4,12.5", ",4.0,12.5").replace("true,1,", "true,1.0,")
    )
    (sent,) = read_study_responses(tmp_path, PLAN)
    (tmp_path / "sent.csv").rename(tmp_path / "sent.txt")
    text = json.dumps(export).replace('"value": 4', '"value": 4.0').replace('"value": 5', '"value": 5.0')
    (tmp_path / "sent.json").write_text(text.replace('"position": 1', '"position": 1.0'))
    (other,) = read_study_responses(tmp_path, PLAN)
    assert repr(sent.record["answers"]) == repr(other.record["answers"]) == repr(export["answers"])
    assert repr(sent.record["checks"]) == repr(other.record["checks"]) == repr(export["checks"])


def test_half_a_point_is_named_with_its_row(tmp_path):
    sentence = fault(csv_folder(tmp_path, as_csv(make_export(PLAN)).replace(",4,12.5", ",4.5,12.5", 1)))
    assert "sent.csv:2: value '4.5' is not a whole number" in sentence


def test_empty_rows_of_a_spreadsheet_say_nothing(tmp_path):
    first, *rows = as_csv(make_export(PLAN)).splitlines(keepends=True)
    empty = "," * first.count(",") + "\r\n"
    (sent,) = read_study_responses(csv_folder(tmp_path, "".join([first, empty, *rows, empty, empty])), PLAN)
    assert sent.record == make_export(PLAN)
    assert sent.rows[0].endswith("sent.csv:3")


@pytest.mark.parametrize("line", ["sep=,", '"sep=,"', "SEP=,", "sep=,,,,,,,,,,,"])
def test_a_line_that_names_the_separator_says_nothing(tmp_path, line):
    (sent,) = read_study_responses(csv_folder(tmp_path, f"{line}\r\n{as_csv(make_export(PLAN))}"), PLAN)
    assert sent.record == make_export(PLAN)
    assert sent.rows[0].endswith("sent.csv:3")


def test_another_separator_is_named_though_the_first_line_says_it(tmp_path):
    text = "sep=;\r\n" + as_csv(make_export(PLAN), delimiter=";")
    assert "sent.csv:2: columns are separated by semicolons" in fault(csv_folder(tmp_path, text))
