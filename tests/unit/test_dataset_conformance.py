"""Every dataset keeps the promises of `Dataset` and `Step`."""

import inspect
import random
from dataclasses import replace

import pytest
from support.examples import make_question
from support.raw_files import OPTIONS, WRITERS
from tracekd.core.errors import ConfigError
from tracekd.core.normalise import normalise_answer
from tracekd.core.records import read_questions as read_records
from tracekd.core.records import validator, write_records
from tracekd.datasets import DATASETS, Dataset, get_dataset


@pytest.fixture(params=list(DATASETS))
def name(request):
    return request.param


@pytest.fixture
def dataset(name):
    return get_dataset(name)


@pytest.fixture
def raw(name, tmp_path):
    WRITERS[name](tmp_path)
    return tmp_path


@pytest.fixture
def questions(name, dataset, raw):
    return dataset.read(raw, OPTIONS[name], seed=0)


def test_it_has_every_member_with_the_parameters_of_the_interface(name, dataset):
    assert isinstance(dataset, Dataset)
    assert dataset.name == name
    for member in Dataset.__annotations__:
        assert hasattr(dataset, member), member
    for member, promised in inspect.getmembers(Dataset, inspect.isfunction):
        if not member.startswith("_"):
            expected = list(inspect.signature(promised).parameters)[1:]
            assert list(inspect.signature(getattr(dataset, member)).parameters) == expected, member


def test_its_classes_are_distinct_and_its_title_is_not_empty(dataset):
    assert len(set(dataset.classes)) == len(dataset.classes) > 1
    assert dataset.title


def test_its_steps_are_distinct_and_named_for_readers(dataset):
    names = [step.name for step in dataset.steps]
    assert names and len(set(names)) == len(names)
    assert [dataset.step(name) for name in names] == list(dataset.steps)
    assert dataset.step("no such step") is None
    assert all(step.title and step.heading and step.asks and step.opening for step in dataset.steps)
    assert dataset.implied_by in (None, *names)
    assert dataset.source_step in names
    assert sum(step.quotes for step in dataset.steps) <= 1


def test_it_reads_valid_records_of_both_splits_with_unique_ids(name, dataset, questions, tmp_path):
    for question in questions:
        validator("question")(question.to_json())
        assert question.dataset == name
        assert question.class_label in dataset.classes
        assert all(index < len(question.context) for index in question.gold_facts)
        assert list(question.gold_facts) == sorted(set(question.gold_facts))
    assert {question.split for question in questions} == {"train", "test"}
    write_records(questions, tmp_path / "questions.jsonl")
    assert read_records(tmp_path / "questions.jsonl") == questions


def test_reading_twice_gives_the_same_questions_in_the_same_order(name, dataset, raw, questions):
    assert dataset.read(raw, OPTIONS[name], seed=0) == questions


def test_every_source_is_a_place_in_a_raw_file(raw, questions):
    for question in questions:
        assert (raw / question.source.file).is_file()
        assert question.source.line >= 1


def test_prompts_show_every_fact_and_the_question(dataset, questions):
    for question in questions:
        for prompt in (dataset.user_prompt(question), dataset.prompt_only_prompt(question)):
            assert all(fact in prompt for fact in question.context)
            assert question.question in prompt


def test_the_class_step_names_the_label_and_ends_its_line(dataset):
    steps = {label: dataset.step("class").render(label) for label in dataset.classes}
    assert all(label in step and step.endswith("\n") for label, step in steps.items())
    assert len(set(steps.values())) == len(steps)


def test_the_retrieval_step_quotes_its_facts(dataset, questions):
    for question in questions:
        facts = dataset.quoting_step
        assert facts.name == "facts"
        assert all(text in facts.render(facts.gold(question)) for text in facts.gold(question))


def test_gold_texts_are_the_gold_facts_in_context_order(dataset, questions):
    for question in questions:
        assert list(dataset.step("facts").gold(question)) == [
            question.context[index] for index in question.gold_facts
        ]


def test_a_step_is_read_back_and_judged_as_it_was_meant(name, dataset, questions):
    for question in [*questions, make_question(name)]:
        before = ""
        pool = [
            replace(question, id=f"other {place}", context=(f"A stranger is in place {place}.",))
            for place in range(4)
        ]
        for step in dataset.steps:
            right = step.gold(question)
            wrong = step.wrong(question, random.Random(1), pool)
            assert wrong == step.wrong(question, random.Random(1), pool)
            assert step.render(right).startswith(step.opening)
            assert step.judge(question, step.parse(before + step.render(right)))
            assert not step.judge(question, step.parse(before + step.render(wrong)))
            assert not step.judge(question, None)
            assert step.parse(before) is None
            before += step.render(right)


def test_the_released_recipe_draws_no_gold_fact_and_depends_on_the_seed_only(dataset, questions):
    for question in questions:
        stated, text = dataset.released_incorrect(question, random.Random(1))
        facts = dataset.step("facts")
        assert list(stated) == [step.name for step in dataset.steps]
        assert stated["class"] in set(dataset.classes) - {question.class_label}
        assert not set(stated["facts"]) & set(facts.gold(question))
        assert (stated, text) == dataset.released_incorrect(question, random.Random(1))
        assert text.startswith(dataset.step("class").render(stated["class"]))
        assert facts.render(facts.gold(question)) not in text
    assert dataset.has_released_recipe


def test_its_own_answer_text_is_read_back(dataset, questions):
    for question in questions:
        answers = question.answers[:1] if dataset.alternatives else question.answers
        parsed = dataset.parse_answer(dataset.answer_text(question.answers))
        assert parsed == frozenset(map(normalise_answer, answers))


def test_there_is_one_candidate_for_each_fact_and_a_kind_for_each_question(name, dataset, questions):
    for question in [*questions, make_question(name)]:
        candidates = dataset.candidates(question)
        assert len(candidates) == len(question.context)
        assert all(candidate in fact for candidate, fact in zip(candidates, question.context, strict=True))
        assert dataset.answer_kind(question)


def test_all_facts_imply_every_candidate_or_no_facts_imply_an_answer(name, dataset, questions):
    for question in [*questions, make_question(name)]:
        implied = dataset.implied_answer(question, {"facts": question.context})
        assert implied in (None, frozenset(map(normalise_answer, dataset.candidates(question))))
        assert dataset.implied_answer(question, {"facts": ()}) == (None if implied is None else frozenset())
        assert (implied is None) == (dataset.implied_by is None)


def test_an_unknown_dataset_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"'squad' is unknown \(choose from cotempqa, ms_marco, babi\)"):
        get_dataset("squad")
