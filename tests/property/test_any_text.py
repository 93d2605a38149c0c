"""The aligned scorer on any text at all: it never fails, and knows the gold."""

from hypothesis import example, given
from hypothesis import strategies as st
from support.examples import make_question
from support.model_answers import MANY, answer_items, judge, written
from tracekd.datasets import DATASETS, get_dataset
from tracekd.traces.arms import PROMPT_ONLY, built_arms, get_arm

PIECES = (
    *("<think>", "</think>", "<answer>", "</answer>", "assistant", "\n", " ", "[", "]", "'", '"', ", ", "\\"),
    "The temporal relation between the event in question and the event in context is: ",
    "The category of the question asked is: ",
    "I need to use the following facts to answer the question: ",
    "I need to use the following text to answer the question: ",
    *("mix", "counting", ".", "hallway", "['Norbert Wiener']", "210", "\\ud800", "\x00"),
)
texts = st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
datasets = st.sampled_from(list(DATASETS))


@MANY
@given(datasets, st.sampled_from([*built_arms(), PROMPT_ONLY]), texts)
def test_no_text_makes_it_fail_and_every_value_is_a_share(dataset, arm, text):
    got = judge(make_question(dataset), text, arm)
    rouge_l = got.measures["rouge_l"]
    assert (rouge_l is None) == (dataset != "ms_marco")
    assert all(0 <= got.measures[name] <= 1 for name in ("f1", "precision", "recall"))
    assert rouge_l is None or 0 <= rouge_l <= 1
    assert set(got.steps) == set(get_arm(arm).truths(get_dataset(dataset)))
    assert got.trace_ok == (all(got.steps.values()) if got.steps else None)


@MANY
@given(datasets, answer_items, st.sampled_from(["none", "correct"]))
@example("ms_marco", ["0-[ß"], "none")
def test_the_gold_answer_scores_one(name, answers, arm):
    question, dataset = make_question(name, answers=tuple(answers)), get_dataset(name)
    got = judge(question, written(dataset, answers, arm, question), arm)
    measures = dict(got.measures)
    assert measures.pop("rouge_l") in (None, 1)
    assert got.answer_ok and measures == {"f1": 1, "precision": 1, "recall": 1}
