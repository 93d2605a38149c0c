"""The MS MARCO reader: seeded sample, gold passage, and what is refused."""

import random

import pytest
from support.examples import make_question
from support.raw_files import OPTIONS, marco_row, write_ms_marco, write_parquet
from tracekd.core.errors import DataError
from tracekd.core.parquet import iter_rows
from tracekd.datasets import get_dataset
from tracekd.datasets.ms_marco import reader

N_PER_TYPE = 12


@pytest.fixture
def raw(tmp_path):
    write_ms_marco(tmp_path)
    return tmp_path


def read(raw, seed=0, **options):
    return reader.read(raw, OPTIONS["ms_marco"].changed(**options), seed)


def replace_train(raw, rows, files=1):
    """Write `rows` as the train part, cut into this many files."""
    for old in (raw / "v2.1").glob("train-*"):
        old.unlink()
    for number in range(files):
        write_parquet(raw / "v2.1" / f"train-{number:05d}-of-{files:05d}.parquet", rows[number::files])


def rows_of_all_types(**changes):
    return [
        marco_row(number, label, **changes)
        for number, label in enumerate(sorted(reader.CLASSES * N_PER_TYPE))
    ]


def test_a_row_becomes_a_question(raw):
    replace_train(raw, rows_of_all_types())
    question = read(raw)[0]
    assert question.id.startswith("ms_marco-train-00000")
    assert question.class_label == "DESCRIPTION"
    assert question.context == (
        "The capital of Vostria is Dorn.",
        "The population of Vostria is 210, more or less.",
    ), "a passage without text is left out"
    assert question.answers == ("More or less 210.",), "a train question keeps its first answer"
    assert question.gold_facts == (1,)
    assert question.source.file == "v2.1/train-00000-of-00001.parquet"
    assert question.source.line == int(question.id[-7:]) + 1


def test_a_test_question_keeps_all_answers(raw):
    test = [question for question in read(raw) if question.split == "test"]
    assert {question.answers for question in test} == {("More or less 210.", "210")}


def test_each_type_has_the_asked_number_in_each_split(raw):
    replace_train(raw, rows_of_all_types())
    questions = read(raw, train_per_class=5, test_per_class=2)
    for label in reader.CLASSES:
        splits = [question.split for question in questions if question.class_label == label]
        assert splits == ["train"] * 5 + ["test"] * 2


def test_the_sample_depends_on_the_seed_and_not_on_order_or_files(raw):
    rows = rows_of_all_types()
    replace_train(raw, rows)
    first = [question.id for question in read(raw, seed=3)]
    assert [question.id for question in read(raw, seed=4)] != first
    random.Random(0).shuffle(rows)
    replace_train(raw, rows, files=4)
    assert [question.id for question in read(raw, seed=3)] == first


def test_an_unanswerable_question_has_no_gold_passage(raw):
    replace_train(raw, rows_of_all_types(answers=["No Answer Present."]))
    question = read(raw)[0]
    assert question.gold_facts == ()
    assert get_dataset("ms_marco").step("facts").gold(question) == ("No Answer Present.",)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("FOX", 1),  # letter case and punctuation are no obstacle
        ("fox fox fox dog cat", 2),  # words count once
        ("a bird", 0),  # the first of equals
    ],
)
def test_the_gold_passage_shares_most_words_with_the_answer(raw, answer, gold):
    texts = ["A bird sings.", "The fox, it is said, is sly.", "A dog, a cat; a fox"]
    passages = {"is_selected": [0, 0, 0], "passage_text": texts, "url": ["", "", ""]}
    replace_train(raw, rows_of_all_types(answers=[answer], passages=passages))
    assert read(raw)[0].gold_facts == (gold,)


def test_an_answer_without_shared_words_is_logged(raw, caplog):
    replace_train(raw, rows_of_all_types(answers=["yes"]))
    with caplog.at_level("INFO"):
        assert read(raw)[0].gold_facts == (0,)
    assert "no passage shares a word with the answer" in caplog.text


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"answers": []}, "answers must contain at least 1 items"),
        ({"answers": [""]}, "answers[0] must not be blank"),
        ({"answers": None}, "answers must be array"),
        ({"query": ""}, "query must not be blank"),
        ({"passages": None}, "passages must be object"),
        ({"passages": {"is_selected": [0], "passage_text": [""], "url": [""]}}, "no passage has text"),
        ({"query_type": "PLACE"}, "query type 'PLACE' is unknown"),
        ({"query_id": None}, "query id None is no number or occurs twice"),
    ],
)
def test_a_wrong_field_is_refused_by_file_and_row(raw, changes, what):
    replace_train(raw, [marco_row(*key) | changes for key in enumerate(sorted(reader.CLASSES * 2))])
    with pytest.raises(DataError) as error:
        read(raw)
    assert "train-00000-of-00001.parquet: row 1: " in str(error.value)
    assert what in str(error.value)
    assert error.value.hint


def test_a_query_id_that_occurs_twice_is_refused(raw):
    rows = rows_of_all_types()
    replace_train(raw, [*rows, rows[0]], files=2)
    with pytest.raises(DataError, match="query id 0 is no number or occurs twice"):
        read(raw)


def test_too_few_rows_of_a_type_are_refused(raw):
    with pytest.raises(DataError, match=r"DESCRIPTION has 3 rows, 4 are asked for \(lower train_per_class"):
        read(raw, train_per_class=4)


def test_a_missing_part_is_named(raw):
    (raw / "v2.1" / "validation-00000-of-00001.parquet").unlink()
    with pytest.raises(DataError, match=r"v2\.1: no validation-\*\.parquet"):
        read(raw)


def test_a_missing_column_is_named(raw):
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = raw / "v2.1" / "train-00000-of-00001.parquet"
    pq.write_table(pa.table({"query_id": [1]}), file)
    with pytest.raises(DataError, match=r"parquet: column 'query_type' is missing"):
        read(raw)


@pytest.mark.parametrize("repeated", ["plain", "dictionary"])
def test_a_small_file_that_decodes_to_far_more_than_it_is_is_refused(tmp_path, repeated):
    import pyarrow as pa
    import pyarrow.parquet as pq

    values = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), pa.array(["x" * 20_000]))
    column = values if repeated == "dictionary" else values.dictionary_decode()
    pq.write_table(pa.table({"query": column}), tmp_path / "bomb.parquet", compression="zstd")
    assert (tmp_path / "bomb.parquet").stat().st_size < 50_000
    read = 0
    with pytest.raises(DataError, match=r"bomb\.parquet: decodes to more than 209715200 bytes"):
        for row in iter_rows(tmp_path / "bomb.parquet", ["query"]):
            read += len(row["query"])
    assert read <= 209_715_200


def test_a_truncated_file_is_refused(raw):
    file = raw / "v2.1" / "train-00000-of-00001.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(DataError, match="not a readable Parquet file"):
        read(raw)


def test_candidates_follow_the_last_is():
    question = make_question("ms_marco", context=("This is the sea, which is blue.", "No verb here."))
    ms_marco = get_dataset("ms_marco")
    assert ms_marco.candidates(question) == ["blue", ""]
    assert ms_marco.answer_kind(question) == "NUMERIC"
