"""The aligned scorer cannot be talked into more: by another order of items, or by wrong ones more."""

from hypothesis import assume, given
from hypothesis import strategies as st
from support.examples import make_question
from support.model_answers import MANY, answer_items, judge, written
from tracekd.core.normalise import normalise_answer
from tracekd.datasets import DATASETS, get_dataset

SETS = [name for name in DATASETS if not get_dataset(name).alternatives]


@MANY
@given(st.sampled_from(SETS), answer_items, answer_items)
def test_the_order_of_items_changes_nothing(name, golds, others):
    question, dataset = make_question(name, answers=tuple(golds)), get_dataset(name)
    said = [*golds[:2], *others]
    orders = (said, said[::-1], sorted(said), [*others, *golds[:2]])
    first, *others = (
        judge(question, written(dataset, order, "correct", question), "correct") for order in orders
    )
    assert all(one == first for one in others)


@MANY
@given(st.sampled_from(SETS), answer_items, answer_items, answer_items, st.booleans())
def test_a_wrong_item_more_raises_neither_accuracy_nor_precision_nor_f1(name, golds, said, more, with_gold):
    question, dataset = make_question(name, answers=tuple(golds)), get_dataset(name)
    wrong = [item for item in more if normalise_answer(item) not in set(map(normalise_answer, golds))]
    said = [*golds, *said] if with_gold else said
    before, after = (
        judge(question, dataset.answer_text(answer), "none") for answer in (said, [*said, *wrong])
    )
    assert after.answer_ok <= before.answer_ok
    assert after.measures["precision"] <= before.measures["precision"]
    assert after.measures["f1"] <= before.measures["f1"]
    assert after.measures["recall"] == before.measures["recall"]


@MANY
@given(answer_items, st.text("abc012 ", max_size=12), st.text("xyz789 ", max_size=12))
def test_wrong_words_more_raise_neither_accuracy_nor_f1_of_free_text(golds, said, wrong):
    """Precision and recall are those of the best alternative, which may become another one."""
    question = make_question("ms_marco", answers=tuple(gold.lower() for gold in golds))
    assume(not set(wrong.split()) & {word for gold in golds for word in normalise_answer(gold).split()})
    before, after = (judge(question, text, "none") for text in (said, f"{said} {wrong}"))
    assert after.answer_ok <= before.answer_ok
    assert after.measures["f1"] <= before.measures["f1"]
    assert after.measures["rouge_l"] <= before.measures["rouge_l"]
