"""The aligned scorer on any text at all: it never fails, knows the gold, and cannot be talked into more."""

from examples import make_question
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tracekd.datasets import DATASETS, get_dataset
from tracekd.normalise import normalise_answer
from tracekd.prompts import render_target
from tracekd.records import Generation
from tracekd.scoring.aligned import score_item
from tracekd.traces import ARMS, PROMPT_ONLY

MANY = settings(max_examples=10_000, deadline=None)
PIECES = (
    *("<think>", "</think>", "<answer>", "</answer>", "assistant", "\n", " ", "[", "]", "'", '"', ", ", "\\"),
    "The temporal relation between the event in question and the event in context is: ",
    "The category of the question asked is: ",
    "I need to use the following facts to answer the question: ",
    "I need to use the following text to answer the question: ",
    *("mix", "counting", ".", "hallway", "['Norbert Wiener']", "210", "\\ud800", "\x00"),
)
texts = st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
# one draw for several items is much faster than a list of draws
LETTERS = "abcdeABC019 ''\"\"\\[].-éßİ\xa0漢\n||||||"
datasets = st.sampled_from(DATASETS)
SETS = [name for name in DATASETS if not get_dataset(name).ALTERNATIVE_ANSWERS]


def as_items(text):
    """Up to four items that differ when normalised."""
    found = {normalise_answer(item): item for item in text.split("|")}
    return [item for words, item in found.items() if words][:4]


answer_items = st.text(LETTERS, min_size=1, max_size=24).map(as_items).filter(bool)


def judge(question, text, arm):
    return score_item(question, Generation(question.id, "0" * 64, text, None, None, None), arm)


def written(dataset, answers, arm, question):
    """Answers as a model writes them: free text has one."""
    answer = dataset.answer_text(answers[:1] if dataset.ALTERNATIVE_ANSWERS else answers)
    trace = dataset.class_step(question.class_label) + dataset.retrieval_step(dataset.gold_texts(question))
    return render_target("" if arm == "none" else trace, answer)


@MANY
@given(datasets, st.sampled_from([*ARMS, PROMPT_ONLY]), texts)
def test_no_text_makes_it_fail_and_every_value_is_a_share(dataset, arm, text):
    got = judge(make_question(dataset), text, arm)
    assert all(0 <= share <= 1 for share in (got.f1, got.precision, got.recall))
    assert (got.rouge_l is None) == (dataset != "ms_marco")
    assert got.trace_ok is None or got.trace_ok == (got.class_ok and got.facts_ok is not False)


@MANY
@given(datasets, answer_items, st.sampled_from(["none", "correct"]))
def test_the_gold_answer_scores_one(name, answers, arm):
    question, dataset = make_question(name, answers=tuple(answers)), get_dataset(name)
    got = judge(question, written(dataset, answers, arm, question), arm)
    assert got.answer_ok and got.f1 == got.precision == got.recall == 1
    assert got.rouge_l in (None, 1)


@MANY
@given(st.sampled_from(SETS), answer_items, answer_items)
def test_the_order_of_items_changes_nothing(name, golds, others):
    question, dataset = make_question(name, answers=tuple(golds)), get_dataset(name)
    said = [*golds[:2], *others]
    orders = (said, said[::-1], sorted(said), [*others, *golds[:2]])
    verdicts = {judge(question, written(dataset, order, "correct", question), "correct") for order in orders}
    assert len(verdicts) == 1


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
    assert after.precision <= before.precision
    assert after.f1 <= before.f1
    assert after.recall == before.recall


@settings(max_examples=2_000, deadline=None)
@given(answer_items, st.text("abc012 ", max_size=12), st.text("xyz789 ", max_size=12))
def test_wrong_words_more_raise_neither_accuracy_nor_f1_of_free_text(golds, said, wrong):
    """Precision and recall are those of the best alternative, which may become another one."""
    question = make_question("ms_marco", answers=tuple(gold.lower() for gold in golds))
    assume(not set(wrong.split()) & {word for gold in golds for word in normalise_answer(gold).split()})
    before, after = (judge(question, text, "none") for text in (said, f"{said} {wrong}"))
    assert after.answer_ok <= before.answer_ok
    assert after.f1 <= before.f1
    assert after.rouge_l <= before.rouge_l
