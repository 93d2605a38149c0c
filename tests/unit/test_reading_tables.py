"""Tables and figures of readings: counts that can be made by hand, gaps where nothing is, the same bytes."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from scipy.stats import binomtest
from support.examples import ROOT, make_question
from support.figures import NOTE, assert_legible
from support.run_data import run_script
from tracekd.core.errors import DataError
from tracekd.core.records import Generation, write_records
from tracekd.datasets import get_dataset
from tracekd.datasets.anchors import join_anchors
from tracekd.datasets.rows import Grid
from tracekd.figures.association import plot_association
from tracekd.figures.follow_rate import plot_follow_rate
from tracekd.figures.style import FORMATS, PAGE_HEIGHT, TEXT_WIDTH
from tracekd.scoring.aligned import MEASURES, score
from tracekd.scoring.readings import derive_readings, write_readings
from tracekd.scoring.score import write_scores
from tracekd.statistics.association import phi
from tracekd.statistics.settings import read_settings
from tracekd.tables.copying import copying_table, show_copying
from tracekd.tables.counterfactual import counterfactual_table, show_counterfactual
from tracekd.tables.definitions import TITLES, definitions_table, show_definitions
from tracekd.tables.follow import follow_table, show_follow
from tracekd.tables.matrix import trace_answer_matrix
from tracekd.tables.readings import join_baseline, read_readings
from tracekd.tables.scores import read_scores
from tracekd.tables.statistics import COLUMNS, statistics_table
from tracekd.tables.write import write_table
from tracekd.traces.prompts import render_target

CHOICES = read_settings(ROOT / "config" / "statistics.yaml")
SETTINGS = CHOICES.changed(bootstrap=CHOICES.bootstrap.changed(resamples=200))
TWICE = "David Widder works for Harvard University from 1923 to 1967."
PEOPLE = ["David Widder", "Hubert Yockey", "Norbert Wiener", "Irving Segal"]
# class right, facts named, people answered (None: cut off), whether David Widder stands in a second fact, and
# people answered without traces
ITEMS = [
    (1, (0, 2), (0, 2), 0, (0, 2)),  # right by copying
    (1, (0, 2), (0, 1), 0, (0, 2)),  # facts right, answer wrong
    (0, (0, 2), (0, 2), 0, (1,)),
    (1, (1, 3), (1, 3), 0, (1, 3)),  # follows wrong facts, or would have said so anyway
    (0, (1,), (1,), 0, (0, 2)),  # follows wrong facts
    (0, (0, 1), (0, 2), 0, (0, 1)),  # true all the same
    (1, (1,), None, 0, None),  # cannot be read
    (0, (), (0, 2), 0, (0, 2)),  # names nothing
    (1, (0, 2), (0, 2), 1, (1,)),  # names the gold entities, but not all facts that hold one
]


def write_run(folder, datasets=("cotempqa",), models=("m",), arms=("correct",), seeds=(1,), times=1):
    """Write questions, readings and aligned scores of generations made from ITEMS; give the last two paths.

    The readings of the baseline without traces stand beside them.
    """
    readings, scores = [], []
    for dataset in datasets:
        questions, generations, bare = make_items(dataset, times)
        write_records(questions, folder / f"{dataset}.jsonl")
        for cell in (f"{dataset}/{m}/none/seed{s}" for m in models for s in seeds):
            steps = [step.name for step in get_dataset(dataset).steps]
            write_readings(
                derive_readings(questions, bare, False), folder / "readings" / f"{cell}.csv", steps
            )
        for cell in (f"{dataset}/{m}/{arm}/seed{s}" for m in models for arm in arms for s in seeds):
            readings.append(folder / "readings" / f"{cell}.csv")
            scores.append(folder / "scores" / f"{cell}.aligned.csv")
            steps = [step.name for step in get_dataset(dataset).steps]
            write_readings(derive_readings(questions, generations), readings[-1], steps)
            write_scores(score(questions, generations, "correct"), scores[-1], MEASURES, steps)
    return readings, scores


def make_items(name, times):
    """Questions, generations, bare answers of ITEMS, in other classes the second time; bAbI's are words."""
    dataset, questions, generations, bare = get_dataset(name), [], [], []
    for number, (right, facts, people, twice, without) in enumerate(ITEMS * times):
        label = dataset.classes[number // len(ITEMS) % len(dataset.classes)]
        base = make_question(name, id=f"{name}-{number:04d}", split="test", class_label=label)
        if name == "cotempqa":
            context = (*base.context, TWICE) if twice else base.context
            base = make_question(
                name,
                id=base.id,
                split="test",
                class_label=label,
                context=context,
                gold_facts=(0, 2, 4) if twice else (0, 2),
            )
        said = label if right else dataset.classes[-1 - (label == dataset.classes[-1])]
        class_step, facts_step = dataset.steps
        trace = class_step.render(said) + facts_step.render(tuple(base.context[i] for i in facts))
        answer, other = (
            dataset.answer_text([PEOPLE[i] for i in said_people or ()])
            if name == "cotempqa"
            else ("hallway" if said_people == (0, 2) else "garden")
            for said_people in (people, without)
        )
        text = render_target(trace, answer) if people else render_target(trace, "x").partition("<answer>")[0]
        questions.append(base)
        generations.append(Generation(base.id, "0" * 64, text, None, None, None))
        bare.append(Generation(base.id, "0" * 64, other if without else "x", None, None, None))
    return questions, generations, bare


def read_run(folder, readings):
    """Readings with their baseline and anchors, as the script joins them."""
    baseline = read_readings(sorted((folder / "readings").glob("*/*/none/*.csv")))
    return join_anchors(join_baseline(read_readings(readings), baseline), sorted(folder.glob("*.jsonl")))


@pytest.fixture
def grid():
    return Grid(["cotempqa", "babi"], ["m"], ["correct"])


@pytest.fixture
def readings(tmp_path):
    return read_run(tmp_path, write_run(tmp_path, ("cotempqa", "babi"))[0])


def test_follow_counts_the_items_that_name_wrong_facts(readings, grid):
    table = follow_table(readings, grid)
    assert set(table["dataset"]) == {"cotempqa"}, "bAbI's facts imply no answer"
    assert list(table["class"]) == ["all", "during"]
    row = table.iloc[0]
    # items 4 to 7; the facts of the last one imply the true answer
    assert (row["n"], row["implied_true"], row["follows"], row["true"]) == (4, 1, 2, 1)
    expected = binomtest(2, 4).proportion_ci(method="wilson")
    assert tuple(
        row[["follows_share", "follows_share_item_low", "follows_share_item_high"]]
    ) == pytest.approx((0.5, expected.low, expected.high))
    # all of them are about one place, so there is but one item of which anything is known
    assert row["clusters"] == 1
    alone = binomtest(1, 2).proportion_ci(method="wilson")
    assert row["follows_share_low"] < alone.low < alone.high < row["follows_share_high"]
    assert (row["baseline_n"], row["baseline"]) == (4, 2)
    assert (row["quoted_n"], row["tolerant_n"], row["tolerant_true"]) == (4, 4, 1)


def test_counterfactual_holds_answers_against_those_without_traces(readings, grid):
    table = counterfactual_table(readings, grid)
    assert ",".join(table.columns) == (
        "dataset,class,model,arm,seed,named,n,clusters,follows,baseline_follows,arm_only,baseline_only,"
        "excess,excess_low,excess_high,p"
    )
    assert list(table["class"]) == ["all"] * 3 + ["during"] * 3
    assert list(table["named"]) == ["any", "none", "some"] * 2
    counts = ["n", "follows", "baseline_follows", "arm_only", "baseline_only"]
    assert table[counts].head(3).values.tolist() == [[4, 2, 2, 1, 1], [3, 2, 1, 1, 0], [1, 0, 1, 0, 1]]
    assert list(table["excess"].head(3)) == pytest.approx([0, 100 / 3, -100])
    assert "nan" not in show_counterfactual(table).to_string()


def test_without_a_baseline_nothing_is_held_against_it(readings, grid):
    bare = join_baseline(readings.drop(columns=["baseline_ok", "baseline_follows"]), read_readings([]))
    assert counterfactual_table(bare, grid).empty
    row = follow_table(bare, grid).iloc[0]
    assert (row["n"], row["baseline_n"]) == (4, 0) and pd.isna(row["baseline_share"])
    assert pd.isna(copying_table(bare, grid)["phi_control"]).all()


def test_copying_takes_the_association_apart(readings, grid):
    table = copying_table(readings, grid)
    assert list(table["subset"]) == ["all", "one-to-one", "not one-to-one", "all"]
    row = table.iloc[0]
    # eight traces name facts and one of their answers cannot be read; two of the seven others copy nothing
    assert (row["n"], row["answers"], row["copies"]) == (9, 7, 5)
    assert list(row[["both_ok", "answer_only_ok", "trace_only_ok", "neither_ok"]]) == [1, 4, 1, 3]
    assert row["phi_trace"] == pytest.approx(phi([1, 4, 1, 3]))
    assert row["phi_facts"] == pytest.approx(phi([2, 3, 1, 3]))
    assert row["phi_class"] == pytest.approx(phi([2, 3, 3, 1]))
    assert row["phi_class_given_facts_ok_n"] == 3
    assert row["phi_class_given_facts_ok"] == pytest.approx(phi([1, 1, 1, 0]))
    assert row["phi_class_given_facts_wrong"] == pytest.approx(phi([1, 2, 2, 1]))
    # the entities of the named facts are right in four items, two of them with a right trace
    assert row["phi_implied"] == pytest.approx(phi([2, 2, 0, 5]))
    assert pd.isna(table.iloc[2]["phi_trace"]) and table.iloc[2]["phi_trace_n"] == 1
    assert pd.isna(table.iloc[3]["phi_implied"]) and pd.isna(table.iloc[3]["copying_rate"])
    # right without traces: items 1, 2, 5 and 8; right retrieval: the first three
    assert row["phi_control"] == pytest.approx(phi([2, 2, 1, 4]))
    assert row["phi_control_n"] == 9


def test_definitions_hold_the_counts_of_the_aligned_scorer(tmp_path, grid):
    readings, scores = write_run(tmp_path, ("cotempqa", "babi"))
    found = join_anchors(read_scores(scores), sorted(tmp_path.glob("*.jsonl")))
    matrix, statistics = trace_answer_matrix(found, grid), statistics_table(found, grid, SETTINGS)
    published = pd.concat([statistics, statistics.assign(scorer="published")])
    table = definitions_table(read_run(tmp_path, readings), published, grid)
    assert list(table["definition"].unique()) == list(TITLES)
    counts = ["dataset", "step", "n", "both_ok", "answer_only_ok", "trace_only_ok", "neither_ok"]
    expected = matrix.loc[matrix["class"] == "all", counts].reset_index(drop=True)
    for name in ("published", "aligned"):
        got = table.loc[table["definition"] == name, counts].reset_index(drop=True)
        pd.testing.assert_frame_equal(got, expected, check_dtype=False)
    dropped = table[(table["definition"] == "parsed_only") & (table["step"] == "trace")]
    assert list(dropped["n"]) == [8, 8]


def test_without_matrices_of_the_published_scorer_its_rows_are_left_out(readings, grid):
    empty = pd.DataFrame(columns=COLUMNS)
    assert "published" not in set(definitions_table(readings, empty, grid)["definition"])


def test_readers_get_strings_and_two_files_at_most_a_page_wide(tmp_path, readings, grid):
    empty = pd.DataFrame(columns=COLUMNS)
    tables = (
        (show_follow, follow_table(readings, grid)),
        (show_copying, copying_table(readings, grid)),
        (show_definitions, definitions_table(readings, empty, grid)),
        (show_counterfactual, counterfactual_table(readings, grid)),
    )
    for show, table in tables:
        paths = {kind: tmp_path / f"{show.__name__}.{kind}" for kind in ("csv", "md")}
        write_table(table, show(table), **paths, caption="Caption.")
        assert "nan" not in paths["md"].read_text()
        assert paths["csv"].read_text().count("\n") == len(table) + 1


def test_a_file_that_is_none_of_readings_is_refused(tmp_path):
    with pytest.raises(DataError, match="not the name of a file of readings"):
        read_readings([tmp_path / "follow.csv"])


MODELS = ["Llama-3.2-1B-Instruct", "Qwen3-1.7B", "Llama-3.1-8B-Instruct", "Qwen3-8B"]
GRIDS = {
    "replay": (["cotempqa", "babi"], MODELS[:2], ["correct", "incorrect"], [42]),
    "paper": (["cotempqa", "babi"], MODELS, ["correct", "incorrect", "incorrect_matched"], [0, 1]),
    "small": (["cotempqa"], MODELS[1:2], ["correct"], [0]),
}


def draw(folder, axes):
    """Both figures of a made-up run."""
    readings, scores = write_run(folder, *axes, times=4)
    grid = Grid(*axes[:3])
    found, matrix = read_run(folder, readings), trace_answer_matrix(read_scores(scores), grid)
    return {
        note: (
            plot_follow_rate(matrix, follow_table(found, grid), "aligned", grid, note),
            plot_association(copying_table(found, grid), grid, note),
        )
        for note in ("", NOTE)
    }


@pytest.mark.parametrize("name", GRIDS)
def test_texts_stay_on_the_canvas_and_off_one_another(name, tmp_path, monkeypatch):
    for note, figures in draw(tmp_path, GRIDS[name]).items():
        for figure in figures:
            words = assert_legible(figure, monkeypatch)
            assert (NOTE in words) == bool(note)
            assert figure.get_figwidth() <= TEXT_WIDTH
            assert figure.get_figheight() <= PAGE_HEIGHT
    plt.close("all")


def test_figures_say_what_is_undefined(tmp_path, monkeypatch):
    grid = Grid(["babi"], ["m"], ["incorrect"])
    readings, scores = write_run(tmp_path, grid.datasets, grid.models, grid.arms)
    found, matrix = read_run(tmp_path, readings), trace_answer_matrix(read_scores(scores), grid)
    follow, copying = follow_table(found, grid), copying_table(found, grid)
    assert follow.empty
    words = assert_legible(plot_follow_rate(matrix, follow, "aligned", grid), monkeypatch)
    assert "no trace names wrong facts that imply an answer" in words
    assert assert_legible(plot_association(copying, grid), monkeypatch).count("undefined") == 1
    with pytest.raises(DataError, match="no traces were scored by 'published'"):
        plot_follow_rate(matrix, follow, "published", grid)


def write_all(folder: Path) -> None:
    """Write all tables and figures by their scripts."""
    datasets, models, arms = ["cotempqa", "babi"], ["m"], ["correct", "incorrect"]
    readings, scores = write_run(folder, datasets, models, arms, [0, 1], times=2)
    names = {"datasets": datasets, "models": models, "arms": arms, "note": "", "scorer": "aligned"}
    names_of = ("follow", "counterfactual", "copying", "definitions")
    files = {name: str(folder / f"{name}.csv") for name in ("matrix", "statistics", *names_of)}
    questions = sorted(map(str, folder.glob("*.jsonl")))
    found, grid = join_anchors(read_scores(scores), questions), Grid(datasets, models, arms)
    trace_answer_matrix(found, grid).to_csv(files["matrix"], index=False)
    statistics_table(found, grid, SETTINGS).to_csv(files["statistics"], index=False)
    tables = {f"{name}_{kind}": str(folder / f"{name}.{kind}") for name in names_of for kind in ("csv", "md")}
    baseline = sorted(map(str, (folder / "readings").glob("*/*/none/*.csv")))
    inputs = files | {"readings": list(map(str, readings)), "baseline": baseline, "questions": questions}
    run_script("tabulate_readings", inputs, tables, names, folder / "log")
    for name in ("follow_rate", "association"):
        outputs = {kind: str(folder / f"{name}.{kind}") for kind in FORMATS}
        run_script(f"plot_{name}", files, outputs, names, folder / "log")


def test_a_run_without_traces_has_empty_tables():
    grid = Grid(["cotempqa"], ["m"], ["none"])
    readings = join_baseline(read_readings([]), read_readings([])).assign(anchor="")
    tables = {
        show_follow: follow_table(readings, grid),
        show_counterfactual: counterfactual_table(readings, grid),
        show_copying: copying_table(readings, grid),
        show_definitions: definitions_table(readings, pd.DataFrame(columns=COLUMNS), grid),
    }
    for show, table in tables.items():
        assert table.empty and show(table).empty and len(table.columns)
