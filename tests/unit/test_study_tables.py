"""From simulated participants to every table and figure of a study, in both designs."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from support.columns import find_faults
from support.examples import ROOT
from support.figures import assert_legible
from support.run_data import run_script
from support.study_data import CONDITIONS, QUESTIONS, make_export, make_plan, write_json
from tracekd.core.errors import DataError
from tracekd.figures.conditions import plot_conditions
from tracekd.figures.flow import plot_flow
from tracekd.figures.likert import plot_likert
from tracekd.figures.style import FORMATS
from tracekd.figures.trade_off import plot_trade_off
from tracekd.settings.study import Assumptions
from tracekd.study.exclusions import find_left_out, flow_table
from tracekd.study.published import read_published
from tracekd.study.reading import count_words
from tracekd.study.responses import Export, read_study_responses, responses_table
from tracekd.study.simulate import Scale, simulate_exports, target_means, write_exports
from tracekd.tables.flow import show_exclusions
from tracekd.tables.study import Choices, show_table, study_tables
from tracekd.tables.write import markdown, write_csv

PUBLISHED = read_published(ROOT / "resources" / "published_ratings.csv")
SHARES = dict.fromkeys((condition["name"] for condition in CONDITIONS), 0.05)
ASSUMED = Assumptions(participant_sd=0.6, item_sd=0.3, condition_item_sd=0.0, hurry=SHARES, stop=SHARES)
RULES = {"incomplete": 1, "failed_checks": 0, "seconds_per_word": 0.05}
CHOICES = Choices(scale=(1, 5), resamples=200, seed=0)
TITLES = {condition["name"]: condition["title"] for condition in CONDITIONS}
NOTE = "SIMULATED participants, simulated corpora, tiny models"


@pytest.fixture(scope="module", params=["between", "within"])
def study(request, tmp_path_factory):
    """Plan, flow table, ratings and tables of a simulated study of 100 participants."""
    plan, scale = make_plan(request.param), Scale(1, 5)
    folder = tmp_path_factory.mktemp("study")
    means = target_means(CONDITIONS, PUBLISHED, scale)
    write_exports(simulate_exports(plan, means, ASSUMED, 25, scale, 3), folder)
    exports = read_study_responses(folder, plan)
    ratings, flow = sort_out(exports, plan)
    return plan, flow, ratings, study_tables(ratings, plan, PUBLISHED, CHOICES)


def take(tables, analysis="intention_to_treat"):
    """The tables of one analysis."""
    return {name: table[table["analysis"] == analysis] for name, table in tables.items()}


def sort_out(exports, plan, rules=RULES):
    """Ratings with the rule that leaves their participant out, and the flow table."""
    left_out = find_left_out(exports, rules, plan)
    ratings = responses_table(exports, plan)
    excluded = ratings["participant"].map(left_out)
    return ratings.assign(excluded=excluded), flow_table(exports, left_out, rules, plan, seed=0)


def test_every_participant_is_counted_once_in_the_flow(study):
    plan, flow, ratings, _ = study
    assert list(flow["step"]) == ["sent", *RULES, "stays"]
    assert flow["left"].iloc[0] == 100
    *steps, total = flow["excluded"]
    assert sum(steps) == total == 100 - flow["left"].iloc[-1] > 0
    assert flow["left"].iloc[-1] == ratings[ratings["excluded"].isna()]["participant"].nunique()
    if plan["design"] == "between":
        for kind in ("left", "excluded"):
            assert (flow.filter(like=f"{kind}_").sum(axis=1) == flow[kind]).all()
        assert flow["p"].iloc[0] != flow["p"].iloc[0] and 0 < flow["p"].iloc[-1] <= 1
    else:
        assert flow.filter(like="left_").empty and flow["p"].isna().all()


def test_every_table_has_both_analyses(study):
    tables = study[3]
    for name, table in tables.items():
        assert table.columns[0] == "analysis", name
        assert list(table["analysis"].unique()) == ["intention_to_treat", "per_protocol"], name
    n = tables["ratings"].groupby(["analysis", "dimension"])["n_participants"].sum()
    assert n["per_protocol", "load"] < n["intention_to_treat", "load"]


def test_attrition_by_condition_is_tested():
    plan = make_plan()
    sent = [
        Export(make_export(plan, group, f"{group}{number}", completed=group != "D" or number > 5), "", (), ())
        for group in "ABCD"
        for number in range(12)
    ]
    _, flow = sort_out(sent, plan, {"incomplete": 1})
    flow = flow.set_index("step")
    assert list(flow.filter(like="excluded_").loc["incomplete"]) == [0, 0, 0, 6]
    # 6 of 48 gone, all of one condition of four: C(12, 6) / C(48, 6), and so for the other three
    assert flow.loc["incomplete", "p"] == flow.loc["stays", "p"] < 0.005
    shown = show_exclusions(flow.reset_index(), TITLES)
    assert shown["R1 trace"].tolist() == ["12", "6 (−6)", "6 (−6)"]


def test_every_table_has_the_columns_of_its_page(study):
    _, flow, ratings, tables = study
    made = {f"tables/study_{name}.csv": table for name, table in tables.items()}
    made |= {"tables/study_exclusions.csv": flow, "study/study_responses.csv": ratings}
    assert [fault for pattern, table in made.items() for fault in find_faults(pattern, table)] == []


def test_ratings_stand_beside_the_published_numbers(study):
    plan, _, _, tables = study
    table = take(tables)["ratings"].set_index(["arm", "dimension"])
    assert len(table) == 8
    for arm, dimension, value in (("r1", "interpretability", 3.39), ("r1", "load", 4.59)):
        row = table.loc[(arm, dimension)]
        assert row["published"] == value
        assert "2505.13792" in row["published_source"]
        assert row["low"] < row["mean"] < row["high"]
        assert abs(row["mean"] - value) < 0.5
    assert pd.isna(table.loc[("r1_summary", "load"), "published"])
    if plan["design"] == "between":
        assert table["n_participants"].sum() == 2 * study[2]["participant"].nunique()


def test_distributions_add_up(study):
    table = take(study[3])["questions"]
    assert len(table) == len(CONDITIONS) * len(QUESTIONS)
    assert (table.filter(regex=r"^n_\d$").sum(axis=1) == table["n_ratings"]).all()


def test_sensitivity_tests_are_those_of_the_design(study):
    plan, _, _, both = study
    tables = take(both)
    wanted = {"between": {"Kruskal-Wallis", "Dunn"}, "within": {"Friedman", "Wilcoxon"}}[plan["design"]]
    assert set(tables["sensitivity"]["test"]) == wanted
    assert len(tables["sensitivity"]) == 2 * (1 + 6)
    assert (tables["sensitivity"]["holm_p"] >= tables["sensitivity"]["p"]).all()
    for _, row in tables["sensitivity"].dropna(subset=["low"]).iterrows():
        assert -1 <= row["low"] <= row["estimate"] <= row["high"] <= 1


def test_tables_are_written_for_readers_without_codes(study):
    for name, table in study[3].items():
        shown = show_table(name, table, TITLES)
        text = markdown(shown)
        assert len(shown) == len(table)
        assert not re.search(r"\bnan\b|r1_|decomposed \|", text), name


@pytest.mark.parametrize("note", ["", NOTE])
def test_figures_are_legible_and_carry_the_note(study, note, monkeypatch):
    plan, flow, ratings, both = study
    tables = take(both)
    likert = plot_likert(tables["questions"], QUESTIONS, CONDITIONS, plan["scale"]["labels"], note)
    words = assert_legible(likert, monkeypatch)
    assert (NOTE in words) == bool(note)
    assert "faithfulness, turned round" in words
    words = assert_legible(plot_conditions(tables["ratings"], ratings, CONDITIONS, (1, 5), note), monkeypatch)
    assert (NOTE in words) == bool(note)
    first = tables["ratings"].iloc[0]
    assert f"{first['mean']:.2f} (n = {first['n_participants']})" in words
    words = assert_legible(plot_flow(flow, CONDITIONS, note), monkeypatch)
    assert (NOTE in words) == bool(note)
    assert {"sent an export", "stays, per protocol"} <= set(words)


@pytest.mark.parametrize(
    ("low", "mean", "high", "published"),
    [(1, 3.05, 5, 1.4), (1, 3.05, 5, 4.6), (2.2, 4.9, 5, np.nan), (np.nan, 5, np.nan, 1.4)],
)
def test_a_mean_stays_legible_beside_an_interval_of_any_length(
    low, mean, high, published, study, monkeypatch
):
    values = {"low": low, "mean": mean, "high": high, "published": published, "n_participants": 125}
    figure = plot_conditions(take(study[3])["ratings"].assign(**values), study[2], CONDITIONS, (1, 5), NOTE)
    words = assert_legible(figure, monkeypatch)
    assert words.count(f"{mean:.2f} (n = 125)") == 2 * len(CONDITIONS)
    plt.close(figure)


def results(models, arms):
    """Accuracies of some models and arms."""
    rows = [
        {
            "model": model,
            "arm": arm,
            "answer_acc": acc,
            "answer_low": acc - 0.03,
            "answer_high": acc + 0.03,
        }
        for model in models
        for arm, acc in zip(arms, np.linspace(0.4, 0.7, len(arms)), strict=True)
    ]
    return pd.DataFrame(rows).assign(n=950, seeds=1)


@pytest.mark.parametrize("models", [["tiny"], ["Qwen3-1.7B", "Llama-3.2-1B-Instruct", "Qwen3-8B"]])
def test_the_trade_off_joins_accuracy_and_ratings_by_arm(study, models, monkeypatch):
    arms = ["none", "correct", "r1", "r1_summary"]
    ratings = take(study[3])["ratings"]
    words = assert_legible(plot_trade_off(results(models, arms), PUBLISHED, ratings, NOTE), monkeypatch)
    assert NOTE in words
    assert {"correct", "R1", "R1 summary"} <= set(words)
    assert not {"no trace", "R1 explan."} & set(words)


def test_the_trade_off_without_a_study_shows_constants_only(monkeypatch):
    words = assert_legible(plot_trade_off(results(["tiny"], ["correct", "r1"]), PUBLISHED), monkeypatch)
    assert "published rating (constant) and this run's accuracy" in words
    assert not any("study" in word for word in words)
    with pytest.raises(DataError, match="no arm of the run has a rating"):
        plot_trade_off(results(["tiny"], ["none"]), PUBLISHED)


@pytest.mark.parametrize("has_study", [True, False])
def test_the_script_of_the_trade_off_takes_one_dataset_and_scorer(study, tmp_path, has_study):
    accuracies = results(["tiny"], ["correct", "r1"]).assign(dataset="babi", scorer="aligned")
    others = accuracies.assign(dataset="cotempqa"), accuracies.assign(scorer="published")
    write_csv(pd.concat([*others, accuracies]), tmp_path / "results.csv")
    write_csv(study[3]["ratings"], tmp_path / "ratings.csv")
    run_script(
        "plot_trade_off",
        {
            "results": str(tmp_path / "results.csv"),
            "published": str(ROOT / "resources" / "published_ratings.csv"),
            "ratings": str(tmp_path / "ratings.csv") if has_study else [],
        },
        {kind: str(tmp_path / f"figure.{kind}") for kind in FORMATS},
        {"scorer": "aligned", "note": NOTE},
        tmp_path / "log",
        dataset="babi",
    )
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_the_same_seed_gives_the_same_exports_and_each_fits_the_plan(tmp_path):
    plan, scale = make_plan("within"), Scale(1, 5)
    means = target_means(CONDITIONS, PUBLISHED, scale)
    one, other = ([*simulate_exports(plan, means, ASSUMED, 3, scale, seed)] for seed in (5, 5))
    assert one == other
    assert one != [*simulate_exports(plan, means, ASSUMED, 3, scale, 6)]
    write_exports(one, tmp_path)
    assert all(path.name.startswith("SIMULATED") for path in tmp_path.iterdir())
    assert len(read_study_responses(tmp_path, plan)) == 12


def test_exclusions_are_applied_in_order_and_each_person_once(tmp_path):
    plan = make_plan()
    fine, stopped, inattentive, fast = (
        make_export(plan, participant=name) for name in ("fine", "stopped", "inattentive", "fast")
    )
    stopped["completed"] = False
    for export in (stopped, inattentive):
        export["checks"][0].update(value=1, passed=False)
    for answer in fast["answers"]:
        answer["seconds"] = 0.4
    sent = read_study_responses(write_json(tmp_path, fine, stopped, inattentive, fast), plan)
    ratings, flow = sort_out(sent, plan)
    of_person = ratings.groupby("participant")["excluded"].first().to_dict()
    assert pd.isna(of_person.pop("fine"))
    assert of_person == {"stopped": "incomplete", "inattentive": "failed_checks", "fast": "seconds_per_word"}
    assert list(flow["excluded"]) == [0, 1, 1, 1, 3]
    assert list(flow["left_decomposed"]) == [4, 3, 2, 1, 1]


def test_the_floor_is_one_of_words_and_not_of_pages():
    plan = make_plan()
    for item in plan["items"]:
        item["texts"]["r1"] = "word " * 500
    # 25 words on a short page, so half a second each; 40 times less on a long one
    words = count_words(plan)
    assert words["question-0", "r1"] == words["question-0", "summary"] + 500 - 4
    sent = [Export(make_export(plan, group, group), "", (), ()) for group in "BD"]
    assert find_left_out(sent, {"seconds_per_word": 0.05}, plan) == {"D": "seconds_per_word"}
    for answer in sent[1].record["answers"]:
        answer["seconds"] = 125
    assert find_left_out(sent, {"seconds_per_word": 0.05}, plan) == {}
    # who has no times is not left out for them
    for answer in sent[0].record["answers"]:
        answer["seconds"] = None
    assert find_left_out(sent, {"seconds_per_word": 0.05}, plan) == {}


def test_no_rule_looks_at_ratings():
    """A condition may call for the same rating of everything: no rule may leave out who gives it."""
    plan = make_plan()
    sent = [Export(make_export(plan, "A", f"p{value}", value), "", (), ()) for value in (1, 3, 5)]
    assert find_left_out(sent, RULES, plan) == {}


def test_reading_time_is_told_per_word(study):
    plan, _, ratings, both = study
    ratings = ratings[ratings["excluded"].isna()]
    table = take(both, "per_protocol")["reading"].set_index("condition")
    assert list(table.index) == [condition["name"] for condition in CONDITIONS]
    for name, row in table.iterrows():
        assert row["low"] < row["seconds_per_word"] < row["high"]
        # simulated readers take a quarter of a second
        assert 0.2 < row["seconds_per_word"] < 0.28
        assert row["words"] == count_words(plan)["question-0", name]
        pages = ratings[ratings["condition"] == name].groupby(["participant", "item"])
        assert row["n_pages"] == pages.ngroups


def test_stopping_and_hurrying_may_depend_on_the_condition():
    plan, scale = make_plan(), Scale(1, 5)
    means = target_means(CONDITIONS, PUBLISHED, scale)
    shares = dict.fromkeys(SHARES, 0.0)
    for kind, sign in (("stop", lambda one: not one["completed"]), ("hurry", hurries)):
        assumed = ASSUMED.changed(**{"hurry": shares, "stop": shares, kind: shares | {"r1": 0.5}})
        exports = list(simulate_exports(plan, means, assumed, 80, scale, 1))
        found = {group: sum(sign(one) for one in exports if one["group"] == group) for group in "ABCD"}
        assert found.pop("D") == pytest.approx(40, abs=14) and set(found.values()) == {0}


def hurries(export):
    """Whether the median page took less than a twentieth of a second for each of its 25 words."""
    return np.median([answer["seconds"] for answer in export["answers"]]) < 1.25


def alike(plan, value=4):
    """Ratings of three participants a group who all give the same answer."""
    exports = [
        Export(make_export(plan, group, f"{group}{number}", value), "sent.json", (), ())
        for group in "ABCD"
        for number in range(3)
    ]
    return sort_out(exports, plan)[0]


@pytest.mark.parametrize("design", ["between", "within"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # libraries divide 0 by 0
def test_participants_who_never_differ_leave_empty_cells_and_no_crash(design):
    plan = make_plan(design)
    ratings = alike(plan).query("question != 'unclear'")
    tables = study_tables(ratings, plan, PUBLISHED, CHOICES)
    assert tables["ratings"]["low"].isna().all()
    assert tables["agreement"]["alpha"].isna().all()
    assert (tables["sensitivity"]["estimate"].dropna() == 0).all()
    for name, table in tables.items():
        assert "nan" not in markdown(show_table(name, table, TITLES))


def test_a_condition_that_nobody_rated_is_named():
    plan = make_plan()
    ratings = alike(plan).query("condition != 'r1'")
    with pytest.raises(DataError, match="condition 'r1'"):
        study_tables(ratings, plan, PUBLISHED, CHOICES)


def test_a_study_of_load_alone_has_its_tables():
    plan, scale = make_plan(), Scale(1, 5)
    exports = simulate_exports(plan, target_means(CONDITIONS, PUBLISHED, scale), ASSUMED, 4, scale, 1)
    ratings, _ = sort_out([Export(one, "sent.json", (), ()) for one in exports], plan)
    ratings = ratings.query("dimension == 'load'")
    for table in study_tables(ratings, plan, PUBLISHED, CHOICES).values():
        assert set(table.get("dimension", ["load"])) == {"load"}
