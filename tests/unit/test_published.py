"""The published scorer: each rule on made-up items; each quirk with an item that it decides."""

import pandas as pd
import pytest
from support.examples import make_question, strangers
from tracekd.core.records import Generation
from tracekd.datasets import DATASETS, get_dataset
from tracekd.datasets.cotempqa.published import candidates, find_entities, subject_and_object
from tracekd.datasets.published import RULES
from tracekd.datasets.rows import Grid
from tracekd.scoring import get_scorer, published
from tracekd.scoring.published import Quirk
from tracekd.scoring.published.answers import extract_answer
from tracekd.scoring.published.steps import find_trace
from tracekd.tables.answer_scores import answer_scores, headline, show_answer_scores
from tracekd.traces.arms import MIXTURES, built_arms, get_arm
from tracekd.traces.build import build_trace

NONE = frozenset()


def judge(questions, text, arm, off=NONE):
    """Score one text for the last of some test questions; the questions before it get their own targets."""
    questions = [questions] if not isinstance(questions, list) else questions
    texts = [build_trace(one, "correct", seed=0).target for one in questions[:-1]] + [text]
    generations = [
        Generation(one.id, "0" * 64, text, None, None, None)
        for one, text in zip(questions, texts, strict=True)
    ]
    return published.score(questions, generations, arm, off)[-1]


def cotempqa(*facts, **changes):
    """A test question of CoTempQA with objects asked for."""
    defaults = {"question": "Which?", "answers": ("Acme",), "gold_facts": (0,), "split": "test"}
    element = {"triple_element": changes.pop("triple_element", "S1_R1_O2")}
    facts = facts or ("Ann works for Acme from 1918 to 1919.", "Bob works for Bolt in 1920.")
    return make_question("cotempqa", context=facts, attributes=element, **{**defaults, **changes})


def babi(**changes):
    return make_question("babi", split="test", **changes)


def extract(text, question=None, arm_has_trace=False, off=NONE):
    return extract_answer(question or babi(), text, arm_has_trace, off)


# extraction of the answer


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("An <Answer> Acme</answer>x <answer>y", " acme"),
        ("<answer>Acme <answer>Bolt</answer>", "acme "),
        ("Acme. Answer the question based on: answer the question based on", "acme. "),
        ("The answer is Acme, the answer too", "is acme, the"),
        ("Answer: Acme Answer: Bolt", " acme "),
        ("My answer Answer: Acme", "answer: acme"),
        ("assistant\n<think>Acme", "\n<>acme"),
    ],
)
def test_the_first_rule_that_applies_finds_the_answer(text, found):
    assert extract(text) == found


def test_an_unanswerable_question_knows_only_the_answer_tag():
    question = make_question("ms_marco", answers=("No Answer Present.",))
    assert extract("The answer is none", question) == "the answer is none"
    assert extract("<answer>None</answer>", question) == "none"


# distractors


RELATIONS = [
    "holds the position of",
    "is a member of the",
    "is the chair of",
    "is the head of",
    "is owned by",
    "attended",
    "works for",
    "plays for",
]
PAST = {
    "holds the position of": "held the position of",
    "is a member of the": "was a member of the",
    "is the chair of": "was the chair of",
    "is the head of": "was the head of",
    "is owned by": "was owned by",
    "works for": "worked for",
    "plays for": "played for",
}


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("end", [" from 1918 to 1919.", " in 1918.", " from 1918", "."])
def test_each_relation_is_read_in_each_of_the_four_forms(relation, end):
    # the third form stops at its last group: nothing says how far the date goes
    for verb in (relation, PAST.get(relation, relation)):
        assert subject_and_object(f"Ann Lee {verb} Old Acme{end}") == ("ann lee", "old acme")


