"""Tables and figures of a dataset of three steps or of one, and of a graded third scorer."""

import random
from dataclasses import replace

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from support.examples import ROOT, make_question
from support.figures import assert_legible
from support.own_datasets import add_own_datasets, kept_registries, make_own
from support.run_data import in_pairs, make_baselines
from tracekd.core.records import Generation
from tracekd.datasets import get_dataset
from tracekd.datasets.published import RULES
from tracekd.datasets.rows import Grid
from tracekd.figures.accuracy import plot_accuracy
from tracekd.figures.association import plot_association
from tracekd.figures.classes import plot_classes
from tracekd.figures.confusion import plot_confusion
from tracekd.figures.follow_rate import plot_follow_rate
from tracekd.figures.forest import plot_forest
from tracekd.figures.pipeline import plot_pipeline
from tracekd.labels import as_header, part_titles, step_title
from tracekd.scoring import SCORERS, Scorer, add_scorer, aligned, get_scorer
from tracekd.scoring.readings import derive_readings, write_readings
from tracekd.scoring.score import write_scores
from tracekd.statistics.association import CELLS
from tracekd.statistics.settings import read_settings
from tracekd.tables.answer_scores import answer_scores, show_answer_scores
from tracekd.tables.copying import copying_table, show_copying
from tracekd.tables.definitions import DEFINITIONS, definitions_table, show_definitions
from tracekd.tables.follow import follow_table, show_follow
from tracekd.tables.matrix import trace_answer_matrix
from tracekd.tables.readings import join_baseline, read_readings
from tracekd.tables.results import classes_table, results_table, show_classes, show_results
from tracekd.tables.scores import Z_95, read_scores
from tracekd.tables.statistics import show_statistics, statistics_table
from tracekd.traces.build import build_trace
from tracekd.traces.verification import verify_traces

SETTINGS = read_settings(ROOT / "config" / "statistics.yaml")
SETTINGS = SETTINGS.changed(bootstrap=SETTINGS.bootstrap.changed(resamples=100))
ARMS, SEEDS, ITEMS = ["none", "correct", "incorrect_matched"], [0, 1], 60
STEPS = {"cotempqa": ["class", "facts"], "sums": ["kind", "evidence", "equation"], "look_up": ["evidence"]}


def judge_closeness(questions, generations, arm):
    """A graded judgement: half of the overlap, and the whole of it for a right answer."""
    return [
        replace(one, measures={"closeness": (one.measures["f1"] + one.answer_ok) / 2})
        for one in aligned.score(questions, generations, arm)
    ]


@pytest.fixture(scope="module", autouse=True)
def own():
    """Two more datasets and a scorer, for the tests of this module."""
    with kept_registries():
        add_own_datasets()
        add_scorer(
            Scorer("close", judge_closeness, ("closeness",), "closeness", title="mean closeness", marker="^")
        )
        yield


def make_questions(dataset):
    """Test questions of several classes."""
    if dataset != "cotempqa":
        return [make_own(dataset, number) for number in range(ITEMS)]
    classes = get_dataset(dataset).classes
    return [
        make_question(id=f"c-{number:03d}", split="test", class_label=classes[number % len(classes)])
        for number in range(ITEMS)
    ]


def write_turn(question, arm, rng):
    """What a model writes that is not always right: in its steps, in its answer, in its form."""
    learnt = arm if arm == "none" or rng.random() < 0.7 else rng.choice(ARMS[1:])
    trace = build_trace(question, learnt, seed=0)
    answer = get_dataset(question.dataset).answer_text(question.answers)
    wrong = get_dataset(question.dataset).answer_text([*question.answers[:1], "7"][-len(question.answers) :])
    text = trace.target.replace(answer, wrong) if rng.random() < 0.4 else trace.target
    return text[:-20] if rng.random() < 0.05 and arm != "none" else text


def write_run(folder, datasets, scorers):
    """Write score files and readings of a run of two seeds; give the paths of both."""
    scores, readings = [], []
    for dataset in datasets:
        questions, steps = make_questions(dataset), [step.name for step in get_dataset(dataset).steps]
        for arm in ARMS:
            for seed in SEEDS:
                rng = random.Random(f"{dataset}/{arm}/{seed}")
                texts = {one.id: write_turn(one, arm, rng) for one in questions}
                found = [Generation(name, "0" * 64, text, 1, 1, "stop") for name, text in texts.items()]
                cell = folder / dataset / "tiny" / arm
                for scorer in map(get_scorer, scorers):
                    scores.append(cell / f"seed{seed}.{scorer.name}.csv")
                    write_scores(scorer.judge(questions, found, arm), scores[-1], scorer.measures, steps)
                readings.append(cell / f"seed{seed}.csv")
                write_readings(derive_readings(questions, found, arm != "none"), readings[-1], steps)
    return scores, readings


