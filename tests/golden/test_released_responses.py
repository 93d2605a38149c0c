"""The sample entries of the released teacher responses: read in full, and right as the file says."""

import json

import pytest
from support.real_data import RELEASED, released_folder
from tracekd.core.records import Question, Source
from tracekd.released.responses import read_released_responses, response_paths
from tracekd.teacher.judgement import judge
from tracekd.teacher.responses import EXPLANATION, SUMMARY, TRACE

SAMPLE = "samples/SAMPLE_deepseek_r1_correct_responses_equal{}.jsonl"
SUFFIX = {TRACE: "", SUMMARY: "_with_summary", EXPLANATION: "_with_explanation"}
FIELDS = {
    TRACE: ("r1_trace", "prediction"),
    SUMMARY: (None, "r1_trace_summary"),
    EXPLANATION: ("r1_exp_trace", "r1_exp_ans"),
}


def find_sample(kind):
    """Folder and path of the sample of a kind of response."""
    path = SAMPLE.format(SUFFIX[kind])
    return released_folder([path]), path


def read_rows(kind):
    folder, path = find_sample(kind)
    return [json.loads(line) for line in (folder / path).read_text("utf-8").splitlines()]


def to_question(number, row):
    facts = tuple(row["facts"])
    return Question(
        id=f"cotempqa-equal-{number}",
        dataset="cotempqa",
        split="train",
        class_label="equal",
        context=facts,
        question=row["question"],
        answers=tuple(row["gold"]),
        gold_facts=(0,),
        source=Source("equal.json", number + 1, "0" * 64),
        attributes={"triple_element": row["triple_element"]},
    )


@pytest.mark.parametrize("kind", SUFFIX)
def test_every_field_of_the_samples_is_read(kind):
    rows = read_rows(kind)
    questions = [to_question(number, row) for number, row in enumerate(rows)]
    folder, path = find_sample(kind)
    responses = read_released_responses(folder, {"equal": path}, kind, questions[::-1])
    assert [response.id for response in responses] == [question.id for question in questions[::-1]]
    trace, answer = FIELDS[kind]
    for response, row in zip(responses[::-1], rows, strict=True):
        assert response.answer == row[answer]
        assert response.reasoning == (row[trace] if trace else "")
        assert response.status == "ok"


def test_the_samples_are_right_by_both_scorers():
    """The file holds the responses that the released evaluation gave 100."""
    rows = read_rows(TRACE)
    questions = [to_question(number, row) for number, row in enumerate(rows)]
    folder, path = find_sample(TRACE)
    responses = read_released_responses(folder, {"equal": path}, TRACE, questions)
    judgements = judge(questions, responses, "published")
    assert [(one.published_ok, one.aligned_ok, one.kept) for one in judgements] == [(True, True, True)] * 2


def test_the_registry_names_the_files_of_every_kind():
    for kind in SUFFIX:
        paths = response_paths(RELEASED, "cotempqa", kind)
        known = [label for label, path in paths.items() if path in RELEASED.files]
        # in no commit that we know
        unknown = ["during"] if kind == EXPLANATION else []
        assert [label for label in paths if label not in known] == unknown
