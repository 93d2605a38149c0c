"""Definition, items, groups, import file and power of a study."""

import re
from collections import Counter
from html import escape

import pandas as pd
import pytest
from support.examples import ROOT
from support.study_files import ARMS, HOSTILE, make_pages, make_questions, make_traces, write_study
from tracekd.core.checks import read_yaml
from tracekd.core.errors import ConfigError, DataError
from tracekd.settings.base import parse_settings
from tracekd.settings.config import Config
from tracekd.study.definition import check_study, read_study
from tracekd.study.pages import escape_json, label_points, survey_data
from tracekd.study.plan import (
    answer_of,
    build_plan,
    deal_blocks,
    draw_items,
    find_overlap,
    read_answered,
    read_plan,
    write_plan,
)
from tracekd.study.power import simulate_power
from tracekd.study.qualtrics import import_file
from tracekd.study.registration import registration_page

QUESTION = {
    "name": "effort",
    "dimension": "load",
    "facet": "effort",
    "text": "How hard was it?",
    "reversed": False,
    "source": "own wording",
}
SPREADS = {"participant_sd": 0.6, "item_sd": 0.6, "condition_item_sd": 0.3, "hurry": {}, "stop": {}}


def make_plan(folder, questions=None, answered=None, **changes):
    questions = questions or make_questions()
    study = read_study(write_study(folder, **changes))
    return build_plan(study, questions, make_traces(questions, HOSTILE), answered)


def test_shipped_definition_has_many_items_and_each_participant_a_block_of_them():
    study = read_study(ROOT / "config" / "study.yaml")
    assert (study.design, study.participants, study.items) == ("between", 100, 40)
    assert (study.n_blocks, len(study.groups), study.participants_per_group) == (5, 20, 5)
    assert [*study.groups[:2], study.groups[-1]] == ["A1", "A2", "D5"]
    assert {question.dimension for question in study.questions} == {"interpretability", "load"}
    facets = {one.facet for one in study.questions}
    assert {"predictability", "comprehensibility", "perceived faithfulness"} <= facets
    # half of what is asked about interpretability is worded the other way; load is asked on scales of its own
    directions = Counter(one.reversed for one in study.questions if one.dimension == "interpretability")
    assert directions[True] == directions[False] >= 3
    assert all(one.scale for one in study.questions if one.dimension == "load")


def test_the_published_design_is_laid_over_the_shipped_definition():
    published, shipped = (read_study(ROOT / f"config/{name}.yaml") for name in ("study_published", "study"))
    assert (published.groups, published.participants_per_group) == (["A", "B", "C", "D"], 25)
    own = {"base": "config/study.yaml", "items": 8, "items_per_participant": 8, "tasks": []}
    assert published == shipped.changed(**own)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"design": "both"}, "design"),
        ({"items": 0}, "items"),
        ({"scale": {"low": 1, "high": 5, "labels": ["no", "yes"]}}, "2 labels for the points 1 to 5"),
        ({"checks": [{"name": "a", "text": "b", "expected": 9}]}, "expects 9"),
        ({"checks": [{"name": "effort", "text": "b", "expected": 1}]}, "'effort' occurs twice"),
        ({"design": "within", "items": 6}, "6 items cannot be shared out evenly over 4 conditions"),
        ({"items": 9, "items_per_participant": 4}, "9 items cannot be cut into blocks of 4"),
        ({"participants": 30}, "30 participants cannot be shared out evenly over 4 groups"),
        ({"participants": 100, "items": 12, "items_per_participant": 4}, "over 12 groups (4 conditions x 3"),
        ({"exclusions": {"seconds_per_wrd": 0.1}}, "did you mean 'seconds_per_word'?"),
        (
            {"assumptions": SPREADS | {"hurry": {"r1": 0.1}}},
            "assumptions.hurry: does not have a share for each",
        ),
        ({"exclusions": {"failed_checks": 1, "incomplete": True}}, "in the order incomplete, failed_checks"),
        ({"questions": []}, "questions"),
        (
            {"questions": [QUESTION | {"scale": {"low": 0, "high": 10, "labels": ["no", "yes"]}}]},
            "goes from 0 to 10",
        ),
        (
            {"questions": [QUESTION | {"scale": {"low": 1, "high": 5, "labels": ["no", "so", "yes"]}}]},
            "questions[0].scale: 3 labels for the points 1 to 5",
        ),
        ({"title": " "}, "title"),
        ({"upload": "http://example.org/"}, "upload: 'http://example.org/' should match"),
        ({"upload": "https://example.org; script-src *"}, "upload"),
        ({"upload": "https://example.org/a b"}, "upload"),
    ],
)
def test_a_faulty_definition_is_one_sentence(tmp_path, changes, sentence):
    path = write_study(tmp_path, **changes)
    with pytest.raises(ConfigError) as error:
        read_study(path)
    assert str(path) in str(error.value)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "contact",
    [
        "[name and e-mail of the responsible researcher; number of the ethics approval]",
        "Jane Doe, jane@example.org, [number of the approval]",
    ],
)
def test_a_placeholder_is_refused_where_people_would_read_it(tmp_path, contact):
    assert read_study(write_study(tmp_path, contact=contact)).is_simulated
    path = write_study(tmp_path, contact=contact, responses="answers")
    with pytest.raises(ConfigError, match="contact: holds a placeholder") as error:
        read_study(path)
    assert "\n" not in str(error.value)
    assert not read_study(write_study(tmp_path, responses="answers")).is_simulated