# any number of steps


@pytest.fixture(scope="module", params=[["sums"], ["look_up"], ["cotempqa", "sums", "look_up"]], ids=" ".join)
def run(request, tmp_path_factory, own):
    datasets = request.param
    scores, readings = write_run(tmp_path_factory.mktemp("run"), datasets, ["aligned"])
    found = read_readings(readings)
    traced, baseline = found[found["arm"] != "none"], found[found["arm"] == "none"]
    joined = in_pairs(join_baseline(traced, baseline))
    return Grid(datasets, ["tiny"], ARMS), in_pairs(read_scores(scores)), joined


@pytest.fixture(scope="module")
def statistics(run):
    grid, scores, _ = run
    return statistics_table(scores, grid, SETTINGS)


@pytest.fixture(scope="module")
def copying(run):
    grid, _, readings = run
    return copying_table(readings, grid)


def test_the_steps_of_a_grid_are_those_of_its_datasets_and_the_trace_after_them(run):
    grid, _, _ = run
    names = dict.fromkeys(step for dataset in grid.datasets for step in STEPS[dataset])
    assert grid.steps == [*names, "trace"]


def test_results_have_a_column_per_step_that_is_empty_where_a_dataset_has_none(run):
    grid, scores, _ = run
    table = results_table(scores, None, grid)
    for row in table.to_dict("records"):
        judged = [] if row["arm"] == "none" else [*STEPS[row["dataset"]], "trace"]
        for step in grid.steps:
            assert pd.isna(row[f"{step}_acc"]) == (step not in judged)
    shown = show_results(table).to_string()
    assert "nan" not in shown
    for dataset in grid.datasets:
        assert all(as_header(step_title(step)) in shown for step in get_dataset(dataset).steps)


def test_matrix_and_statistics_have_a_row_per_step_of_the_dataset(run, statistics):
    grid, scores, _ = run
    matrix = trace_answer_matrix(scores, grid)
    for frame in (matrix, statistics):
        found = frame.groupby(["dataset", "arm"], sort=False)["step"].unique().map(list).to_dict()
        assert found == {
            (dataset, arm): [*STEPS[dataset], "trace"] for dataset in grid.datasets for arm in ARMS[1:]
        }
    assert (matrix[CELLS].sum(axis=1) == matrix["n"]).all()
    # a step that the dataset does not have is no part of its trace
    for _, rows in matrix[matrix["class"] == "all"].groupby(["dataset", "arm", "seed"]):
        right = rows.set_index("step")[["both_ok", "trace_only_ok"]].sum(axis=1)
        assert right["trace"] <= right.drop("trace").min()
        if len(right) == 2:
            assert right.iloc[0] == right["trace"]
    assert "nan" not in show_statistics(statistics).to_string()


def test_copying_takes_the_association_apart_by_the_steps_of_the_dataset(run, copying):
    grid, scores, _ = run
    matrix = trace_answer_matrix(scores, grid)
    sources = {"cotempqa": "facts", "sums": "equation"}
    for row in copying[copying["subset"] == "all"].to_dict("records"):
        dataset = row["dataset"]
        cells = matrix.query(
            "dataset == @dataset and arm == @row['arm'] and seed == @row['seed'] and step == 'trace'"
        )
        assert cells.loc[cells["class"] == "all", CELLS].iloc[0].tolist() == [row[cell] for cell in CELLS]
        for step in {name for names in STEPS.values() for name in names}:
            if f"phi_{step}_n" in row:
                assert pd.isna(row[f"phi_{step}_n"]) == (step not in STEPS[dataset])
        if dataset in sources:
            source, wrong = sources[dataset], [row["copies"], row["answers"]]
            assert wrong[0] <= wrong[1] <= row["n"] and row["copies"] > 0
            for other in set(STEPS[dataset]) - {source}:
                parts = [row[f"phi_{other}_given_{source}_{end}_n"] for end in ("ok", "wrong")]
                assert sum(parts) == row["n"]
        else:
            assert pd.isna(row["copying_rate"]) and pd.isna(row.get("phi_implied_n"))
    assert "nan" not in show_copying(copying).to_string()


