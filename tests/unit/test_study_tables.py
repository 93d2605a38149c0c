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
from tracekd.figures.likert import plot_likert
from tracekd.figures.style import FORMATS
from tracekd.figures.trade_off import plot_trade_off
from tracekd.study.detectable import smallest_difference
from tracekd.study.exclusions import exclude
from tracekd.study.published import read_published
from tracekd.study.responses import Export, read_study_responses, responses_table
from tracekd.study.simulate import Scale, simulate_exports, target_means, write_exports
from tracekd.tables.study import SHOW, Choices, study_tables
from tracekd.tables.write import markdown, write_csv

PUBLISHED = read_published(ROOT / "resources" / "published_ratings.csv")
CHOICES = Choices(scale=(1, 5), alpha=0.05, power=0.8, resamples=200, seed=0)
NOTE = "SIMULATED participants, simulated corpora, tiny models"


@pytest.fixture(scope="module", params=["between", "within"])
def study(request, tmp_path_factory):
    """Plan, flow table, ratings and tables of a simulated study of 100 participants."""
    plan, scale = make_plan(request.param), Scale(1, 5)
    folder = tmp_path_factory.mktemp("study")
    write_exports(simulate_exports(plan, target_means(CONDITIONS, PUBLISHED, scale), 25, scale, 3), folder)
    exports = read_study_responses(folder, plan)
    kept, flow = exclude(exports, {"incomplete": 0, "failed_checks": 0}, ["A", "B", "C", "D"])
    ratings = responses_table(kept, plan)
    return plan, flow, ratings, study_tables(ratings, plan, PUBLISHED, CHOICES)


def test_every_participant_is_counted_once_in_the_flow(study):
    _, flow, ratings, _ = study
    assert flow["left"].iloc[0] == 100
    assert flow["excluded"].sum() == 100 - flow["left"].iloc[-1]
    assert flow["left"].iloc[-1] == ratings["participant"].nunique()
    assert (flow.filter(like="left_").sum(axis=1) == flow["left"]).all()


def test_every_table_has_the_columns_of_its_page(study):
    _, flow, ratings, tables = study
    made = {f"tables/study_{name}.csv": table for name, table in tables.items()}
    made |= {"tables/study_exclusions.csv": flow, "study/study_responses.csv": ratings}
    assert [fault for pattern, table in made.items() for fault in find_faults(pattern, table)] == []


def test_ratings_stand_beside_the_published_numbers(study):
    plan, _, _, tables = study
    table = tables["ratings"].set_index(["arm", "dimension"])
    assert len(table) == 8
    for arm, dimension, value in (("r1", "interpretability", 3.39), ("r1", "load", 4.59)):
        row = table.loc[(arm, dimension)]
        assert row["published"] == value
        assert "2505.13792" in row["published_source"]
        assert row["low"] < row["mean"] < row["high"]
        assert abs(row["mean"] - value) < 0.5
    assert pd.isna(table.loc[("r1_summary", "load"), "published"])
    assert table["n_participants"].sum() == (1 if plan["design"] == "between" else 4) * 2 * len(
        set(study[2]["participant"])
    )


def test_distributions_add_up(study):
    table = study[3]["questions"]
    assert len(table) == len(CONDITIONS) * len(QUESTIONS)
    assert (table.filter(regex=r"^n_\d$").sum(axis=1) == table["n_ratings"]).all()


def test_tests_are_those_of_the_design(study):
    plan, _, _, tables = study
    wanted = {"between": {"Kruskal-Wallis", "Dunn"}, "within": {"Friedman", "Wilcoxon"}}[plan["design"]]
    assert set(tables["tests"]["test"]) == wanted
    assert len(tables["tests"]) == 2 * (1 + 6)
    assert (tables["tests"]["holm_p"] >= tables["tests"]["p"]).all()
    for _, row in tables["tests"].dropna(subset=["low"]).iterrows():
        assert -1 <= row["low"] <= row["estimate"] <= row["high"] <= 1


def test_within_subjects_finds_smaller_differences(study):
    plan, _, _, tables = study
    d = tables["power"]["d"]
    assert (d > 0.7).all() if plan["design"] == "between" else (d < 0.4).all()
    assert (tables["power"]["holm_d"] > d).all()


def test_tables_are_written_for_readers_without_codes(study):
    for name, table in study[3].items():
        shown = SHOW[name](table, {condition["name"]: condition["title"] for condition in CONDITIONS})
        text = markdown(shown)
        assert len(shown) == len(table)
        assert not re.search(r"\bnan\b|r1_|decomposed \|", text), name


@pytest.mark.parametrize("note", ["", NOTE])
def test_figures_are_legible_and_carry_the_note(study, note, monkeypatch):
    plan, _, ratings, tables = study
    likert = plot_likert(tables["questions"], QUESTIONS, CONDITIONS, plan["scale"]["labels"], note)
    words = assert_legible(likert, monkeypatch)
    assert (NOTE in words) == bool(note)
    assert "faithfulness, turned round" in words
    words = assert_legible(plot_conditions(tables["ratings"], ratings, CONDITIONS, (1, 5), note), monkeypatch)
    assert (NOTE in words) == bool(note)
    first = tables["ratings"].iloc[0]
    assert f"{first['mean']:.2f} (n = {first['n_participants']})" in words


