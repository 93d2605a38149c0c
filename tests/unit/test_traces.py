import pytest
from support.examples import make_question, strangers
from tracekd.core.errors import ConfigError, DataError
from tracekd.datasets import get_dataset
from tracekd.traces.arms import built_arms
from tracekd.traces.build import build_trace, build_traces

COTEMPQA = "The temporal relation between the event in question and the event in context is: "
CATEGORY = (
    "The category of the question represents what is being asked in that question. "
    "The category of the question asked is: "
)


def test_the_correct_target_is_worded_as_in_the_paper():
    target = build_trace(make_question("cotempqa"), "correct", seed=0).target
    assert target == (
        f"<think>{COTEMPQA}mix.\n"
        "I need to use the following facts to answer the question: "
        "['David Widder works for Aberdeen Proving Ground from 1918 to 1919.', "
        "'Norbert Wiener works for Aberdeen Proving Ground from 1916 to 1919.']</think> "
        "<answer>['David Widder', 'Norbert Wiener']</answer>"
    )
    target = build_trace(make_question("ms_marco"), "correct", seed=0).target
    assert target == (
        f"<think>{CATEGORY}NUMERIC.\nI need to use the following text to answer the question: "
        "The population of Vostria is 210.</think> <answer>210</answer>"
    )


def test_without_a_trace_the_target_is_the_bare_answer():
    assert (
        build_trace(make_question("cotempqa"), "none", seed=0).target == "['David Widder', 'Norbert Wiener']"
    )
    assert build_trace(make_question("babi"), "none", seed=0).target == "hallway"


def test_the_published_incorrect_recipe_changes_form_count_or_case():
    trace = build_trace(make_question("cotempqa"), "incorrect", seed=0)
    assert len(trace.stated["facts"]) == 1 and "[" not in trace.text
    trace = build_trace(make_question("babi"), "incorrect", seed=0)
    assert len(trace.stated["facts"]) == 2 and trace.text.split("question: ")[1].islower()


def test_the_matched_incorrect_recipe_keeps_form_count_and_case(question):
    dataset = get_dataset(question.dataset)
    correct = build_trace(question, "correct", seed=0)
    matched = build_trace(question, "incorrect_matched", seed=0)
    assert matched.stated["class"] in set(dataset.classes) - {question.class_label}
    assert len(matched.stated["facts"]) == len(correct.stated["facts"])
    assert not set(matched.stated["facts"]) & set(dataset.step("facts").gold(question))
    assert set(matched.stated["facts"]) <= set(question.context)
    assert matched.text == "".join(step.render(matched.stated[step.name]) for step in dataset.steps)


def test_a_context_of_gold_facts_borrows_wrong_ones_of_its_class():
    question = make_question(
        "babi", context=("Mary got the milk there.", "Mary travelled to the hallway."), gold_facts=(0, 1)
    )
    others = [
        make_question("babi", id=f"babi-{name}", context=(f"{name} is here.",), gold_facts=(0,))
        for name in ("John", "Sandra")
    ]
    trace = build_trace(question, "incorrect_matched", seed=0, pool=[question, *others])
    assert sorted(trace.stated["facts"]) == ["John is here.", "Sandra is here."]
    with pytest.raises(DataError, match="too few facts in class"):
        build_traces([question], "incorrect_matched", seed=0)
    assert build_trace(question, "incorrect", seed=0).text.endswith("question: []")


def test_a_draw_depends_on_seed_arm_and_id_and_not_on_order():
    questions = [make_question("babi", id=f"babi-{number}") for number in range(20)]
    forwards = {trace.id: trace for trace in build_traces(questions, "incorrect", seed=1)}
    backwards = {trace.id: trace for trace in build_traces(questions[::-1], "incorrect", seed=1)}
    assert forwards == backwards
    assert forwards != {trace.id: trace for trace in build_traces(questions, "incorrect", seed=2)}


def test_an_unknown_arm_is_one_sentence(question):
    with pytest.raises(ConfigError, match=r"arm 'corect' is unknown \(did you mean 'correct'"):
        build_trace(question, "corect", seed=0)


@pytest.mark.parametrize("arm", built_arms())
def test_the_answer_is_right_in_every_arm(question, arm):
    answer = get_dataset(question.dataset).answer_text(question.answers)
    target = build_trace(question, arm, 0, strangers(question.dataset)).target
    assert target == answer or target.endswith(f"<answer>{answer}</answer>")


def test_a_gold_passage_in_other_letter_case_is_never_quoted_as_wrong():
    question = make_question("ms_marco", context=("It is 210.", "IT IS 210.", "No."), gold_facts=(0,))
    for arm in ("incorrect", "incorrect_matched"):
        assert all(build_trace(question, arm, seed).stated["facts"] == ("No.",) for seed in range(20))