def test_the_forms_are_tried_in_order_and_from_the_start():
    assert subject_and_object("Ann works for Acme in Rome from May to June.") == ("ann", "acme in rome")
    assert subject_and_object("Ann works for Acme from May in 1918.") == ("ann", "acme from may")
    assert subject_and_object("Ann works for Acme from May") == ("ann", "acme")
    assert subject_and_object("Ann works for A.C.M.E. of 1918.") == ("ann", "a")
    assert subject_and_object("Ann works for Acme") is None
    assert subject_and_object("Ann lives in Rome.") is None


def test_a_keyword_without_its_relation_falls_through_to_the_next():
    assert subject_and_object("Network Ann played for Acme in 1918.") == ("network ann", "acme")
    assert subject_and_object("Attendant Bob worked for Bolt.") == ("attendant bob", "bolt")
    assert subject_and_object("Ann the chair of Acme attended Bolt from 1918") == (
        "ann the chair of acme",
        "bolt",
    )


def test_tenses_are_replaced_once_for_every_keyword_that_occurs():
    # neighbours share a blank, so one pass leaves the second `was`
    assert subject_and_object("Ann was was owned by Acme in 1918.") is None
    assert subject_and_object("Ann, the chair of X, was was owned by Acme.") == (
        "ann, the chair of x, is",
        "acme",
    )


def test_candidates_are_golds_and_one_side_of_the_facts_the_longest_first():
    asked_object = cotempqa(triple_element="S1_R1_O2")
    asked_subject = cotempqa(triple_element="S2_R1_O1", answers=("Ann",))
    assert candidates(asked_object, NONE) == ("acme", "bob", "ann")
    assert candidates(asked_subject, NONE) == ("bolt", "acme", "ann")
    assert candidates(asked_subject, {Quirk.DISTRACTORS_FROM_WRONG_SIDE}) == ("bob", "ann")
    assert candidates(asked_subject, {Quirk.TIES_DESCENDING}) == ("acme", "bolt", "ann")


def test_a_found_entity_is_deleted_before_the_next_is_sought():
    assert find_entities("old acme and acme", "", ["old acme", "acme"], NONE) == {"old acme", "acme"}
    assert find_entities("old acme", "", ["old acme", "acme"], NONE) == {"old acme"}
    assert find_entities("nobody", "", ["old acme"], NONE) == {"nobody"}
    # nothing but the entity that the question names: what is left of the text is the answer
    assert find_entities("acme", "while at acme", ["acme"], NONE) == {""}


# scores


def test_overlap_counts_entities():
    question = cotempqa(triple_element="S2_R1_O1", answers=("Ann", "Cid"))
    got = judge(question, "Ann, Acme", "none")
    assert got.measures == {"f1": 0.5, "precision": 0.5, "recall": 0.5}
    assert not got.answer_ok


def test_babi_compares_the_whole_text():
    assert judge(babi(), "assistant\n\nHallway.", "none").answer_ok
    assert judge(babi(), "the hallway", "none").measures["f1"] == 0
    assert judge(babi(answers=("apple", "milk")), "apple,milk", "none").answer_ok
    # its two things are one string: the order counts
    assert not judge(babi(answers=("apple", "milk")), "milk,apple", "none").answer_ok


def test_an_answer_of_ms_marco_is_held_against_the_list_of_alternatives():
    question = make_question("ms_marco", split="test")
    got = judge(question, "About 210", "none")
    assert (got.measures["precision"], got.measures["recall"], got.answer_ok) == (1.0, 0.5, False)
    assert judge(make_question("ms_marco", answers=("About 210",)), "about 210!", "none").answer_ok


@pytest.mark.parametrize("arm", [name for name in built_arms() if name not in MIXTURES])
def test_every_target_is_right_as_far_as_its_trace_is(question, arm):
    question = make_question(question.dataset, split="test", answers=question.answers[:1])
    trace = build_trace(question, arm, 0, strangers(question.dataset))
    got = judge(question, trace.target, arm)
    assert got.answer_ok and got.readable
    truths = get_arm(arm).truths(get_dataset(question.dataset))
    if truths.get("facts") is False:
        # any context fact will do, so a wrong one does: but not bAbI's lower-cased ones
        truths["facts"] = arm != "wrong_far" and (question.dataset != "babi" or arm != "incorrect")
    assert got.steps == truths
    assert got.trace_ok == (all(truths.values()) if truths else None)