@pytest.mark.parametrize(
    ("low", "mean", "high", "published"),
    [(1, 3.05, 5, 1.4), (1, 3.05, 5, 4.6), (2.2, 4.9, 5, np.nan), (np.nan, 5, np.nan, 1.4)],
)
def test_a_mean_stays_legible_beside_an_interval_of_any_length(
    low, mean, high, published, study, monkeypatch
):
    values = {"low": low, "mean": mean, "high": high, "published": published, "n_participants": 125}
    figure = plot_conditions(study[3]["ratings"].assign(**values), study[2], CONDITIONS, (1, 5), NOTE)
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
    ratings = study[3]["ratings"]
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
    one, other = ([*simulate_exports(plan, means, 3, scale, seed)] for seed in (5, 5))
    assert one == other
    assert one != [*simulate_exports(plan, means, 3, scale, 6)]
    write_exports(one, tmp_path)
    assert all(path.name.startswith("SIMULATED") for path in tmp_path.iterdir())
    assert len(read_study_responses(tmp_path, plan)) == 12


def test_exclusions_are_applied_in_order_and_each_person_once(tmp_path):
    plan = make_plan()
    fine, stopped, inattentive, fast, straight = (
        make_export(plan, participant=name) for name in ("fine", "stopped", "inattentive", "fast", "straight")
    )
    for export in (fine, stopped, inattentive, fast):
        for number, answer in enumerate(export["answers"]):
            answer["value"] = 1 + number % 5
    stopped["completed"] = False
    for export in (stopped, inattentive):
        export["checks"][0].update(value=1, passed=False)
    for answer in fast["answers"]:
        answer["seconds"] = 0.4
    sent = read_study_responses(write_json(tmp_path, fine, stopped, inattentive, fast, straight), plan)
    rules = {"incomplete": 0, "failed_checks": 0, "median_seconds": 2, "same_answer": 0.9}
    kept, flow = exclude(sent, rules, ["A", "B"])
    assert [export.record["participant"] for export in kept] == ["fine"]
    assert list(flow["step"]) == ["sent", *rules]
    assert list(flow["excluded"]) == [0, 1, 1, 1, 1]
    assert list(flow["left_A"]) == [5, 4, 3, 2, 1]


def alike(plan, value=4):
    """Ratings of three participants a group who all give the same answer."""
    exports = [
        Export(make_export(plan, group, f"{group}{number}", value), "sent.json", (), ())
        for group in "ABCD"
        for number in range(3)
    ]
    return responses_table(exports, plan)


@pytest.mark.parametrize("design", ["between", "within"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # libraries divide 0 by 0
def test_participants_who_never_differ_leave_empty_cells_and_no_crash(design):
    plan = make_plan(design)
    ratings = alike(plan).query("question != 'unclear'")
    tables = study_tables(ratings, plan, PUBLISHED, CHOICES)
    assert tables["ratings"]["low"].isna().all()
    assert tables["agreement"]["alpha"].isna().all()
    assert (tables["tests"]["estimate"].dropna() == 0).all()
    for name, table in tables.items():
        assert "nan" not in markdown(SHOW[name](table, {one["name"]: one["title"] for one in CONDITIONS}))


def test_a_condition_that_nobody_rated_is_named():
    plan = make_plan()
    ratings = alike(plan).query("condition != 'r1'")
    with pytest.raises(DataError, match="condition 'r1'"):
        study_tables(ratings, plan, PUBLISHED, CHOICES)


def test_a_study_of_load_alone_has_its_tables():
    plan, scale = make_plan(), Scale(1, 5)
    exports = simulate_exports(plan, target_means(CONDITIONS, PUBLISHED, scale), 4, scale, 1)
    ratings = responses_table([Export(one, "sent.json", (), ()) for one in exports], plan).query(
        "dimension == 'load'"
    )
    for table in study_tables(ratings, plan, PUBLISHED, CHOICES).values():
        assert set(table.get("dimension", ["load"])) == {"load"}


def test_the_smallest_difference_is_that_of_cohens_tables():
    # 64 a group find d = 0.5 with the t-test (Cohen 1988); a rank test needs 1 / 0.955 as many
    d, delta = smallest_difference(67, 67, "between", 0.05, 0.8)
    assert d == pytest.approx(0.5, abs=0.01)
    assert delta == pytest.approx(0.28, abs=0.01)
    # the solver that statsmodels takes for this size gives an array
    assert smallest_difference(93, 93, "within", 0.05, 0.8)[0] == pytest.approx(0.30, abs=0.01)
    assert all(np.isnan(smallest_difference(2, 25, "between", 0.05, 0.8)))