def test_a_run_must_make_what_its_study_shows(tmp_path):
    study = read_study(write_study(tmp_path))
    demo = parse_settings(Config, read_yaml(ROOT / "config.yaml"), "config")
    config = demo.changed(study="study.yaml", datasets=["cotempqa"], arms=["prompt_only", *ARMS])
    check_study(study, config)
    with pytest.raises(ConfigError, match="'class_only' is unknown"):
        check_study(study, config.changed(arms=["correct", "incorrect", "incorrect_matched"]))
    with pytest.raises(ConfigError, match="'cotempqa' is unknown"):
        check_study(study, config.changed(datasets=["babi"]))
    replay = read_yaml(ROOT / "config/replay.yaml")["replay"]
    with pytest.raises(ConfigError, match="a replay has no traces"):
        check_study(study, config.changed(replay=replay))


BLOCKS = {"items": 12, "items_per_participant": 4, "participants": 24}


def test_between_subjects_a_group_sees_one_block_under_one_condition(tmp_path):
    plan = make_plan(tmp_path, **BLOCKS)
    groups = {group["group"]: group["sequence"] for group in plan["groups"]}
    assert list(groups) == [f"{letter}{number}" for letter in "ABCD" for number in (1, 2, 3)]
    for number in (1, 2, 3):
        blocks = {tuple(step["item"] for step in groups[f"{letter}{number}"]) for letter in "ABCD"}
        assert len(blocks) == 1
    conditions = [{step["condition"] for step in groups[f"{letter}1"]} for letter in "ABCD"]
    assert conditions == [{condition["name"]} for condition in plan["conditions"]]


def test_one_block_is_the_published_design(tmp_path):
    plan = make_plan(tmp_path)
    assert [group["group"] for group in plan["groups"]] == ["A", "B", "C", "D"]
    assert len({tuple(step["item"] for step in group["sequence"]) for group in plan["groups"]}) == 1


def test_within_subjects_each_block_has_a_latin_square(tmp_path):
    size = {"items": 16, "items_per_participant": 8, "participants": 16}
    plan = make_plan(tmp_path, make_questions(24), design="within", **size)
    for group in plan["groups"]:
        assert set(Counter(step["condition"] for step in group["sequence"]).values()) == {2}
    for number in ("1", "2"):
        groups = [group for group in plan["groups"] if group["group"][1:] == number]
        for place in range(8):
            steps = [group["sequence"][place] for group in groups]
            assert len({step["item"] for step in steps}) == 1
            assert len({step["condition"] for step in steps}) == 4


@pytest.mark.parametrize("design", ["between", "within"])
def test_every_item_is_seen_under_every_condition_equally_often(tmp_path, design):
    plan = make_plan(tmp_path, design=design, **BLOCKS)
    seen = Counter(
        (step["item"], step["condition"]) for group in plan["groups"] for step in group["sequence"]
    )
    assert len(seen) == 12 * 4 and set(seen.values()) == {1}
    rows = find_overlap(plan, per_group=2)
    assert [sum(row.classes.values()) for row in rows] == [4, 4, 4]
    assert sorted(group for row in rows for group in row.groups) == [
        group["group"] for group in plan["groups"]
    ]
    assert all(set(row.views.values()) == {2} for row in rows)