def test_follow_counts_what_is_implied_by_a_wrong_source(run):
    grid, _, readings = run
    table = follow_table(readings, grid)
    assert set(table["dataset"]) == set(grid.datasets) - {"look_up"}
    main = readings[(readings["way"] == "parsed") & (readings["source_ok"] == 0)]
    told, whole = main[main["implied_ok"] == 0], table[table["class"] == "all"]
    assert whole["n"].sum() == len(told) and whole["follows"].sum() == told["follows"].sum()
    assert whole["implied_true"].sum() == len(main) - len(told)
    assert whole["baseline"].sum() == told["baseline_follows"].sum()
    assert "nan" not in show_follow(table).to_string()


def test_definitions_agree_with_the_matrices_of_the_aligned_scorer(run, statistics):
    grid, scores, readings = run
    matrix = trace_answer_matrix(scores, grid)
    table = definitions_table(readings, statistics, grid)
    assert set(table["definition"]) == set(DEFINITIONS)
    counts = ["dataset", "arm", "seed", "step", "n", *CELLS]
    expected = matrix.loc[matrix["class"] == "all", counts].reset_index(drop=True)
    got = table.loc[table["definition"] == "aligned", counts].reset_index(drop=True)
    pd.testing.assert_frame_equal(got, expected, check_dtype=False)
    # only a step that quotes facts has other definitions
    same = table[table["step"].isin(["kind", "equation"]) & table["definition"].isin(["any_gold", "aligned"])]
    for _, rows in same.groupby(["dataset", "arm", "seed", "step"]):
        assert len(rows) == 2 and len(rows[CELLS].drop_duplicates()) == 1
    assert "nan" not in show_definitions(table).to_string()


@pytest.mark.parametrize("note", ["", "tiny models"])
def test_figures_are_legible_with_any_number_of_steps(run, statistics, copying, note, monkeypatch):
    grid, scores, readings = run
    matrix = trace_answer_matrix(scores, grid)
    figures = {
        "association": plot_association(copying, grid, note),
        "forest": plot_forest(statistics, 0.1, grid, note),
        "follow": plot_follow_rate(matrix, follow_table(readings, grid), "aligned", grid, note),
        "confusion": plot_confusion(matrix, "correct", ["aligned"], grid, note),
        "classes": plot_classes(classes_table(scores, grid), "aligned", grid, note),
    }
    for name, figure in figures.items():
        words = assert_legible(figure, monkeypatch)
        assert (note in words) == bool(note), name
    words = assert_legible(figures["forest"], monkeypatch)
    # every dataset has its own steps in its row
    titles = part_titles(grid.datasets)
    assert {f"{titles[name]}\nand answer" for name in grid.steps} <= set(words)
    shown = [axis.get_title() for axis in figures["forest"].axes if axis.axison]
    assert len(shown) == sum(len(STEPS[dataset]) + 1 for dataset in grid.datasets)
    assert all(shown), "each row of another dataset's steps is titled"
    plt.close("all")


@pytest.mark.parametrize("dataset", ["sums", "look_up"])
def test_the_item_is_drawn_with_all_of_its_steps(dataset, monkeypatch):
    question = make_own(dataset, 1, split="train")
    arms = ("correct", "incorrect_matched")
    traces = {arm: verify_traces([question], [build_trace(question, arm, seed=0)])[0] for arm in arms}
    words = " ".join(assert_legible(plot_pipeline(question, traces), monkeypatch))
    steps = get_dataset(dataset).steps
    assert words.count("right ✓") == words.count("wrong ✗") == len(steps)
    assert all(f"{as_header(step_title(step))}: {step.asks}" in words for step in steps)
    plt.close("all")


# a graded third scorer


@pytest.fixture(scope="module")
def graded(tmp_path_factory, own):
    """Scores of two datasets by three scorers, one of which has no rules for the second."""
    folder = tmp_path_factory.mktemp("graded")
    grid = Grid(["cotempqa", "sums"], ["tiny"], ARMS)
    paths, _ = write_run(folder, ["cotempqa"], list(SCORERS))
    others, _ = write_run(folder, ["sums"], ["aligned", "close"])
    assert "sums" not in RULES
    return grid, in_pairs(read_scores([*paths, *others]))


