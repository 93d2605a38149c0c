"""Tasks of a study: what is drawn and planted, what an export may say of it, and what comes out."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from support.columns import find_faults
from support.examples import ROOT, make_question
from support.figures import assert_legible
from support.study_data import as_csv, write_json
from support.study_files import (
    ARMS,
    NAMING,
    SHIPPED,
    TASKS,
    make_questions,
    make_traces,
    write_study,
)
from tracekd.core.errors import ConfigError, DataError
from tracekd.core.raw import check_row
from tracekd.core.records import validator
from tracekd.experiment.traces import name_kinds
from tracekd.figures.study_tasks import plot_study_tasks
from tracekd.study.definition import read_study
from tracekd.study.detection import d_prime, detection
from tracekd.study.exclusions import find_left_out
from tracekd.study.pages import survey_data
from tracekd.study.plan import build_plan, digest, list_asked
from tracekd.study.published import read_published
from tracekd.study.qualtrics import import_file
from tracekd.study.reading import count_words
from tracekd.study.registration import registration_page
from tracekd.study.responses import Export, read_study_responses, responses_table
from tracekd.study.simulate import Scale, simulate_exports, target_means
from tracekd.study.tasks import draw_choices, plant_mistake
from tracekd.tables.study import Choices, study_tables
from tracekd.tables.study_tasks import show_tasks, tasks_table
from tracekd.tables.write import markdown

PREDICT, FIND_ERROR = TASKS
NOTE = "SIMULATED participants, simulated corpora, tiny models"
PUBLISHED = read_published(ROOT / "resources" / "published_ratings.csv")
SIZES = {
    "between": {"items": 12, "items_per_participant": 4, "participants": 24},
    "within": {"items": 8, "items_per_participant": 4, "participants": 16, "design": "within"},
    "one block": {},
}
NAMES = ["decomposed", "r1", "summary", "explanation"]
NEVER = dict.fromkeys(NAMES, 0.0)


def make_plan(folder, text=NAMING, questions=None, **changes):
    """A study with both tasks, and its plan."""
    pages = 8 if changes.get("design") == "within" else 4
    study = read_study(write_study(folder, **{"tasks": [PREDICT, FIND_ERROR | {"pages": pages}], **changes}))
    questions = questions or make_questions(30)
    return study, build_plan(study, questions, make_traces(questions, text))


@pytest.fixture(scope="module", params=SIZES)
def made(request, tmp_path_factory):
    """A study and its plan, in either design and of one block."""
    return make_plan(tmp_path_factory.mktemp("study"), **SIZES[request.param])


def simulate(study, plan, per_group=1, **assumed):
    """Exports of invented participants who all read to the end, unless assumed otherwise."""
    assumptions = study.assumptions.changed(**{"hurry": NEVER, "stop": NEVER, **assumed})
    scale = Scale(1, 5)
    means = target_means(plan["conditions"], PUBLISHED, scale)
    return list(simulate_exports(plan, means, assumptions, per_group, scale, 1))


def as_table(exports, plan, rules=None):
    """The table of responses that the workflow hands on."""
    sent = [Export(one, "", (), ()) for one in exports]
    responses = responses_table(sent, plan)
    left_out = find_left_out(sent, rules or {}, plan)
    return responses.assign(excluded=responses["participant"].map(left_out))


# --- what is drawn


def test_a_plan_without_tasks_is_that_of_a_study_which_was_run_before_there_were_any(tmp_path):
    study, questions = read_study(write_study(tmp_path)), make_questions(30)
    plan = build_plan(study, questions, make_traces(questions, NAMING))
    assert set(plan) == {
        *("study", "design", "conditions", "scale", "questions", "checks", "items", "groups", "plan_sha256")
    }
    assert all(set(group) == {"group", "sequence"} for group in plan["groups"])
    assert not {"choices", "right"} & set(plan["items"][0])
    # the same questions are rated as with tasks
    assert [one["item"] for one in make_plan(tmp_path)[1]["items"]] == [one["item"] for one in plan["items"]]


def test_a_plan_with_tasks_fits_its_schema_and_its_digest_covers_them(made):
    plan = made[1]
    check_row(validator("study_plan"), plan, "plan")
    other = json.loads(json.dumps(plan))
    other["trials"][0]["planted"]["r1"] += "."
    assert digest(plan) == plan["plan_sha256"] != digest(other)


def test_every_trial_is_seen_with_and_without_its_mistake_equally_often(made):
    study, plan = made
    seen = Counter((trial["item"], trial["planted"]) for group in plan["groups"] for trial in group["trials"])
    assert set(seen.values()) == {len(plan["groups"]) // 2} and len(seen) == 2 * study.find_error.pages
    by_condition = Counter(
        (trial["condition"], trial["planted"]) for group in plan["groups"] for trial in group["trials"]
    )
    assert len(by_condition) == 8 and len(set(by_condition.values())) == 1
    for group in plan["groups"]:
        # each participant, too, and under every condition that he sees
        counts = Counter((trial["condition"], trial["planted"]) for trial in group["trials"])
        conditions = {step["condition"] for step in group["sequence"]}
        assert set(counts) == {(one, planted) for one in conditions for planted in (True, False)}
        assert len(set(counts.values())) == 1
        assert not {trial["item"] for trial in group["trials"]} & {item["item"] for item in plan["items"]}


def test_a_mistake_is_one_name_in_place_of_another_alike_in_every_condition(made):
    plan = made[1]
    assert len(plan["trials"]) == len({trial["item"] for trial in plan["trials"]})
    for trial in plan["trials"]:
        entity, replacement = trial["entity"], trial["replacement"]
        assert entity in ("David Widder", "Norbert Wiener") and replacement in (
            "Hubert Yockey",
            "Irving Segal",
        )
        for condition, text in trial["texts"].items():
            planted = trial["planted"][condition]
            assert planted != text and entity not in planted
            assert planted.split(replacement) == text.split(entity)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("The answer is there.", "no name"),
        ("The answer is David Widder, since Widder worked there.", "a part of the name"),
        ("The answer is David Widder, as DAVID WIDDER worked there.", "another spelling"),
        ("The answer is David Widders.", "a longer word"),
    ],
)
def test_a_trace_that_would_still_speak_of_the_right_entity_has_no_mistake(text, why):
    question = make_question(answers=("David Widder",))
    kinds = name_kinds([question])
    assert plant_mistake(question, {"r1": NAMING}, kinds, 0), why
    assert plant_mistake(question, {"r1": NAMING, "summary": text}, kinds, 0) is None


def test_a_mistake_makes_no_fact_of_one_that_is_given():
    question = make_question(
        "babi",
        context=("Mary went to the office.", "Mary went to the hallway.", "John went to the bedroom."),
        answers=("hallway",),
    )
    others = [replace(question, id=place, answers=(place,)) for place in ("office", "bedroom")]
    kinds = name_kinds([question, *others])
    found = [plant_mistake(question, {"r1": "Mary went to the hallway."}, kinds, seed) for seed in range(20)]
    assert {one["replacement"] for one in found} == {"bedroom"}
    alone = replace(question, context=question.context[:2])
    assert plant_mistake(alone, {"r1": "Mary went to the hallway."}, kinds, 0) is None


def test_choices_are_entities_of_the_kind_asked_for_with_the_answer_among_them():
    people = [f"Person {letter}" for letter in "ABCDEFGH"]
    context = tuple(f"{name} works for Acme from 1918 to 1919." for name in people)
    question = make_question(context=context, answers=(people[2],), gold_facts=(2,))
    kinds = name_kinds([replace(question, id=name, answers=(name,)) for name in people[:7]])
    orders = set()
    for seed in range(30):
        drawn = draw_choices(question, [f"['{people[2]}']"] * 4, kinds, seed)
        assert drawn["choices"][drawn["right"] - 1] == people[2]
        assert len(set(drawn["choices"])) == 5 and people[7] not in drawn["choices"]
        orders.add(drawn["right"])
        assert drawn == draw_choices(question, [f"['{people[2]}']"] * 4, kinds, seed)
    assert orders == {1, 2, 3, 4, 5}
    # an answer of two entities stands among pairs
    pair = draw_choices(question, [f"['{people[4]}', '{people[2]}']"], kinds, 0)
    assert pair["choices"][pair["right"] - 1] == f"{people[2]}, {people[4]}"
    assert all(len(choice.split(", ")) == 2 for choice in pair["choices"])


@pytest.mark.parametrize(
    ("answers", "changes"),
    [
        (["['David Widder']", "['Norbert Wiener']"], {}),
        (["['Claude Shannon']"], {}),
        (["no idea"], {}),
        (["['David Widder']"], {"context": ("David Widder works for Acme from 1918 to 1919.",)}),
    ],
    ids=["conditions differ", "not offered", "unreadable", "nothing to choose from"],
)
def test_an_item_without_a_choice_has_none(answers, changes):
    question = make_question(**changes)
    assert draw_choices(question, answers, name_kinds([question]), 0) == {"choices": [], "right": None}


def test_what_the_question_names_is_no_choice():
    question = make_question(question="While Hubert Yockey was working there, who worked there too?")
    kinds = name_kinds([question, make_question(answers=("Irving Segal", "Hubert Yockey"))])
    drawn = draw_choices(question, ["['David Widder']"], kinds, 0)
    assert set(drawn["choices"]) == {"David Widder", "Norbert Wiener", "Irving Segal"}


def test_too_few_questions_with_a_mistake_are_one_sentence(tmp_path):
    with pytest.raises(
        DataError, match=r"study: tasks: 0 questions that are not rated .* 4 are wanted \(ask"
    ):
        make_plan(tmp_path, "It is what it is.")


def test_questions_that_were_answered_wrongly_are_no_trials(tmp_path):
    study, questions = read_study(write_study(tmp_path, tasks=TASKS)), make_questions(30)
    answered = {question.id: number % 2 == 0 for number, question in enumerate(questions)}
    plan = build_plan(study, questions, make_traces(questions, NAMING), answered)
    assert all(answered[trial["item"]] for trial in plan["trials"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"tasks": [PREDICT, PREDICT]}, "tasks: 'predict' occurs twice"),
        (
            {"tasks": [{"kind": "predikt"}]},
            "tasks[0].kind: 'predikt' should be one of 'predict', 'find_error'",
        ),
        (
            {"tasks": [FIND_ERROR | {"pages": 5}]},
            "tasks: of 5 pages of find_error no half of every condition can have a mistake (take",
        ),
        ({"tasks": [FIND_ERROR], "design": "within"}, "of 4 pages of find_error no half"),
        ({"tasks": [FIND_ERROR | {"labels": ["yes"]}]}, "labels"),
        ({"tasks": [PREDICT | {"pages": 2}]}, "'pages' is unknown"),
        (
            {"tasks": [PREDICT], "checks": [{"name": "predict", "text": "b", "expected": 1}]},
            "tasks: 'predict' occurs twice",
        ),
        (
            {"tasks": [PREDICT], "assumptions": SHIPPED["assumptions"] | {"predict": {"r1": 0.5}}},
            "assumptions.predict: does not have a share for each condition",
        ),
    ],
)
def test_a_faulty_task_is_one_sentence(tmp_path, changes, sentence):
    path = write_study(tmp_path, **changes)
    with pytest.raises(ConfigError) as error:
        read_study(path)
    assert sentence in str(error.value) and "\n" not in str(error.value)


def test_an_odd_number_of_groups_cannot_be_balanced(tmp_path):
    conditions = [one | {"arm": arm} for one, arm in zip(SHIPPED["conditions"][:3], ARMS, strict=False)]
    shares = {key: dict.fromkeys(NAMES[:3], 0.1) for key in ("hurry", "stop", "predict", "find_error")}
    changes = {"conditions": conditions, "participants": 30, "hypotheses": SHIPPED["hypotheses"][2:3]}
    changes |= {"assumptions": SHIPPED["assumptions"] | shares}
    assert read_study(write_study(tmp_path, tasks=[PREDICT], **changes)).find_error is None
    with pytest.raises(ConfigError, match="3 groups cannot see every question of find_error"):
        read_study(write_study(tmp_path, tasks=[FIND_ERROR], **changes))


# --- what participants see


def test_a_page_has_what_its_group_sees_and_does_not_say_where_the_mistakes_are(made):
    study, plan = made
    for group in plan["groups"]:
        data = survey_data(study, plan, group["group"])
        trials = {trial["item"]: trial for trial in plan["trials"]}
        for shown, trial in zip(data["trials"], group["trials"], strict=True):
            texts = trials[trial["item"]]["planted" if trial["planted"] else "texts"]
            assert shown["text"] == texts[trial["condition"]]
            assert not {"planted", "entity", "replacement", "answer"} & set(shown)
        assert data["pages"]["debrief"] == [*study.pages.debrief, FIND_ERROR["debrief"]]
    without = read_study(ROOT / "config/study_published.yaml")
    assert survey_data(without, plan, "A" if len(plan["groups"]) == 4 else "A1")["pages"]["debrief"] == (
        without.pages.debrief
    )


def test_an_import_file_asks_what_the_page_asks(made):
    study, plan = made
    lines = import_file(study, plan, study.groups[0]).splitlines()
    n_items, n_trials = study.items_per_participant, study.find_error.pages
    assert lines.count("[[Question:MC:SingleAnswer:Vertical]]") == 1 + n_items + n_trials
    assert lines.count("[[PageBreak]]") == n_items
    assert lines.count("Does the reasoning agree with the facts?") == n_trials
    # the answer comes after the page break only
    first = lines.index("[[ID:item1_predict_text]]")
    assert not any("Answer: " in line for line in lines[first : lines.index("[[PageBreak]]")])


def test_the_preregistration_names_the_tasks_as_secondary_with_their_sources(tmp_path):
    study, plan = make_plan(tmp_path)
    template = (ROOT / "resources/study/preregistration.html.j2").read_text("utf-8")
    page = " ".join(registration_page(study, plan, template).split())
    assert "secondary and descriptive: none is part of the family of hypotheses" in page
    assert "arXiv 1702.08608; Hase &amp; Bansal 2020, arXiv 2005.01831" in page and "Hautus 1995" in page
    assert "4 of the 4 items have choices; guessing is right in 50 %." in page
    study = read_study(write_study(tmp_path))
    questions = make_questions()
    plain = registration_page(study, build_plan(study, questions, make_traces(questions)), template)
    assert "Objective outcomes" not in plain


# --- what they send


@pytest.fixture
def sent(tmp_path):
    """Study, plan and exports of one participant a group."""
    study, plan = make_plan(tmp_path)
    return plan, simulate(study, plan)


def test_json_and_csv_with_tasks_say_the_same(sent, tmp_path):
    plan, exports = sent
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv/sent.csv").write_text(as_csv(*exports), "utf-8")
    json_, csv = (
        responses_table(read_study_responses(folder, plan), plan)
        for folder in (write_json(tmp_path / "json", *exports), tmp_path / "csv")
    )
    assert json_.equals(csv)
    assert Counter(json_["question"])["predict"] == Counter(json_["question"])["find_error"] == 16


def test_an_answer_to_a_task_is_scored_right_or_wrong(sent):
    plan, exports = sent
    rows = as_table(exports, plan)
    rows = rows[rows["dimension"].isin(("predict", "find_error"))]
    right = {item["item"]: item["right"] for item in plan["items"]}
    planted = {
        (group["group"], trial["item"]): trial["planted"]
        for group in plan["groups"]
        for trial in group["trials"]
    }
    for _, row in rows.iterrows():
        if row["question"] == "predict":
            assert row["score"] == (row["value"] == right[row["item"]])
        else:
            assert row["score"] == (row["value"] == (2 if planted[row["group"], row["item"]] else 1))
            assert row["position"] > 4


@pytest.mark.parametrize(
    ("task", "change", "sentence"),
    [
        ("predict", {"value": 3}, "value 3 is not on the scale from 1 to 2"),
        ("find_error", {"value": 0}, "value 0 is not on the scale from 1 to 2"),
        ("find_error", {"question": "predict"}, "question 'predict' is unknown"),
        ("find_error", {"question": "unclear"}, "question 'unclear' is unknown"),
        ("predict", {"question": "find_error"}, "question 'find_error' is unknown"),
        ("find_error", {"position": 2}, "the items do not have the positions 1 to 8, each its own"),
        ("predict", None, "is completed but has no answer to 'predict' of item"),
        ("find_error", None, "is completed but has no answer to 'find_error' of item"),
    ],
)
def test_an_answer_to_a_task_that_does_not_fit_the_plan_is_named(sent, tmp_path, task, change, sentence):
    plan, (export, *_) = sent
    place = next(place for place, one in enumerate(export["answers"]) if one["question"] == task)
    if change is None:
        del export["answers"][place]
    else:
        export["answers"][place] |= change
    with pytest.raises(DataError) as error:
        read_study_responses(write_json(tmp_path / "json", export), plan)
    assert sentence in str(error.value) and "\n" not in str(error.value)


def test_what_is_counted_for_reading_is_all_that_is_shown(tmp_path):
    _, plan = make_plan(tmp_path)
    words, item, trial = count_words(plan), plan["items"][0], plan["trials"][0]
    asked = " ".join([*(one["text"] for one in plan["questions"]), PREDICT["text"], *item["choices"]])
    shown = " ".join([item["question"], *item["context"], item["texts"]["r1"], item["answers"]["r1"], asked])
    assert words[item["item"], "r1"] == len(shown.split())
    shown = " ".join([trial["question"], *trial["context"], trial["texts"]["r1"], FIND_ERROR["text"]])
    assert words[trial["item"], "r1"] == len(shown.split())


# --- what comes out


def test_simulated_participants_are_right_as_often_as_planted(made):
    study, plan = made
    planted = {
        "predict": dict(zip(NAMES, (0.9, 0.3, 0.6, 1.0), strict=True)),
        "find_error": dict(zip(NAMES, (0.8, 0.5, 1.0, 0.2), strict=True)),
    }
    exports = simulate(study, plan, 4000 // len(plan["groups"]), **planted)
    assert exports[:3] == simulate(study, plan, 4000 // len(plan["groups"]), **planted)[:3]
    table = tasks_table(as_table(exports, plan), plan)
    found = table[table["analysis"] == "intention_to_treat"].set_index(["task", "condition"])
    for task, shares in planted.items():
        for condition, share in shares.items():
            row = found.loc[task, condition]
            assert row["right"] == pytest.approx(share, abs=0.03)
            assert row["chance"] == 0.5
            if task == "find_error":
                assert row["hits"] == pytest.approx(share, abs=0.04)
                assert row["false_alarms"] == pytest.approx(1 - share, abs=0.04)
                assert row["d_prime_low"] <= row["d_prime"] <= row["d_prime_high"]
    assert found.loc[("find_error", "decomposed"), "d_prime"] == pytest.approx(2 * norm.ppf(0.8), abs=0.2)


def test_ratings_are_the_same_with_and_without_tasks(tmp_path):
    study, plan = make_plan(tmp_path)
    _, plain = make_plan(tmp_path, tasks=[])
    ratings = [
        [one for one in export["answers"] if one["question"] not in ("predict", "find_error")]
        for export in simulate(study, plan, 3)
    ]
    without = [export["answers"] for export in simulate(study, plain, 3)]
    keys = ("item", "condition", "question", "value")
    assert [[[one[key] for key in keys] for one in answers] for answers in ratings] == [
        [[one[key] for key in keys] for one in answers] for answers in without
    ]


def test_who_hurries_guesses(tmp_path):
    study, plan = make_plan(tmp_path)
    always = dict.fromkeys(NAMES, 1.0)
    exports = simulate(study, plan, 200, hurry=always, predict=always, find_error=always)
    table = tasks_table(as_table(exports, plan), plan)
    assert table["right"].to_numpy() == pytest.approx(0.5, abs=0.08)


def test_d_prime_by_hand():
    # 20 of 24 mistakes found, 3 of 24 texts taken for one: (20.5 / 25, 3.5 / 25)
    assert d_prime(20, 24, 3, 24) == pytest.approx(norm.ppf(0.82) - norm.ppf(0.14))
    # finite where all are found and none is taken for one
    assert d_prime(2, 2, 0, 2) == pytest.approx(2 * norm.ppf(2.5 / 3))
    assert d_prime(1, 2, 1, 2) == 0


def test_detection_counts_hits_and_false_alarms():
    said = [("a", True, True), ("a", False, True), ("b", True, True), ("b", False, False), ("c", True, False)]
    found = detection(pd.DataFrame(said, columns=["participant", "planted", "found"]))
    assert (found["hits"], found["false_alarms"]) == (2 / 3, 1 / 2)
    assert found["d_prime"] == pytest.approx(norm.ppf(2.5 / 4) - norm.ppf(1.5 / 3))
    without = [d_prime(1, 2, 0, 1), d_prime(1, 2, 1, 1), d_prime(2, 2, 1, 2)]
    assert found["d_prime_low"] < min(without)
    # nobody saw a text without a mistake
    alone = detection(pd.DataFrame(said[:1], columns=["participant", "planted", "found"]))
    assert np.isnan(alone["false_alarms"]) and np.isnan(alone["d_prime_low"])


def test_the_table_is_that_of_its_page_and_of_both_analyses(sent):
    plan, exports = sent
    exports[0]["completed"] = False
    table = tasks_table(as_table(exports, plan, {"incomplete": 1}), plan)
    assert find_faults("tables/study_tasks.csv", table) == []
    counts = table.groupby(["analysis", "task"])[["n_participants", "n_answers"]].sum()
    assert counts.loc[("intention_to_treat", "predict")].tolist() == [4, 16]
    assert counts.loc[("per_protocol", "find_error")].tolist() == [3, 12]
    text = markdown(show_tasks(table, {one["name"]: one["title"] for one in plan["conditions"]}))
    assert "nan" not in text and "detection of a mistake" in text


def test_other_tables_leave_the_tasks_aside(tmp_path):
    study, plan = make_plan(tmp_path)
    responses = as_table(simulate(study, plan, 5), plan)
    ratings = responses[~responses["dimension"].isin(("predict", "find_error"))]
    choices = Choices((1, 5), 100, 0)
    one, other = (study_tables(rows, plan, PUBLISHED, choices) for rows in (responses, ratings))
    assert all(one[name].equals(other[name]) for name in one)


@pytest.mark.parametrize("note", ["", NOTE])
@pytest.mark.parametrize("kinds", [["predict", "find_error"], ["find_error"]])
def test_the_figure_is_legible_and_carries_the_note(sent, note, kinds, monkeypatch):
    plan, exports = sent
    table = tasks_table(as_table(exports, plan), plan).query("analysis == 'intention_to_treat'")
    figure = plot_study_tasks(table[table["task"].isin(kinds)], plan["conditions"], note)
    words = assert_legible(figure, monkeypatch)
    assert (NOTE in words) == bool(note)
    assert {"detection of a mistake", "chance"} <= set(words)
    assert sum("d′ = " in word for word in words) == 4


def test_what_a_task_asks_is_listed_by_item(made):
    _, plan = made
    asked = list_asked(plan, plan["groups"][0])
    assert Counter(kind for _, kind in asked) == {
        "predict": len(plan["groups"][0]["sequence"]),
        "find_error": len(plan["trials"]),
    }
    assert all(1 <= task.right <= task.choices for task in asked.values())