@pytest.mark.parametrize("name", list(DATASETS))
def test_the_class_sentence_holds_no_class_but_its_own(name):
    """So the first class found in the gold row's sentence, as the released step has it, is the row's."""
    dataset = get_dataset(name)
    for label in dataset.classes:
        sentence = dataset.step("class").render(label).lower()
        assert [one for one in dataset.classes if one.lower() in sentence] == [label]


def test_the_class_is_sought_in_one_sentence_of_the_trace():
    first = RULES.get("cotempqa").is_class_right
    assert first(cotempqa(), "It is mix. It is equal.")
    assert not first(cotempqa(), "It is equal. It is mix.")
    assert not first(cotempqa(), "It is Mix.")
    for name, label in (("ms_marco", "numeric"), ("babi", "two-supporting-facts")):
        second, question = RULES.get(name).is_class_right, make_question(name)
        assert second(question, f"One. It is {label}. Three.")
        assert second(question, label.capitalize())
        assert not second(question, f"{label}. Two. Three.")


@pytest.mark.parametrize(
    ("text", "trace"),
    [
        ("assistant\n<think>a</think>b</think>", "assistant\n<think>a"),
        ("I think so", "I think so"),
        ("</think>", None),
        ("I know", None),
        ("<THINK>", None),
    ],
)
def test_the_trace_is_what_stands_before_the_first_closing_tag(text, trace):
    assert find_trace(text) == trace


def test_an_output_is_whole_when_it_has_what_its_arm_asks_for():
    assert not judge(babi(), "<think>x</think> <answer>y", "correct").readable
    assert not judge(babi(), "<think>x <answer>y</answer>", "correct").readable
    assert judge(babi(), "", "prompt_only").readable


def test_it_is_registered():
    assert get_scorer("published").judge is published.score


# quirks: (questions, text, arm) whose score changes, and whose does not, when the quirk alone is off

TRACE = "<think>It is mix. I use {}</think> <answer>['Acme']</answer>"
TWO_NAMED = cotempqa(
    "Anna works for Ottilie in 1918.",
    "Ottilie works for Acme in 1920.",
    question="While Anna was working for Ottilie, who was?",
)
EQUAL_LENGTH = cotempqa(
    "Anna works for Otto in 1918.", question="While Anna was working for Otto, who was?", answers=("Otto",)
)
SAME_ANSWER = [cotempqa(id="first"), cotempqa("Cid plays for Acme in 1918.", id="second")]
OTHER_ANSWER = [cotempqa(id="first", answers=("Bolt",), gold_facts=(1,)), cotempqa(id="second")]
WITH_ESCAPE = [
    cotempqa(id="first"),
    cotempqa(
        "Ann works for Ac\xa0me in 1918.", "Dan plays for Dot in 1918.", id="second", answers=("Ac\xa0me",)
    ),
]
BABI_TRACE = "<think>One. Two.\nI use ['{}']</think> <answer>hallway</answer>"
MARCO, MARCO_ONE = (
    make_question("ms_marco", answers=answers) for answers in (("210", "about 210"), ("210",))
)

