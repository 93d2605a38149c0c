"""Arms, conditions and scorers of one's own: what they may ask for, and what is refused with a remedy."""

from dataclasses import replace

import pytest
from support.examples import ROOT, make_question
from support.own_datasets import add_own_datasets, kept_registries, make_own
from tracekd.core.checks import read_yaml
from tracekd.core.errors import ConfigError, VerificationError
from tracekd.core.records import Generation, validator
from tracekd.datasets import get_dataset
from tracekd.interventions.prefills import Condition, Setting, add_condition, build_prefills
from tracekd.scoring import ANSWER, SCORERS, Scorer, add_scorer, aligned, get_scorer
from tracekd.scoring.aligned import score_item
from tracekd.scoring.readings import derive_reading
from tracekd.settings.base import parse_settings
from tracekd.settings.config import Config
from tracekd.traces.arms import (
    ARMS,
    MIXTURES,
    PROMPT_ONLY,
    TEACHER_ARMS,
    Arm,
    Form,
    add_arm,
    built_arms,
    get_arm,
)
from tracekd.traces.build import build_trace, build_traces
from tracekd.traces.verification import Expected, expect, verify_traces
from tracekd.workflow.config import check_fits

BACKWARDS = Arm("backwards", "backwards", True, order_matters=True)


@pytest.fixture(autouse=True)
def own():
    """Datasets of three steps and of one, for one test."""
    with kept_registries():
        add_own_datasets()
        yield


@pytest.fixture
def sums():
    return [make_own("sums", number, split="train") for number in range(20)]


def config(**changes):
    """The demo's, of what every dataset can do but for the changes."""
    plain = {"datasets": ["cotempqa"], "arms": ["none"], "interventions": [], "scorers": ["aligned"]}
    return parse_settings(Config, read_yaml(ROOT / "config.yaml") | plain | changes, "config")


# what an arm says of itself


def test_truths_are_those_of_the_steps_that_a_dataset_has():
    sums, cotempqa = get_dataset("sums"), get_dataset("cotempqa")
    assert get_arm("correct").truths(sums) == {"kind": True, "evidence": True, "equation": True}
    assert get_arm("incorrect_matched").truths(get_dataset("look_up")) == {"evidence": False}
    assert get_arm("class_only").truths(cotempqa) == {"class": True}
    assert get_arm("wrong_class").truths(cotempqa) == {"class": False, "facts": True}
    assert get_arm("correct_padded").truths(cotempqa) == {"class": True, "facts": True}
    for name in ("none", "empty_trace", "filler", PROMPT_ONLY, *sorted({*TEACHER_ARMS} - {"correct_padded"})):
        assert get_arm(name).truths(sums) == {}


def test_arms_tell_whether_they_are_trained_tagged_and_whole():
    bare = {name for name in ARMS if not get_arm(name).has_tags}
    assert bare == {PROMPT_ONLY, "none"}
    assert {name for name in ARMS if not get_arm(name).is_trained} == {PROMPT_ONLY}
    whole = {"correct", "correct_padded", "incorrect", "incorrect_matched", *MIXTURES}
    whole |= {"wrong_class", "wrong_facts", "wrong_near", "wrong_far"}
    assert {name for name in ARMS if get_arm(name).is_whole} == whole
    assert set(built_arms()) == set(ARMS) - {PROMPT_ONLY, *TEACHER_ARMS}


def test_the_traces_of_prompting_and_of_a_teacher_are_not_built_by_rules(question):
    for name in (PROMPT_ONLY, *TEACHER_ARMS):
        with pytest.raises(ConfigError, match=f"config: arms: the traces of '{name}' are not built by rules"):
            build_trace(question, name, seed=0)


# what the verifier must be told


def test_an_arm_that_cannot_be_told_from_another_is_refused():
    twin = "arm 'twin' cannot be told from 'wrong_facts' by what its traces hold"
    with pytest.raises(ConfigError, match=twin):
        expect("twin", Expected(True, {"facts": False}))
    with pytest.raises(ConfigError, match="arm 'correct' cannot be told from 'correct'"):
        expect("correct", Expected(True, {"other": False}))
    expect("other", Expected(True, {"facts": False}, backwards=True))


def test_an_arm_of_which_nothing_is_known_is_one_sentence(sums):
    add_arm(replace(BACKWARDS, name="unexplained"))
    with pytest.raises(VerificationError) as caught:
        verify_traces(sums, build_traces(sums, "unexplained", seed=0))
    assert str(caught.value) == (
        "unexplained: nothing says what must be found in its traces (see `expect` in docs/extending.md)"
    )