def test_blocks_hold_equally_many_of_each_class_and_stratum():
    questions = make_questions(60)
    answered = {question.id: number % 9 >= 3 for number, question in enumerate(questions)}
    blocks = deal_blocks(draw_items(questions, answered, 40, seed=1), answered, 5, seed=1)
    classes = {question.id: question.class_label for question in questions}
    assert [len(block) for block in blocks] == [8] * 5 and len(set().union(*blocks)) == 40
    for strata in (lambda item: classes[item], lambda item: (classes[item], answered[item])):
        counts = [Counter(map(strata, block)) for block in blocks]
        for one in set().union(*counts):
            assert max(count[one] for count in counts) - min(count[one] for count in counts) <= 1


def test_blocks_depend_on_the_seed():
    questions = make_questions(60)
    blocks = [deal_blocks(questions, {}, 5, seed) for seed in (0, 1, 0)]
    assert blocks[0] == blocks[2] != blocks[1]


def test_items_are_drawn_evenly_from_classes_and_from_right_and_wrong():
    questions = make_questions(60)
    # a third of each class is wrong
    answered = {question.id: number % 9 >= 3 for number, question in enumerate(questions)}
    chosen = draw_items(questions, answered, 12, seed=1)
    strata = Counter((question.class_label, answered[question.id]) for question in chosen)
    assert len(strata) == 6
    assert set(strata.values()) == {2}


def test_the_draw_depends_on_the_seed_and_not_on_the_order():
    questions = make_questions(60)
    draws = [draw_items(questions, {}, 9, seed) for seed in range(5)]
    assert draw_items(questions[::-1], {}, 9, 0) == draws[0]
    assert len({tuple(question.id for question in draw) for draw in draws}) == 5


def test_only_questions_with_a_trace_in_every_condition_are_drawn(tmp_path):
    questions = make_questions()
    traces = make_traces(questions)
    traces["incorrect"] = traces["incorrect"][:5]
    study = read_study(write_study(tmp_path))
    plan = build_plan(study, questions, traces)
    assert {item["item"] for item in plan["items"]} <= {question.id for question in questions[:5]}
    traces["incorrect"] = traces["incorrect"][:3]
    with pytest.raises(DataError, match="3 questions have a trace in every condition, 4 are wanted"):
        build_plan(study, questions, traces)