CHANGED = {
    Quirk.TEXT_BEFORE_PROMPT: (babi(), "hallway Answer the question based on", "prompt_only"),
    Quirk.TEXT_AFTER_WORD_ANSWER: (babi(), "My answer hallway", "prompt_only"),
    Quirk.NO_ANSWER_TAG_NEEDED: (cotempqa(), "<think>I need Acme", "correct"),
    Quirk.WORDS_DELETED_ANYWHERE: (cotempqa(answers=("thinker",)), "thinker", "none"),
    Quirk.DISTRACTORS_FROM_WRONG_SIDE: (cotempqa(), "Acme or Bolt", "none"),
    Quirk.TIES_DESCENDING: (EQUAL_LENGTH, "Anna Otto", "none"),
    Quirk.ONE_NAMED_ENTITY_SKIPPED: (TWO_NAMED, "Anna Ottilie Acme", "none"),
    Quirk.ALL_ALTERNATIVES_NEEDED: (MARCO, "About 210", "none"),
    Quirk.LEFT_OUT_WITHOUT_TRACE: (cotempqa(), "<answer>Acme</answer>", "correct"),
    Quirk.GOLD_ROW_BY_ANSWER: (SAME_ANSWER, TRACE.format("Cid plays for Acme in 1918."), "correct"),
    Quirk.LAST_ROW_REUSED: (WITH_ESCAPE, TRACE.format("Bob works for Bolt in 1920."), "correct"),
    Quirk.ANY_CONTEXT_FACT: (cotempqa(), TRACE.format("Bob works for Bolt in 1920."), "correct"),
    Quirk.FACTS_COMPARED_WITH_CASE: (babi(), BABI_TRACE.format("mary got the milk there."), "incorrect"),
}
UNCHANGED = {
    Quirk.TEXT_BEFORE_PROMPT: (babi(), "<answer>hallway</answer> Answer the question based on", "correct"),
    Quirk.TEXT_AFTER_WORD_ANSWER: (babi(), "My answer: hallway", "prompt_only"),
    Quirk.NO_ANSWER_TAG_NEEDED: (cotempqa(), "Acme", "none"),
    Quirk.WORDS_DELETED_ANYWHERE: (cotempqa(), "assistant\n<think>\n\nAcme", "none"),
    Quirk.DISTRACTORS_FROM_WRONG_SIDE: (cotempqa(), "Acme", "none"),
    Quirk.TIES_DESCENDING: (TWO_NAMED, "Anna Ottilie Acme", "none"),
    Quirk.ONE_NAMED_ENTITY_SKIPPED: (TWO_NAMED, "Anna Acme", "none"),
    Quirk.MEAN_OF_ROUNDED_CLASSES: (cotempqa(), "Acme", "none"),
    Quirk.ALL_ALTERNATIVES_NEEDED: (MARCO_ONE, "210", "none"),
    Quirk.LEFT_OUT_WITHOUT_TRACE: (cotempqa(), TRACE.format("Bob works for Bolt in 1920."), "correct"),
    Quirk.GOLD_ROW_BY_ANSWER: (OTHER_ANSWER, TRACE.format("Bob works for Bolt in 1920."), "correct"),
    Quirk.LAST_ROW_REUSED: (SAME_ANSWER, TRACE.format("Bob works for Bolt in 1920."), "correct"),
    Quirk.ANY_CONTEXT_FACT: (cotempqa(), TRACE.format("Ann works for Acme from 1918 to 1919."), "correct"),
    Quirk.FACTS_COMPARED_WITH_CASE: (babi(), BABI_TRACE.format("Mary got the milk there."), "correct"),
}


def test_quirks_are_numbered_as_in_the_documentation():
    assert [quirk.value for quirk in Quirk] == [f"Q{number}" for number in range(1, 15)]
    assert {*CHANGED, Quirk.MEAN_OF_ROUNDED_CLASSES} == set(UNCHANGED) == set(Quirk)


@pytest.mark.parametrize("quirk", CHANGED)
def test_a_quirk_decides_some_item(quirk):
    assert judge(*CHANGED[quirk]) != judge(*CHANGED[quirk], off={quirk})


@pytest.mark.parametrize("quirk", UNCHANGED)
def test_a_quirk_does_not_decide_every_item(quirk):
    assert judge(*UNCHANGED[quirk]) == judge(*UNCHANGED[quirk], off={quirk})


