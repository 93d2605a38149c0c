import dataclasses

import pytest
from tracekd.core.errors import DataError
from tracekd.core.records import write_records
from tracekd.teacher.responses import KINDS, STATUSES, Response, read_responses, status_of

WHOLE = Response("a", "r1", "teacher", "0" * 64, "so it is", "hallway", "stop", "ok", 40, 9)


def test_responses_come_back_as_they_were_written(tmp_path):
    released = Response("b", "r1", None, None, "", "", None, "empty_answer", None, None)
    write_records([WHOLE, released], tmp_path / "r1.jsonl")
    assert read_responses(tmp_path / "r1.jsonl") == [WHOLE, released]


@pytest.mark.parametrize("change", [{"kind": "r2"}, {"status": "fine"}])
def test_an_unknown_word_is_named_with_its_line(tmp_path, change):
    write_records([WHOLE, dataclasses.replace(WHOLE, id="b", **change)], tmp_path / "r1.jsonl")
    with pytest.raises(DataError, match=rf"r1.jsonl:2: {next(iter(change))} must be one of"):
        read_responses(tmp_path / "r1.jsonl")


@pytest.mark.parametrize(
    ("kind", "reasoning", "answer", "finish_reason", "refusal", "status"),
    [
        ("r1", "because", "yes", "stop", False, "ok"),
        ("r1", "because", "yes", "STOP", False, "ok"),
        ("r1", "because", "yes", None, False, "unfinished"),
        ("r1", "because", "yes", "tired", False, "unfinished"),
        ("r1", " \n", "yes", "stop", False, "empty_trace"),
        ("r1_summary", "", "yes", "stop", False, "ok"),
        ("r1_summary", "", "yes", "length", False, "truncated"),
        ("r1", "because", "", "stop", False, "empty_answer"),
        ("r1", "", "", "stop", False, "empty_answer"),
        ("r1", "because", "", "length", False, "truncated"),
        ("r1", "", "", "content_filter", False, "refused"),
        ("r1", "", "I cannot", "stop", True, "refused"),
    ],
)
def test_status(kind, reasoning, answer, finish_reason, refusal, status):
    assert kind in KINDS and status in STATUSES
    assert status_of(kind, reasoning, answer, finish_reason, refusal) == status
