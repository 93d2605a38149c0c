"""Trivial baselines: exact expected accuracies on questions small enough to count by hand."""

import pytest
from support.examples import make_question
from support.real_data import raw_folder
from tracekd.datasets import get_dataset
from tracekd.scoring.baselines import BASELINES, TrainAnswers, score_baselines


def babi(
    number, place, *, split="test", label="single-supporting-fact", context=("kitchen", "garden", "office")
):
    return make_question(
        "babi",
        id=f"babi-{number}",
        split=split,
        class_label=label,
        context=tuple(f"Mary went to the {word}." for word in context),
        answers=(place,),
    )


def accuracy(questions, name):
    table = score_baselines(questions).set_index("baseline")
    return table.loc[name, "answer_acc"]


TRAIN = [
    babi(1, "garden", split="train"),
    babi(2, "garden", split="train"),
    babi(3, "kitchen", split="train"),
    babi(4, "yes", split="train", label="positional-reasoning"),
    babi(5, "no", split="train", label="positional-reasoning"),
]


def test_majority_is_the_most_frequent_train_answer():
    test = [babi(6, "garden"), babi(7, "yes", label="positional-reasoning")]
    assert accuracy(TRAIN + test, "majority") == 1 / 2


def test_majority_per_kind_learns_one_answer_a_kind_and_breaks_ties_by_alphabet():
    test = [babi(6, "garden"), babi(7, "no", label="positional-reasoning")]
    assert accuracy(TRAIN + test, "majority_per_kind") == 1
    assert accuracy([*reversed(TRAIN), *test], "majority_per_kind") == 1


def test_majority_per_kind_of_an_unseen_kind_is_the_majority():
    assert accuracy([*TRAIN, babi(6, "garden", label="counting")], "majority_per_kind") == 1


def test_random_fact_counts_every_fact_also_a_repeated_one():
    test = [babi(6, "garden", context=("garden", "garden", "office"))]
    assert accuracy(TRAIN + test, "random_fact") == 2 / 3


def test_last_fact_takes_the_last():
    test = [babi(6, "office"), babi(7, "kitchen")]
    assert accuracy(TRAIN + test, "last_fact") == 1 / 2


def test_type_consistent_draws_among_distinct_entities_known_for_the_kind():
    # office never was an answer in train, so kitchen and garden are left
    test = [babi(6, "garden", context=("kitchen", "garden", "garden", "office"))]
    assert accuracy(TRAIN + test, "type_consistent") == 1 / 2


def test_type_consistent_falls_back_on_the_train_answers_of_the_kind():
    test = [babi(6, "yes", label="positional-reasoning")]
    assert accuracy(TRAIN + test, "type_consistent") == 1 / 2


def test_one_entity_is_never_right_where_two_are_asked_for():
    train = make_question("cotempqa", id="a", split="train")
    test = make_question("cotempqa", id="b", split="test")
    assert accuracy([train, test], "random_fact") == 0
    assert accuracy([train, test], "majority") == 1, "the whole answer set is the majority answer"


def test_any_alternative_is_right_in_ms_marco():
    train = make_question("ms_marco", id="a", split="train", answers=("about 210",))
    test = make_question("ms_marco", id="b", split="test")
    assert get_dataset("ms_marco").alternatives
    assert accuracy([train, test], "majority") == 1
    assert accuracy([train, test], "random_fact") == 1 / 3


def test_table_has_one_row_a_baseline_and_n_of_the_test_split():
    table = score_baselines([*TRAIN, babi(6, "garden"), babi(7, "garden")])
    assert list(table.columns) == ["dataset", "baseline", "n", "answer_acc"]
    assert list(table["baseline"]) == list(BASELINES)
    assert set(table["n"]) == {2}


@pytest.mark.parametrize("name", BASELINES)
def test_test_answers_teach_nothing(name):
    train = TrainAnswers(get_dataset("babi"), TRAIN)
    question = babi(6, "cellar", context=("kitchen", "garden"))
    assert BASELINES[name](question, train) == 0


def test_guessing_real_babi_is_far_from_solving_it():
    questions = get_dataset("babi").read(*raw_folder("babi"), 0)
    table = score_baselines(questions).set_index("baseline")
    assert set(table["n"]) == {376}, "the paper's number of test questions"
    assert table["answer_acc"].between(0.01, 0.5).all()
    assert table["answer_acc"].idxmax() == "type_consistent"