def off(quirk):
    """Score the item of `CHANGED` with the quirk off."""
    return judge(*CHANGED[quirk], off={quirk})


def test_what_takes_the_place_of_a_quirk():
    for quirk in (
        Quirk.WORDS_DELETED_ANYWHERE,
        Quirk.TIES_DESCENDING,
        Quirk.ONE_NAMED_ENTITY_SKIPPED,
        Quirk.ALL_ALTERNATIVES_NEEDED,
    ):
        assert off(quirk).answer_ok and not judge(*CHANGED[quirk]).answer_ok
    for quirk in (
        Quirk.TEXT_BEFORE_PROMPT,
        Quirk.TEXT_AFTER_WORD_ANSWER,
        Quirk.NO_ANSWER_TAG_NEEDED,
        Quirk.DISTRACTORS_FROM_WRONG_SIDE,
    ):
        assert not off(quirk).answer_ok and judge(*CHANGED[quirk]).answer_ok
    left_out = judge(*CHANGED[Quirk.LEFT_OUT_WITHOUT_TRACE])
    assert (left_out.steps, left_out.trace_ok) == ({"class": None, "facts": None}, None)
    entered = off(Quirk.LEFT_OUT_WITHOUT_TRACE)
    assert (entered.steps, entered.trace_ok) == ({"class": False, "facts": False}, False)
    reused = judge(*CHANGED[Quirk.LAST_ROW_REUSED])
    assert reused.steps == {"class": True, "facts": True}
    assert off(Quirk.LAST_ROW_REUSED).steps == {"class": False, "facts": False}
    assert off(Quirk.GOLD_ROW_BY_ANSWER).steps["facts"]
    assert off(Quirk.FACTS_COMPARED_WITH_CASE).steps["facts"]
    assert not off(Quirk.ANY_CONTEXT_FACT).steps["facts"]


def test_without_a_row_before_it_an_item_without_row_is_wrong():
    got = judge(WITH_ESCAPE[1], TRACE.format("Dan plays for Dot in 1918."), "correct")
    assert got.steps == {"class": False, "facts": False}


# the table


def make_frame(*items):
    """Score frame of one file from (class, answer_ok, f1)."""
    frame = pd.DataFrame(items, columns=["class", "answer_ok", "f1"])
    run = {"dataset": "cotempqa", "model": "m", "arm": "none", "seed": 42, "scorer": "published"}
    return frame.assign(precision=frame["f1"], recall=1.0, **run)


def test_the_headline_is_the_mean_of_rounded_classes_or_of_items():
    labels, values = ["mix"] * 3 + ["equal"], [1, 0, 0, 1]
    assert headline(labels, values) == (33.3 + 100.0) / 2
    assert headline(labels, values, {Quirk.MEAN_OF_ROUNDED_CLASSES}) == 50.0


def test_answer_scores_are_rounded_a_class_and_averaged_over_classes():
    frame = make_frame(("mix", 1, 1.0), ("mix", 0, 0.5), ("mix", 0, 0.0), ("equal", 1, 1.0))
    table = answer_scores(frame, Grid(["cotempqa"], ["m"], ["none"]))
    assert list(table["class"]) == ["all", "macro", "equal", "mix"]
    rows = table.set_index("class")
    assert rows.loc["mix", ["n", "acc", "f1", "avg"]].tolist() == [3, 33.3, 50.0, 41.7]
    assert rows.loc["macro", ["n", "acc", "f1"]].tolist() == [4, (33.3 + 100.0) / 2, 75.0]
    assert rows.loc["all", ["n", "acc", "f1", "precision", "recall"]].tolist() == [4, 50.0, 62.5, 62.5, 100.0]
    shown = show_answer_scores(table).set_index("Class")
    assert shown.loc["mean of classes", "Acc."] == "66.65" and shown.loc["mix", "Acc."] == "33.3"
    assert ",".join(table.columns) == ("dataset,class,model,arm,seed,scorer,n,acc,f1,precision,recall,avg")
