"""The demo corpora: well-formed, answerable from their gold facts, reproducible, without leaks."""

import json
import random
import re
from collections import Counter

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracekd.core.files import sha256_file
from tracekd.datasets import get_dataset
from tracekd.datasets.babi.reader import TASKS
from tracekd.datasets.cotempqa.simulator import Fact, temporal_class
from tracekd.datasets.ms_marco.reader import NO_ANSWER
from tracekd.datasets.simulation import SIMULATORS, apportion, get_simulator

SIZES = {
    "cotempqa": {"rows": 100},
    "ms_marco": {"train": 12, "validation": 4},
    "babi": {"train": 42, "valid": 21, "test": 42},
}
seeds = st.integers(0, 2**32)
SIMULATED = list(SIMULATORS)


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folders = {dataset: tmp_path_factory.mktemp(dataset) for dataset in SIMULATED}
    for dataset, folder in folders.items():
        get_simulator(dataset).write_raw(folder, SIZES[dataset], seed=0)
    return folders


@given(seeds, st.sampled_from(SIMULATED))
def test_scene_is_one_context_with_valid_questions(seed, dataset):
    questions = get_simulator(dataset).sample(random.Random(seed)).questions
    assert len({question.id for question in questions}) == len(questions)
    for question in questions:
        assert question.context == questions[0].context
        assert question.class_label in get_dataset(dataset).classes
        assert set(question.gold_facts) <= set(range(len(question.context)))
        assert question.gold_facts or question.answers == (NO_ANSWER,)


@given(seeds)
def test_cotempqa_gold_facts_are_those_that_hold_an_answer(seed):
    for question in get_simulator("cotempqa").sample(random.Random(seed)).questions:
        holding = [
            index
            for index, fact in enumerate(question.context)
            if any(answer in fact for answer in question.answers)
        ]
        assert question.gold_facts == tuple(holding)


@given(seeds)
def test_cotempqa_class_follows_from_the_dates(seed):
    def fact_of(text):
        subject = text.split()[0]
        return Fact(subject, "", "", *map(int, re.findall(r"\d{4}", text)))

    question = get_simulator("cotempqa").sample(random.Random(seed)).questions[0]
    condition_object = re.search(r"\b(\w+),", question.question)[1]
    (condition,) = [fact_of(fact) for fact in question.context if f"{condition_object} from" in fact]
    labels = {temporal_class(condition, fact_of(question.context[index])) for index in question.gold_facts}
    assert question.class_label == (labels.pop() if len(labels) == 1 else "mix")


@pytest.mark.parametrize(
    ("first", "second", "label"),
    [
        ((2000, 2005), (2000, 2005), "equal"),
        ((2000, 2005), (2001, 2004), "during"),
        ((2001, 2004), (2000, 2005), "during"),
        ((2000, 2005), (2003, 2008), "overlap"),
        ((2000, 2005), (2005, 2008), None),
    ],
)
def test_temporal_class(first, second, label):
    assert temporal_class(Fact("", "", "", *first), Fact("", "", "", *second)) == label


@given(seeds)
def test_ms_marco_answer_stands_in_the_gold_passage_alone(seed):
    for question in get_simulator("ms_marco").sample(random.Random(seed)).questions:
        assert len(question.context) == 10
        holding = [
            i for i, text in enumerate(question.context) if text.endswith(f"is {question.answers[0]}.")
        ]
        assert question.gold_facts == tuple(holding)


@given(seeds, st.sampled_from(sorted(TASKS)))
def test_babi_question_has_one_answer_in_its_story(seed, task):
    questions = get_simulator("babi").sample_task(task, random.Random(seed)).questions
    assert {question.class_label for question in questions} == {task}
    assert len({question.question for question in questions}) == len(questions)


@given(st.integers(0, 500), st.dictionaries(st.text(), st.integers(1, 50), min_size=1))
def test_apportion_gives_all_and_is_fair(total, weights):
    shares = apportion(total, weights)
    assert sum(shares.values()) == total
    for key, weight in weights.items():
        assert abs(shares[key] - total * weight / sum(weights.values())) < 1


@pytest.mark.parametrize("dataset", SIMULATED)
def test_equal_arguments_give_equal_bytes(corpora, dataset, tmp_path):
    folder = corpora[dataset]
    get_simulator(dataset).write_raw(tmp_path, SIZES[dataset], seed=0)
    assert [sha256_file(path) for path in files_of(tmp_path)] == [
        sha256_file(path) for path in files_of(folder)
    ]


@pytest.mark.parametrize("dataset", SIMULATED)
def test_another_seed_gives_other_questions(corpora, dataset, tmp_path):
    folder = corpora[dataset]
    get_simulator(dataset).write_raw(tmp_path, SIZES[dataset], seed=1)
    assert not {sha256_file(path) for path in files_of(tmp_path)} & {
        sha256_file(path) for path in files_of(folder)
    }


def test_cotempqa_files_have_the_raw_schema_and_every_class(corpora):
    folder = corpora["cotempqa"]
    rows = {path.stem: [json.loads(line) for line in path.open()] for path in files_of(folder)}
    assert set(rows) == set(get_dataset("cotempqa").classes)
    assert sum(map(len, rows.values())) == SIZES["cotempqa"]["rows"]
    for label in rows:
        assert len(rows[label]) >= 0.1 * SIZES["cotempqa"]["rows"]
        assert [row["index"] for row in rows[label]] == list(range(len(rows[label])))
        assert all(
            list(row) == ["index", "triple_element", "question", "facts", "answer"] for row in rows[label]
        )
    keys = [(row["question"], *row["facts"]) for records in rows.values() for row in records]
    assert len(set(keys)) == len(keys)


def test_ms_marco_splits_are_balanced_and_share_no_question(corpora):
    folder = corpora["ms_marco"]
    keys = []
    for split, size in SIZES["ms_marco"].items():
        rows = pyarrow.parquet.read_table(folder / "v2.1" / f"{split}-00000-of-00001.parquet").to_pylist()
        assert Counter(row["query_type"] for row in rows) == dict.fromkeys(
            get_dataset("ms_marco").classes, size
        )
        for row in rows:
            answered = row["answers"] != [NO_ANSWER]
            assert sum(row["passages"]["is_selected"]) == int(answered)
            keys.append((row["query"], *row["passages"]["passage_text"]))
    assert len(set(keys)) == len(keys)


def test_babi_stories_are_numbered_and_no_first_question_repeats(corpora):
    folder = corpora["babi"]
    assert len(files_of(folder)) == 3 * len(TASKS)
    for number in TASKS.values():
        firsts = []
        for split in ("train", "valid", "test"):
            text = (folder / "en-valid" / f"qa{number}_{split}.txt").read_text("utf-8")
            for story in re.split(r"^(?=1 )", text, flags=re.MULTILINE)[1:]:
                lines = story.splitlines()
                assert [int(line.split(" ", 1)[0]) for line in lines] == list(range(1, len(lines) + 1))
                asked = next(line for line in lines if "\t" in line)
                support = [int(index) for index in asked.split("\t")[2].split()]
                assert support
                assert max(support) < int(asked.split(" ", 1)[0])
                firsts.append(story[: story.index("\t")])
        assert len(set(firsts)) == len(firsts)