def test_what_is_expected_of_an_arm_is_checked_before_any_job():
    add_arm(BACKWARDS)
    with pytest.raises(ConfigError) as caught:
        check_fits(config(datasets=["sums"], arms=["backwards"]))
    assert str(caught.value) == (
        "config: arms: nothing says what must be found in traces of 'backwards' "
        "(see `expect` in docs/extending.md)"
    )
    check_fits(config(datasets=["sums"], arms=["backwards"], level="outputs"))
    expect("backwards", Expected(True, {"equatoin": False}, backwards=True))
    with pytest.raises(ConfigError) as caught:
        check_fits(config(datasets=["sums"], arms=["backwards"]))
    assert str(caught.value) == (
        "config: arms: what is expected of 'backwards' names the step 'equatoin', which sums does not have "
        "(its steps are kind, evidence, equation)"
    )


@pytest.mark.parametrize("arm", ["none", "correct", "incorrect_matched", "empty_trace", "filler", *MIXTURES])
@pytest.mark.parametrize("dataset", ["sums", "look_up"])
def test_built_in_arms_hold_for_any_number_of_steps(dataset, arm):
    questions = [make_own(dataset, number, split="train") for number in range(20)]
    for trace in verify_traces(questions, build_traces(questions, arm, seed=0)):
        validator("trace")(trace.to_json())
        names = [step.name for step in get_dataset(dataset).steps]
        assert list(trace.stated) == (names if get_arm(arm).is_whole else [])
        assert set(trace.verdict) == set(names)


def test_single_steps_can_be_wrong_or_left_out(sums):
    add_arm(Arm("slip", "slip", True, {"equation": False, "kind": None}))
    expect("slip", Expected(True, {"equation": False, "kind": None}))
    whole = build_traces(sums, "incorrect_matched", seed=0)
    for trace, wrong, question in zip(build_traces(sums, "slip", seed=0), whole, sums, strict=True):
        (verified,) = verify_traces([question], [trace])
        assert verified.verdict == {"kind": None, "evidence": True, "equation": False}
        assert trace.stated["equation"] == wrong.stated["equation"], "what is wrong in two arms is the same"
        got = score_item(question, Generation(question.id, "0" * 64, trace.target, 1, 1, "stop"), "slip")
        assert (got.steps, got.trace_ok, got.readable) == ({"evidence": True, "equation": False}, False, True)
        assert got.answer_ok
    assert not get_arm("slip").is_whole


def test_where_order_matters_steps_are_built_and_verified_from_the_last_to_the_first(sums):
    add_arm(BACKWARDS)
    expect("backwards", Expected(True, backwards=True))
    for question in sums:
        back, forth = (build_trace(question, arm, seed=0) for arm in ("backwards", "correct"))
        steps = [step.render(step.gold(question)) for step in get_dataset("sums").steps]
        assert back.text == "".join(steps[::-1]) != forth.text == "".join(steps)
        assert back.stated == forth.stated
        verified = verify_traces([question], [back])[0]
        assert verified.verdict == {"kind": True, "evidence": True, "equation": True}
        for arm, trace in (("backwards", forth), ("correct", back)):
            with pytest.raises(VerificationError, match=f"{question.id}: the steps come as "):
                verify_traces([question], [replace(trace, arm=arm)])


# what does not fit is refused before anything runs


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"datasets": ["cotempqa", "sums"], "arms": ["correct", "class_only"]},
            "config: arms: 'class_only' names the step 'class', which sums does not have "
            "(its steps are kind, evidence, equation)",
        ),
        (
            {"datasets": ["look_up"], "arms": ["wrong_facts"]},
            "config: arms: 'wrong_facts' names the step 'facts', which look_up does not have "
            "(its steps are evidence)",
        ),
        (
            {"datasets": ["sums"], "arms": ["incorrect"]},
            "config: arms: 'incorrect' follows the released recipe, which sums does not have "
            "(choose incorrect_matched in its place)",
        ),
        (
            {"datasets": ["sums"], "scorers": ["published"]},
            "config: scorers: scorer 'published' has no rules for dataset 'sums' "
            "(leave it out; it judges cotempqa, ms_marco, babi)",
        ),
    ],
)
def test_what_a_dataset_cannot_do_is_one_sentence(changes, sentence):
    with pytest.raises(ConfigError) as caught:
        check_fits(config(**changes))
    assert str(caught.value) == sentence


def test_a_condition_that_names_a_step_which_a_dataset_lacks_is_refused():
    with pytest.raises(ConfigError, match="names the step 'class', which sums does not have"):
        check_fits(config(datasets=["sums"], interventions=["gold", "wrong_class"]))
    check_fits(config(datasets=["sums"], interventions=["own", "gold", "wrong_both", "foreign", "filler"]))


def test_whatever_fits_passes():
    arms = ["none", "correct", "incorrect_matched", "filler", *MIXTURES]
    check_fits(config(datasets=["sums", "look_up"], arms=arms, scorers=["aligned"]))
    check_fits(config(datasets=["cotempqa", "babi"], arms=list(ARMS), scorers=list(SCORERS)))


