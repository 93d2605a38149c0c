import json

import pytest
from support.examples import make_question
from tracekd.core.errors import DataError
from tracekd.core.records import Generation, read_generations, read_questions, read_traces, write_records
from tracekd.traces.build import build_traces
from tracekd.traces.verification import verify_traces


def test_questions_and_traces_survive_the_round_trip(tmp_path, question):
    write_records([question], tmp_path / "questions.jsonl")
    assert read_questions(tmp_path / "questions.jsonl") == [question]
    assert read_questions(tmp_path / "questions.jsonl", split="test") == []
    traces = verify_traces([question], build_traces([question], "correct", seed=0))
    write_records(traces, tmp_path / "traces.jsonl")
    assert read_traces(tmp_path / "traces.jsonl") == traces


def test_generations_survive_the_round_trip(tmp_path):
    generation = Generation("a", "0" * 64, "text\n", 5, 2, "stop")
    write_records([generation], tmp_path / "g.jsonl")
    assert read_generations(tmp_path / "g.jsonl") == [generation]


def write_lines(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def test_id_and_text_make_a_generation(tmp_path):
    path = write_lines(tmp_path / "g.jsonl", {"id": "a", "text": "b"}, {"text": "", "id": "c"})
    assert read_generations(path) == [
        Generation("a", None, "b", None, None, None),
        Generation("c", None, "", None, None, None),
    ]


QUESTIONS = [
    make_question(id=name, split=split) for name, split in (("a", "test"), ("b", "test"), ("c", "train"))
]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ({"id": "x", "text": ""}, "id 'x' is no test question's (ids look like 'a')"),
        ({"id": "c", "text": ""}, "id 'c' is no test question's (ids look like 'a')"),
        ({"id": "a", "text": ""}, "id 'a' occurs twice (keep one line per id)"),
        ({"id": "b"}, "must contain ['text'] properties"),
        ({"id": 7, "text": ""}, "id must be string"),
        (["b", ""], "a JSON object is expected"),
    ],
)
def test_a_fault_of_a_users_generations_is_named_by_line_and_no_one_is_told_to_delete_it(
    tmp_path, line, sentence
):
    path = write_lines(tmp_path / "g.jsonl", {"id": "a", "text": ""}, line)
    with pytest.raises(DataError) as caught:
        read_generations(path, QUESTIONS)
    assert str(caught.value).startswith(f"{path}:2: ") and sentence in str(caught.value)
    assert not {"delete", "fetch"} & set(str(caught.value).split())


def test_some_of_the_test_questions_are_enough_but_none_is_not(tmp_path):
    path = write_lines(tmp_path / "g.jsonl", {"id": "b", "text": ""})
    assert [one.id for one in read_generations(path, QUESTIONS)] == ["b"]
    with pytest.raises(DataError, match="there is no test question"):
        read_generations(path, QUESTIONS[2:])
    with pytest.raises(DataError, match="holds no generation"):
        read_generations(write_lines(path), QUESTIONS)


def test_duplicate_ids_are_refused_on_both_sides(tmp_path):
    path = tmp_path / "questions.jsonl"
    with pytest.raises(DataError, match="occurs twice"):
        write_records([make_question(), make_question()], path)
    assert not path.exists()
    line = json.dumps(make_question().to_json())
    path.write_text(f"{line}\n{line}\n")
    with pytest.raises(DataError, match=r"questions.jsonl:2: id 'cotempqa-1' occurs twice"):
        read_questions(path)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda line: line[: len(line) // 2], "not a JSON object"),
        (lambda line: b"[1]", "a JSON object is expected"),
        (lambda line: line.replace(b"David", b"Da\xffvid"), "not UTF-8"),
        (
            lambda line: line.replace(b'"answers": ["David Widder", "Norbert Wiener"]', b'"answers": []'),
            "answers",
        ),
        (lambda line: line.replace(b'"split": "train"', b'"split": "dev"'), "split"),
        (lambda line: line.replace(b'"split"', b'"fold"'), "must contain"),
    ],
)
def test_a_damaged_record_is_named_by_file_and_line(tmp_path, damage, sentence):
    path = tmp_path / "questions.jsonl"
    write_records([make_question()], path)
    good = path.read_bytes()
    path.write_bytes(good.replace(b"cotempqa-1", b"cotempqa-0") + damage(good.rstrip(b"\n")) + b"\n")
    with pytest.raises(DataError) as caught:
        read_questions(path)
    assert f"{path}:2" in str(caught.value)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_questions(tmp_path / "absent.jsonl")
