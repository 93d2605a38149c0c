"""The bAbI reader: first question of each story, and what is refused."""

import pytest
from support.examples import make_question
from support.raw_files import OPTIONS, STORY, write_babi
from tracekd.core.errors import DataError
from tracekd.datasets import get_dataset
from tracekd.datasets.babi import reader


@pytest.fixture
def raw(tmp_path):
    write_babi(tmp_path)
    return tmp_path


def read(raw, **options):
    return reader.read(raw, OPTIONS["babi"].changed(**options), seed=0)


def damage(raw, story):
    """Put `story` after a whole one into the first file that is read."""
    (raw / "en-valid" / "qa1_train.txt").write_text(STORY + story, "utf-8")


def test_the_first_question_of_a_story_becomes_a_question(raw):
    question = read(raw)[1]
    assert question.id == "babi-qa01-train-00002"
    assert question.context == (
        "Mary got the milk there.",
        "John moved to the bedroom.",
        "Mary travelled to the hallway.",
    )
    assert (question.question, question.answers) == ("Where is the milk?", ("hallway",))
    assert question.gold_facts == (0, 2), "supporting line ids 3 and 1, sorted, from 0"
    assert (question.source.file, question.source.line) == ("en-valid/qa1_train.txt", 10)


def test_train_and_valid_files_are_train_and_a_share_of_each_test_file_is_test(raw):
    questions = read(raw, test_fraction=0.5)
    assert sum(question.split == "train" for question in questions) == 4 * len(reader.TASKS)
    test = [question for question in questions if question.split == "test"]
    assert [question.class_label for question in test] == list(get_dataset("babi").classes)


def test_the_share_is_rounded_down(raw):
    assert all(question.split == "train" for question in read(raw, test_fraction=0.49))


def test_an_answer_list_is_split_at_commas(raw):
    damage(raw, "1 Mary got the milk.\n2 What is Mary carrying? \tmilk,apple\t1\n")
    assert read(raw)[1].answers == ("milk", "apple")


@pytest.mark.parametrize(
    ("story", "what"),
    [
        ("Mary got the milk.\n", ":7: not a numbered bAbI sentence or question"),
        ("1 Where is Mary?\thallway\n", ":7: not a numbered bAbI sentence or question"),
        ("1 Where is Mary?\t\t1\n", ":7: not a numbered bAbI sentence or question"),
        ("1 \n", ":7: not a numbered bAbI sentence or question"),
        ("1 A.\n2 Who?\t, \t1\n", ":8: the answer is empty"),
        ("1 A.\n2 Who?\tmilk,\t1\n", ":8: the answer is empty"),
        ("2 Mary got the milk.\n", "7: line id 2 where 7 or 1 is due"),
        ("1 A.\n3 B.\n", ":8: line id 3 where 2 or 1 is due"),
        ("1 A.\n2 B.\n", ":8: the story ends without a question"),
        ("1 A.\n1 B.\n", ":7: the story ends without a question"),
        ("1 A.\n2 Who?\tmilk\t3\n", ":8: gold fact missing: supporting line '3' is no sentence"),
        ("1 A.\n2 Who?\tmilk\t2\n", ":8: gold fact missing: supporting line '2' is no sentence"),
        ("1 A.\n2 Who?\tmilk\t0 1\n", ":8: gold fact missing: supporting line '0 1' is no sentence"),
        ("1 Who?\tmilk\t1\n", ":7: gold fact missing"),
        ("1 A.\n2 Who?\tmilk\t1", ":8: the last line is cut off"),
    ],
)
def test_a_damaged_story_is_refused_by_file_and_line(raw, story, what):
    damage(raw, story)
    with pytest.raises(DataError) as error:
        read(raw)
    assert what in str(error.value)
    assert "qa1_train.txt" in str(error.value)
    assert error.value.hint


def test_bytes_that_are_not_utf8_are_refused(raw):
    (raw / "en-valid" / "qa1_train.txt").write_bytes(b"1 Mary got the m\xe9lk.\n")
    with pytest.raises(DataError, match=r"qa1_train\.txt:1: byte 17 of the line is not UTF-8"):
        read(raw)


def test_a_missing_file_is_named(raw):
    (raw / "en-valid" / "qa18_test.txt").unlink()
    with pytest.raises(DataError, match=r"qa18_test\.txt: cannot be read"):
        read(raw)


def test_candidates_are_the_last_words():
    question = make_question("babi")
    babi = get_dataset("babi")
    assert babi.candidates(question) == ["there", "bedroom", "hallway", "office"]
    assert babi.answer_kind(question) == "two-supporting-facts"
