"""Whatever happens to a raw file, a reader gives valid questions or one DataError, and nothing else."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.raw_files import OPTIONS, WRITERS
from tracekd.core.errors import DataError
from tracekd.core.records import validator
from tracekd.datasets import get_dataset

FILES = {
    "cotempqa": "mix.json",
    "babi": "en-valid/qa1_train.txt",
    "ms_marco": "v2.1/train-00000-of-00001.parquet",
}
# what a crash, a bad disk or an editor leaves behind: bytes that mean something in one of the formats
SPLINTERS = st.sampled_from(
    [
        b"",
        b"\n",
        b"\r\n",
        b"\t",
        b" ",
        b"\x00",
        b"\xff",
        b"\xc3",
        b"\\ud83d",
        b'"',
        b"[",
        b"}",
        b"null",
        b"1e999",
    ]
) | st.binary(max_size=8)
SETTINGS = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def mutated(draw, content):
    """Some places of the content replaced by splinters, and perhaps its end cut off."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(content)))
        length = draw(st.sampled_from([0, 1, 1, 2, 20]))
        content = content[:start] + draw(SPLINTERS) + content[start + length :]
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


@pytest.mark.parametrize("name", FILES)
def test_a_mutated_raw_file_gives_valid_questions_or_a_data_error(name, tmp_path):
    WRITERS[name](tmp_path)
    file = tmp_path / FILES[name]
    whole, dataset = file.read_bytes(), get_dataset(name)
    refused = []

    @SETTINGS
    @given(mutated(whole))
    def check(content):
        file.write_bytes(content)
        try:
            questions = dataset.read(tmp_path, OPTIONS[name], seed=0)
        except DataError as error:
            assert str(FILES[name]).split("/")[-1].split("-")[0] in str(error)
            assert error.hint
            refused.append(error)
            return
        for question in questions:
            validator("question")(question.to_json())
            question.question.encode("utf-8")

    check()
    assert len(refused) > 100, "the mutations damage too little to show anything"


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_off_within_a_line_gives_no_wrong_question(name, tmp_path):
    WRITERS[name](tmp_path)
    file = tmp_path / FILES[name]
    whole, dataset = file.read_bytes(), get_dataset(name)
    complete = {question.id: question for question in dataset.read(tmp_path, OPTIONS[name], seed=0)}

    @settings(SETTINGS, max_examples=200)
    @given(st.integers(0, len(whole) - 1))
    def check(length):
        file.write_bytes(whole[:length])
        try:
            questions = dataset.read(tmp_path, OPTIONS[name], seed=0)
        except DataError:
            return
        assert name != "ms_marco", "a Parquet file that lacks its end has no table of contents"
        # whole lines are missing, which only the checksum can tell; what is left is as it was
        for question in questions:
            assert replace(question, split="train") == replace(complete[question.id], split="train")

    check()