def test_a_plan_is_read_as_written_and_refused_when_changed(tmp_path):
    plan, path = make_plan(tmp_path), tmp_path / "plan.json"
    write_plan(plan, path)
    assert read_plan(path) == plan
    path.write_text(path.read_text("utf-8").replace("David Widder", "David Wider"), "utf-8")
    with pytest.raises(DataError, match="was changed after it was made"):
        read_plan(path)
    path.write_text(path.read_text("utf-8")[:100], "utf-8")
    with pytest.raises(DataError, match="not a JSON object"):
        read_plan(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_plan(tmp_path / "none.json")


def test_right_and_wrong_come_from_a_table(tmp_path):
    path = tmp_path / "judgement.csv"
    pd.DataFrame({"id": ["a", "b", "c"], "ok": [True, False, None]}).to_csv(path, index=False)
    assert read_answered(path, "ok") == {"a": True, "b": False}
    with pytest.raises(DataError, match="column 'right' is missing"):
        read_answered(path, "right")


def test_answer_of_a_target():
    assert answer_of("<think>one <answer>x</answer></think> <answer>y</answer>") == "y"
    assert answer_of("y") == "y"
    assert answer_of("<answer>['Leeds', \"King's Lynn\"]</answer>") == "Leeds, King's Lynn"
    assert answer_of("<answer>[]</answer>") == "[]"


def test_points_without_a_label_have_their_number():
    ends = {"low": 0, "high": 3, "labels": ["low", "high"]}
    assert label_points(ends) == ["0 low", "1", "2", "3 high"]
    assert label_points(ends | {"high": 1}) == ["low", "high"]


def test_the_registration_names_scale_and_source_of_every_measure(tmp_path):
    study, plan = read_study(write_study(tmp_path)), make_plan(tmp_path)
    template = (ROOT / "resources/study/preregistration.html.j2").read_text("utf-8")
    page = registration_page(study, plan, template)
    assert page.count("(1 very low – 5 very high)") == 3
    assert all(escape(question.source, quote=False) in page for question in study.questions)


def test_json_in_a_page_holds_no_tag():
    assert not set("<>&") & set(escape_json({"a": HOSTILE}))


@pytest.mark.parametrize(
    ("upload", "policy", "sentence"),
    [
        (None, None, "this page sends nothing"),
        (
            "https://example.org:8443/in?study=1",
            "connect-src https://example.org:8443",
            "to example.org:8443.",
        ),
    ],
)
def test_policy_and_consent_say_where_answers_go(tmp_path, upload, policy, sentence):
    plan, pages = make_pages(tmp_path, upload=upload)
    page = pages["A"].read_text("utf-8")
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert [part for part in found.split("; ") if part.startswith("connect-src")] == (
        [policy] if policy else []
    )
    assert "default-src &#39;none&#39;" in found
    data = survey_data(read_study(tmp_path / "study.yaml"), plan, "A")
    said = [text for text in data["pages"]["consent"] if "browser" in text]
    assert len(said) == 1 and sentence in said[0]


def test_import_file_has_every_item_and_no_tag_of_others(tmp_path):
    plan, study = make_plan(tmp_path), read_study(write_study(tmp_path))
    for group in study.groups:
        text = import_file(study, plan, group)
        lines = text.splitlines()
        assert lines[0] == "[[AdvancedFormat]]"
        # a matrix for the statements, one for the questions with labels of their own
        assert lines.count("[[Question:Matrix]]") == 2 * len(plan["items"]) + len(plan["checks"])
        assert lines.count("1 very low") == len(plan["items"])
        assert lines.count("[[Question:MC:SingleAnswer:Vertical]]") == 1
        # tags stand alone on their lines: no text opens one
        assert all(line.startswith("[[") for line in lines if "[[" in line)
        assert "<script>" not in text
        assert "\x00" not in text


def claims(**changes):
    """One hypothesis, with other values for some keys."""
    stated = {"name": "H1", "text": "More.", "dimension": "load", "higher": "r1", "lower": "summary"}
    return {"hypotheses": [{name: value for name, value in (stated | changes).items() if value is not None}]}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"lower": None},
            "hypotheses[0]: does not say what it claims (give it higher and lower, or equal and",
        ),
        ({"margin": 0.5}, "hypotheses[0]: does not say what it claims"),
        ({"equal": ["r1", "summary"], "margin": 0.5}, "hypotheses[0]: does not say what it claims"),
        ({"lower": "sumary"}, "'sumary' is unknown; did you mean 'summary'?"),
        ({"lower": "r1"}, "'r1' occurs twice"),
        ({"dimension": "effort"}, "dimension"),
    ],
)
def test_a_hypothesis_compares_two_conditions(tmp_path, changes, sentence):
    with pytest.raises(ConfigError) as error:
        read_study(write_study(tmp_path, **claims(**changes)))
    assert sentence in str(error.value) and "\n" not in str(error.value)
    equal = {"higher": None, "lower": None, "equal": ["r1", "summary"], "margin": 0.5}
    (hypothesis,) = read_study(write_study(tmp_path, **claims(**equal))).hypotheses
    assert hypothesis.pair == ("r1", "summary")


def test_power_grows_with_participants_items_and_difference(tmp_path):
    size = {"items": 40, "items_per_participant": 8, "participants": 100}
    rows = {
        (row.participants, row.difference): row.shares
        for row in simulate_power(read_study(write_study(tmp_path, **size)))
    }
    assert {n for n, _ in rows} == {100, 200, 400} and list(rows[100, 0.7]) == [8, 40, 80]
    for one, (alone, strictest) in rows[100, 0.7].items():
        assert strictest < alone < 1, one
    assert rows[100, 0.4][40][0] + 0.1 < rows[100, 0.7][40][0] < rows[200, 0.7][40][0]
    # with eight items, four times as many participants do not find what ten times as many items do
    assert rows[400, 0.4][8][0] + 0.2 < rows[400, 0.4][80][0]


def register(folder, **changes):
    """The pre-registration of a small study."""
    plan, study = make_plan(folder, make_questions(24), **changes), read_study(folder / "study.yaml")
    return registration_page(
        study, plan, (ROOT / "resources/study/preregistration.html.j2").read_text("utf-8")
    )


def test_the_preregistration_says_what_is_tested_and_how(tmp_path):
    page = register(tmp_path, **BLOCKS)
    assert "score ~ condition + question + (1 | participant) + (1 | item) + (1 | condition:item)" in page
    assert "interpretability: Decomposed trace − Summary of the R1 trace &gt; 0" in page
    assert "Post-hoc explanation within ±0.7 logits" in page
    assert "What this design cannot show" not in page
    # blocks by conditions, two participants a group
    assert page.count("<td>A1 B1 C1 D1</td>") == 1
    assert page.count('<td class="number">2</td>') >= 3 * 4


def test_the_preregistration_of_one_block_says_what_it_cannot_show(tmp_path):
    assert "All groups see the same 4 questions" in register(tmp_path)