def test_without_a_released_recipe_no_trace_of_it_is_built(sums):
    with pytest.raises(ConfigError, match="there is no released recipe of wrong traces for sums"):
        build_traces(sums, "incorrect", seed=0)


# conditions and scorers


def test_a_condition_of_ones_own_sets_its_trace_and_is_a_valid_record():
    def loud(setting: Setting):
        return setting.generated.upper() or None

    add_condition(Condition("loud", "loud trace", write=loud))
    questions = [make_question(split="test", id=f"q{number}") for number in range(2)]
    generations = [
        Generation(one.id, "0" * 64, text, 1, 1, "stop")
        for one, text in zip(questions, ("so", ""), strict=True)
    ]
    prefills = build_prefills(questions, generations, ["loud"], 0)
    assert [(one.id, one.trace) for one in prefills] == [("q0/loud", "SO")]
    record = {"id": "q0/loud", "item": "q0", "condition": "loud", "trace": "SO", "text": ""}
    record |= {"prompt_sha256": "0" * 64, "n_prompt_tokens": 1, "n_new_tokens": 0, "finish_reason": "stop"}
    validator("intervention")(record)


def test_a_headline_that_is_none_of_the_measures_is_refused():
    def judge(questions, generations, arm):
        return []

    with pytest.raises(ConfigError) as caught:
        add_scorer(Scorer("near", judge, measures=("f1",), headline="closeness"))
    assert str(caught.value) == (
        "scorer near: headline 'closeness' is none of its measures (choose from answer_ok, f1)"
    )
    assert "near" not in SCORERS
    add_scorer(Scorer("near", judge, measures=("closeness",), headline="closeness"))
    assert get_scorer("near").headline == "closeness"
    assert {get_scorer(name).headline for name in ("published", "aligned")} == {ANSWER}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"measures": {"closeness": 1.5}}, "scorer near: closeness of sums-000 is 1.5, not in [0, 1]"),
        (
            {"measures": {"closness": 0.5}},
            "scorer near: its judge gives no measure 'closeness' (it gives closness)",
        ),
        ({"id": "other"}, "scorer near: its judge does not give one score per generation, in their order"),
    ],
)
def test_a_judge_that_does_not_give_what_its_scorer_says_is_refused(changes, sentence):
    def judge(questions, generations, arm):
        scores = aligned.score(questions, generations, arm)
        return [replace(score, **{"measures": {"closeness": None}, **changes}) for score in scores]

    question = make_own("sums", 0)
    given = [Generation(question.id, "0" * 64, "1", 1, 1, "stop")]
    scorer = Scorer("near", judge, measures=("closeness",), headline="closeness")
    with pytest.raises(ConfigError) as caught:
        scorer.score([question], given, "none")
    assert str(caught.value) == sentence
    assert Scorer("same", aligned.score, aligned.MEASURES).score([question], given, "none")


# readings: what an answer follows from


@pytest.mark.parametrize("arm", ["correct", "incorrect_matched"])
def test_an_answer_follows_from_the_step_that_implies_it(sums, arm):
    for question in sums:
        trace = build_trace(question, arm, seed=0)
        got = derive_reading(question, Generation(question.id, "0" * 64, trace.target, 1, 1, "stop"))
        right = arm == "correct"
        result = trace.stated["equation"].rpartition("= ")[2]
        assert got.steps == dict.fromkeys(("kind", "evidence", "equation"), right)
        assert (got.implied, got.source_ok, got.implied_ok) == (frozenset([result]), right, right)
        assert got.follows == right, "the answer is the true one"
        assert got.one_to_one is None, "the answer does not follow from quoted facts"
        assert (got.facts_all, got.facts_any) == (right, right)


def test_the_source_is_the_implying_step_and_not_the_quoting_one(sums):
    question = sums[0]
    trace = build_trace(question, "correct", seed=0)
    wrong = get_dataset("sums").step("evidence").render((question.context[1],))
    text = trace.target.replace(get_dataset("sums").step("evidence").render(trace.stated["evidence"]), wrong)
    got = derive_reading(question, Generation(question.id, "0" * 64, text, 1, 1, "stop"))
    assert got.steps == {"kind": True, "evidence": False, "equation": True}
    assert got.source_ok and got.follows and got.implied_ok
    assert got.named == (1,)


def test_nothing_follows_where_no_step_implies_an_answer():
    question = make_own("look_up", 3)
    trace = build_trace(question, "correct", seed=0)
    got = derive_reading(question, Generation(question.id, "0" * 64, trace.target, 1, 1, "stop"))
    assert got.readable and got.steps == {"evidence": True}
    assert got.implied is got.source_ok is got.implied_ok is got.follows is got.one_to_one is None


def test_forms_of_all_arms_are_known():
    assert {get_arm(name).form for name in ARMS} == set(Form)
