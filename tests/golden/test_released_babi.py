"""Our bAbI questions, prompts and traces against every released SFT row, byte for byte."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from support.real_data import raw_folder
from support.released_turns import by_user_prompt, released_turns
from tracekd.core.literals import parse_list
from tracekd.datasets.babi import reader as babi
from tracekd.traces.build import build_trace
from tracekd.traces.verification import verify_trace

# type: (train, test), the table of the paper; test is a tenth of each type's stories
SIZES = {
    "two-arg-relations": (1000, 100),
    "basic-induction": (1000, 100),
    "basic-deduction": (250, 25),
    "single-supporting-fact": (200, 20),
    "two-supporting-facts": (200, 20),
    "counting": (200, 20),
    "lists-sets": (200, 20),
    "conjunction": (200, 20),
    "time-reasoning": (200, 20),
    "size-reasoning": (198, 19),
    "positional-reasoning": (125, 12),
}
INCORRECT = re.compile(
    r"<think>The category of the question represents what is being asked in that question\. "
    r"The category of the question asked is: ([\w-]+)\.\n"
    r"I need to use the following text to answer the question: (\[.*\])</think> <answer>(.*)</answer>"
)


@pytest.fixture(scope="module")
def by_prompt():
    """All test stories, for the released sample of them was unseeded."""
    raw, _ = raw_folder("babi")
    questions = babi.read(raw, babi.Options(test_fraction=1.0), seed=0)
    return by_user_prompt([question for question in questions if question.split == "test"])


def test_sizes_are_those_of_the_paper():
    sizes = Counter((one.class_label, one.split) for one in babi.read(*raw_folder("babi"), seed=0))
    assert {label: (sizes[label, "train"], sizes[label, "test"]) for label in babi.CLASSES} == SIZES


@pytest.mark.parametrize("arm", ["correct", "incorrect"])
def test_released_rows_are_our_prompts_in_the_numbers_of_the_paper(by_prompt, arm):
    turns = released_turns("babiqa", arm, "test.csv")
    sizes = Counter(by_prompt[turn.user][0].class_label for turn in turns)
    assert sizes == {label: test for label, (_, test) in SIZES.items()}


def test_released_correct_turns_are_ours(by_prompt):
    for turn in released_turns("babiqa", "correct", "test.csv"):
        for question in by_prompt[turn.user]:
            assert build_trace(question, "correct", seed=0).target == turn.assistant


def test_released_incorrect_turns_follow_the_recipe_that_ours_follow(by_prompt):
    for turn in released_turns("babiqa", "incorrect", "test.csv"):
        question = by_prompt[turn.user][0]
        ours = build_trace(question, "incorrect", seed=0)
        for target in (turn.assistant, ours.target):
            assert follows_incorrect_recipe(question, target)
        verdict = verify_trace(question, replace(ours, target=turn.assistant))
        assert verdict == {"class": False, "facts": False}


def follows_incorrect_recipe(question, target):
    """Another class; as many lower-cased wrong sentences as there are gold ones, if there are; the answer."""
    label, quoted, answer = INCORRECT.fullmatch(target).groups()
    gold = {question.context[index] for index in question.gold_facts}
    wrong = Counter(text.lower() for text in question.context if text not in gold)
    facts = parse_list(quoted)
    return (
        label in set(babi.CLASSES) - {question.class_label}
        and len(facts) == min(len(question.gold_facts), wrong.total())
        and Counter(facts) <= wrong
        and answer == ",".join(question.answers)
    )


def test_sixteen_released_questions_have_no_wrong_sentence():
    turns = released_turns("babiqa", "incorrect", "test.csv")
    assert sum(": []</think>" in turn.assistant for turn in turns) == 16


def test_eighteen_released_test_questions_are_train_questions_too():
    """A leak of the paper's own data: context and question recur word for word in the training stories."""
    questions = babi.read(*raw_folder("babi"), seed=0)
    train = by_user_prompt([question for question in questions if question.split == "train"])
    turns = released_turns("babiqa", "correct", "test.csv")
    assert sum(turn.user in train for turn in turns) == 18
