"""Our CoTempQA questions, prompts and traces against every released SFT row, byte for byte."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from support.examples import ROOT
from support.real_data import raw_folder
from support.released_turns import by_user_prompt, released_turns
from tracekd.datasets import get_dataset
from tracekd.datasets.cotempqa import reader as cotempqa
from tracekd.traces.build import build_trace, build_traces
from tracekd.traces.verification import verify_trace, verify_traces

ROWS = {"during_test": 619, "equal_test": 87, "mix_test": 113, "overlap_test": 131, "equal_train": 349}
# the plain arm's equal_train.csv is not among the stored files
FILES = [(arm, file) for arm in ("none", "correct", "incorrect") for file in ROWS]
FILES.remove(("none", "equal_train"))
INCORRECT = re.compile(
    r"<think>The temporal relation between the event in question and the event in context is: (\w+)\.\n"
    r"I need to use the following facts to answer the question: (.*)</think> <answer>(.*)</answer>"
)


@pytest.fixture(scope="module")
def questions():
    return cotempqa.read(*raw_folder("cotempqa"), seed=0)


@pytest.fixture(scope="module")
def by_prompt(questions):
    groups = by_user_prompt(questions)
    assert all(len(group) == 1 for group in groups.values()), "two questions share their whole prompt"
    return {prompt: group[0] for prompt, group in groups.items()}


@pytest.mark.parametrize(("arm", "file"), FILES)
def test_released_rows_are_our_prompts_of_that_class_and_split(questions, by_prompt, arm, file):
    turns = released_turns("cotempqa", arm, f"{file}.csv")
    label, split = file.split("_")
    ours = sorted(one.id for one in questions if (one.class_label, one.split) == (label, split))
    assert len(turns) == ROWS[file]
    assert sorted(by_prompt[turn.user].id for turn in turns) == ours


@pytest.mark.parametrize(("arm", "file"), [(arm, file) for arm, file in FILES if arm != "incorrect"])
def test_released_assistant_turns_are_ours(by_prompt, arm, file):
    for turn in released_turns("cotempqa", arm, f"{file}.csv"):
        assert build_trace(by_prompt[turn.user], arm, seed=0).target == turn.assistant


@pytest.mark.parametrize("file", ROWS)
def test_released_incorrect_turns_follow_the_recipe_that_ours_follow(by_prompt, file):
    for turn in released_turns("cotempqa", "incorrect", f"{file}.csv"):
        question = by_prompt[turn.user]
        ours = build_trace(question, "incorrect", seed=0)
        for target in (turn.assistant, ours.target):
            assert follows_incorrect_recipe(question, target)
        verdict = verify_trace(question, replace(ours, target=turn.assistant))
        assert verdict == {"class": False, "facts": False}


def follows_incorrect_recipe(question, target):
    """Another class; one bare context fact without a gold answer, `[]` if there is none; the right answer."""
    label, fact, answer = INCORRECT.fullmatch(target).groups()
    wrong = [text for text in question.context if not any(gold in text for gold in question.answers)]
    return (
        label in set(cotempqa.CLASSES) - {question.class_label}
        and (fact in wrong if wrong else fact == "[]")
        and answer == str(list(question.answers))
    )


def test_one_released_question_has_no_wrong_fact(questions):
    test = [question for question in questions if question.split == "test"]
    without = [one.class_label for one in test if len(one.gold_facts) == len(one.context)]
    assert without == ["overlap"]


def test_whole_classes_have_the_train_sizes_of_the_paper(questions):
    sizes = Counter(question.class_label for question in questions if question.split == "train")
    assert {label: sizes[label] for label in ("equal", "mix", "overlap")} == {
        "equal": 349,
        "mix": 450,
        "overlap": 522,
    }


def test_every_fact_of_the_real_data_offers_a_candidate_of_the_asked_side(questions):
    candidates = get_dataset("cotempqa").candidates
    for question in questions:
        assert all(candidates(question)), question.id
        assert set(question.answers) <= set(candidates(question)), question.id


@pytest.mark.parametrize(
    ("arm", "words"), [("wrong_near", "{} % of the near facts"), ("wrong_facts", "`wrong_facts`, {} %")]
)
def test_docs_say_how_near_wrong_facts_are(questions, arm, words):
    """At least 3 of 4: the time, and an entity or the relation, or both."""
    asked = [one for one in questions if one.split == "train" and one.class_label != "during"]
    traces = verify_traces(asked, build_traces(asked, arm, seed=0))
    nearness = get_dataset("cotempqa").nearness
    found = [
        nearness(question, fact) >= 3
        for question, trace in zip(asked, traces, strict=True)
        for fact in trace.stated["facts"]
    ]
    page = " ".join((ROOT / "docs/dose.md").read_text("utf-8").split())
    assert f"In the {len(asked):,} training questions" in page
    assert words.format(f"{100 * sum(found) / len(found):.0f}") in page


def test_far_facts_of_real_questions_share_nothing_with_them(questions):
    asked = [one for one in questions if one.split == "train" and one.class_label == "equal"]
    traces = verify_traces(asked, build_traces(asked, "wrong_far", seed=0))
    assert all(trace.verdict == {"class": True, "facts": False} for trace in traces)
