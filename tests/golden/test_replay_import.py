"""What the importer makes of the released files: every line its own question, ids as from the raw data."""

from collections import Counter

import pytest
from support.real_data import raw_folder
from tracekd.datasets import get_dataset
from tracekd.datasets.cotempqa import reader as cotempqa


@pytest.fixture(scope="module")
def raw_questions():
    return {one.id: one for one in cotempqa.read(*raw_folder("cotempqa"), seed=0)}


def test_the_released_test_split_is_that_of_the_raw_data_id_by_id(released, raw_questions):
    questions, _ = released("cotempqa")
    test = [one for one in questions if one.split == "test"]
    assert {one.id for one in test} == {one.id for one in raw_questions.values() if one.split == "test"}
    for one in test:
        raw = raw_questions[one.id]
        assert (one.question, one.context, one.answers, one.gold_facts, one.class_label) == (
            raw.question,
            raw.context,
            raw.answers,
            raw.gold_facts,
            raw.class_label,
        )


def test_every_fine_tuned_model_answered_every_test_question_once(released):
    for dataset, size, cells in (("cotempqa", 950, 6), ("babi", 376, 3)):
        questions, generations = released(dataset)
        test = {one.id for one in questions if one.split == "test"}
        tuned = [found for (_, arm), found in generations.items() if arm != "prompt_only"]
        assert len(test) == size and len(tuned) == cells
        for found in tuned:
            assert {one.id for one in found} == test and len(found) == size


def test_the_prompting_baseline_was_asked_some_questions_twice_and_some_of_the_train_split(released):
    questions, generations = released("cotempqa")
    splits = {one.id: one.split for one in questions}
    for model in ("Llama-3.2-1B-Instruct", "Qwen3-1.7B"):
        asked = generations[model, "prompt_only"]
        assert len(asked) == 950
        assert Counter(splits[one.id] for one in asked)["test"] == 950 - 416
        assert len({one.id.partition("~")[0] for one in asked}) == 950 - (199 + 35 + 10 + 8)


def test_the_supporting_sentences_of_babi_are_found_in_the_context(released):
    questions, _ = released("babi")
    assert all(one.gold_facts for one in questions)
    assert Counter(one.class_label for one in questions)["two-arg-relations"] == 100


def test_anchors_of_cotempqa(released):
    """An independent implementation counts 627 entities; the largest have 66 and 55 questions."""
    questions, _ = released("cotempqa")
    asked = [question for question in questions if question.split == "test"]
    sizes = Counter(map(get_dataset("cotempqa").anchor, asked))
    assert (len(asked), len(sizes)) == (950, 627)
    assert sizes.most_common(3) == [
        ("Christopher Celenza", 66),
        ("Charles III of the United Kingdom", 55),
        ("Peter Hilton", 17),
    ]