def test_a_graded_headline_is_averaged_with_a_normal_interval(graded):
    grid, scores = graded
    table = results_table(scores, None, grid)
    assert dict(zip(table["scorer"], table["headline"], strict=True)) == {
        "published": "answer_ok",
        "aligned": "answer_ok",
        "close": "closeness",
    }
    for row in table.to_dict("records"):
        items = scores.query("dataset == @row['dataset'] and arm == @row['arm'] and scorer == @row['scorer']")
        if row["scorer"] != "close":
            names = ("answer_acc", "answer_low", "answer_high")
            assert [row[f"score{end}"] for end in ("", "_low", "_high")] == [row[name] for name in names]
            continue
        by_seed = items.groupby("seed")["closeness"]
        assert row["score"] == pytest.approx(by_seed.mean().mean())
        assert row["score_sd"] == pytest.approx(by_seed.mean().std())
        half = Z_95 * by_seed.std(ddof=0).mean() / row["n"] ** 0.5
        assert row["score_low"] == pytest.approx(max(0, row["score"] - half))
        assert row["score_high"] == pytest.approx(min(1, row["score"] + half))
        assert row["answer_acc"] == pytest.approx(items["answer_ok"].mean())


def test_readers_see_the_headline_by_its_name(graded):
    grid, scores = graded
    shown = show_results(results_table(scores, None, grid))
    assert shown.loc[shown["Scorer"] == "close", "Score"].unique().tolist() == ["closeness"]
    assert "nan" not in shown.to_string() + show_classes(classes_table(scores, grid)).to_string()
    plain = show_results(results_table(scores[scores["scorer"] != "close"], None, grid))
    assert "Score" not in plain


def test_a_scorer_without_the_papers_measures_has_no_row_among_its_answer_scores(graded):
    grid, scores = graded
    table = answer_scores(scores, grid)
    assert set(table["scorer"]) == {"published", "aligned"}
    alone = answer_scores(scores[scores["scorer"] == "close"], grid)
    assert alone.empty and show_answer_scores(alone).empty


@pytest.mark.parametrize("scorer", ["published", "aligned", "close"])
def test_accuracy_and_classes_draw_the_headline(graded, scorer, monkeypatch):
    grid, scores = graded
    baselines = make_baselines(["cotempqa"])
    figures = (
        plot_accuracy(results_table(scores, baselines, grid), baselines, scorer, grid, "tiny models"),
        plot_classes(classes_table(scores, grid), scorer, grid, "tiny models"),
    )
    for figure in figures:
        words = assert_legible(figure, monkeypatch)
        title = "mean closeness" if scorer == "close" else "final-answer accuracy"
        assert any(
            word.startswith(f"{title} (%)") and f"{scorer} scorer, 95 % interval" in word for word in words
        )
        assert "tiny models" in words
    # baselines are of right answers
    names = assert_legible(figures[0], monkeypatch)
    assert ("majority answer" in names) == ("trivial\nbaselines" in names) == (scorer != "close")
    plt.close("all")


@pytest.mark.parametrize("datasets", [["cotempqa"], ["cotempqa", "sums"]])
def test_three_scorers_stand_side_by_side_in_the_forest(graded, datasets, monkeypatch):
    _, scores = graded
    grid = Grid(datasets, ["tiny"], ARMS)
    statistics = statistics_table(scores[scores["dataset"].isin(datasets)], grid, SETTINGS)
    assert set(statistics["scorer"]) == {"published", "aligned", "close"}
    figure = plot_forest(statistics, 0.1, grid, "tiny models")
    words = assert_legible(figure, monkeypatch)
    assert {"published scorer", "aligned scorer", "close scorer"} <= set(words)
    panel = figure.axes[len(STEPS["cotempqa"])]
    markers = [line for line in panel.lines if line.get_marker() in ("o", "^")]
    heights = [float(line.get_ydata()[0]) for line in markers]
    assert len(markers) == 3 * 2 and len(set(heights)) == 3 * 2, "no marker hides another"
    kinds = {(line.get_marker(), line.get_markerfacecolor() == "white") for line in markers}
    assert kinds == {("o", True), ("o", False), ("^", False)}
    plt.close("all")
