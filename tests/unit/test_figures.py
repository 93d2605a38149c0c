"""Figures: no text over other text or off the canvas, numbers in the cells, the same bytes on every run."""

import itertools
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from support.examples import ROOT, make_question
from support.figures import ARMS, DATASETS, FIGURES, GRIDS, MODELS, NOTE, SCORERS, assert_legible, verified
from support.run_data import make_baselines, make_scores, write_training_logs
from tracekd.core.errors import DataError
from tracekd.datasets.rows import Grid
from tracekd.figures.accuracy import plot_accuracy
from tracekd.figures.classes import plot_classes
from tracekd.figures.confusion import plot_confusion
from tracekd.figures.layout import show_accuracies, spread, write_note
from tracekd.figures.losses import plot_losses, read_training_logs
from tracekd.figures.pipeline import choose_question, plot_pipeline
from tracekd.figures.style import (
    COLUMN_WIDTH,
    FORMATS,
    GOLD_FILL,
    PAGE_HEIGHT,
    TEXT_WIDTH,
    arm_style,
    save,
)
from tracekd.labels import arm_title, model_title
from tracekd.tables.matrix import CELLS, trace_answer_matrix
from tracekd.tables.results import classes_table, results_table
from tracekd.traces.arms import ARMS as ALL_ARMS
from tracekd.traces.arms import OTHER


@pytest.fixture(scope="module", params=GRIDS)
def run(request, tmp_path_factory):
    """The tables of a made-up run."""
    datasets, models, arms, seeds, gap = GRIDS[request.param]
    folder, grid = tmp_path_factory.mktemp(request.param), Grid(datasets, models, arms)
    axes = datasets, models, arms, range(seeds)
    scores = make_scores(*axes, "aligned")
    logs = read_training_logs(write_training_logs(folder, *axes))
    if gap:
        scores, logs = (f[(f["model"] != models[0]) | (f["dataset"] != datasets[-1])] for f in (scores, logs))
    baselines = make_baselines(datasets)
    both = pd.concat([scores.assign(scorer=name) for name in SCORERS])
    yield SimpleNamespace(
        grid=grid,
        logs=logs,
        baselines=baselines,
        gap=gap,
        results=results_table(scores, baselines, grid),
        classes=classes_table(scores, grid),
        matrix=trace_answer_matrix(both, grid),
        drawn={},
    )
    plt.close("all")


def draw(name, run, note=""):
    """Draw one figure of a run, once for all tests."""
    key = name, note
    if key not in run.drawn:
        run.drawn[key] = draw_anew(name, run, note)
    return run.drawn[key]


def draw_anew(name, run, note=""):
    """Draw one figure of a run."""
    match name:
        case "confusion":
            return plot_confusion(run.matrix, "incorrect", SCORERS, run.grid, note)
        case "losses":
            return plot_losses(run.logs, run.grid, note)
        case "classes":
            return plot_classes(run.classes, "aligned", run.grid, note)
        case "accuracy":
            return plot_accuracy(run.results, run.baselines, "aligned", run.grid, note)


@pytest.mark.parametrize("note", ["", NOTE])
@pytest.mark.parametrize("name", FIGURES)
def test_texts_stay_on_the_canvas_and_off_one_another(name, run, note, monkeypatch):
    figure = draw(name, run, note)
    words = assert_legible(figure, monkeypatch)
    assert (NOTE in words) == bool(note)
    assert ("no data" in words) == run.gap
    assert figure.get_figwidth() in (COLUMN_WIDTH, TEXT_WIDTH)
    assert figure.get_figheight() <= PAGE_HEIGHT + 1e-9
    assert figure.get_suptitle() == ""


@pytest.mark.parametrize("name", FIGURES)
def test_fonts_are_of_7_to_9_points(name, run):
    sizes = {text.get_fontsize() for text in draw(name, run).findobj(Text) if text.get_text().strip()}
    assert sizes <= {7, 8, 9}


def test_confusion_cells_hold_pooled_counts_and_shares(run, monkeypatch):
    words = assert_legible(draw("confusion", run), monkeypatch)
    rows = run.matrix.query("`class` == 'all' and step == 'trace' and arm == 'incorrect'")
    for _, group in rows.groupby(["dataset", "model", "scorer"]):
        total = group["n"].sum()
        for count in group[CELLS].sum():
            assert f"{count:,}\n{100 * count / total:.1f} %" in words


def test_an_empty_column_makes_its_conditional_undefined(monkeypatch):
    row = {"dataset": "babi", "class": "all", "model": "m", "arm": "correct", "seed": 0, "scorer": "aligned"}
    counts = {
        "step": "trace",
        "n": 10,
        "both_ok": 0,
        "answer_only_ok": 7,
        "trace_only_ok": 0,
        "neither_ok": 3,
    }
    figure = plot_confusion(
        pd.DataFrame([row | counts]), "correct", SCORERS, Grid(["babi"], ["m"], ["correct"])
    )
    assert {"P(answer right)", "–", "70.0 %", "n = 10"} <= set(assert_legible(figure, monkeypatch))


@pytest.mark.parametrize("run", ["paper"], indirect=True)
def test_scorers_stand_side_by_side_in_their_order(run):
    figure = draw("confusion", run)
    titles = [axes.get_title() for axes in figure.axes[: 2 * len(run.grid.datasets)]]
    assert titles == SCORERS * len(run.grid.datasets)
    alone = plot_confusion(run.matrix[run.matrix["scorer"] == "aligned"], "correct", SCORERS, run.grid)
    assert [axes.get_title() for axes in alone.axes[:2]] == ["aligned scorer"] * 2


def test_an_arm_without_traces_has_no_matrix(run):
    with pytest.raises(DataError, match="no traces of arm 'none'"):
        plot_confusion(run.matrix, "none", ["aligned"], run.grid)


def test_loss_lines_are_labelled_once_a_panel(run, monkeypatch):
    words = assert_legible(draw("losses", run), monkeypatch)
    panels = run.logs.groupby(["dataset", "model"]).ngroups
    assert words.count("incorrect") == panels


def test_accuracy_names_every_baseline_with_its_value(run, monkeypatch):
    words = assert_legible(draw("accuracy", run), monkeypatch)
    assert {"majority answer", "type-consistent", "34.0", "11.8"} <= set(words)


def test_every_arm_has_a_colour_and_a_marker_of_its_own():
    styles = {name: arm_style(name) for name in ARMS}
    assert len({style.colour for style in styles.values()}) == len(styles)
    assert len({style.marker for style in styles.values()}) == len(styles)
    assert OTHER not in styles.values()
    assert len({arm_title(name) for name in ARMS}) == len(ARMS)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_spread_labels_keep_their_order_and_distance(places):
    moved = spread(places, gap=0.1, low=0, high=1)
    assert min(moved) >= -1e-9
    assert max(moved) <= 1 + 1e-9
    order = sorted(range(len(places)), key=lambda index: places[index])
    assert all(moved[b] - moved[a] >= 0.1 - 1e-9 for a, b in itertools.pairwise(order))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=5, unique=True))
def test_labels_with_room_stay_in_place(places):
    assert spread(places, gap=1, low=0, high=5) == pytest.approx(places)


def test_the_item_is_drawn_with_its_gold_facts_marked(question, monkeypatch):
    figure = plot_pipeline(question, verified(question))
    words = assert_legible(figure, monkeypatch)
    text = " ".join(words)
    assert question.question in text
    assert text.count("right ✓") == text.count("wrong ✗") == 2
    filled = [p for p in figure.axes[0].patches if type(p) is Rectangle]
    assert all(patch.get_facecolor() == filled[0].get_facecolor() for patch in filled)
    # gold facts, answer, class and facts of the decomposition, both steps of the correct trace, both targets
    assert len(filled) == len(question.gold_facts) + 1 + 2 + 2 + 2
    assert GOLD_FILL.lower() == "#" + "".join(f"{round(255 * c):02x}" for c in filled[0].get_facecolor()[:3])


def test_long_passages_are_cut_and_long_words_broken(monkeypatch):
    passage = "It costs $5 or $6 {} and so on" + " and on" * 80 + " https://example.org/" + "a" * 120
    context = tuple(passage.format(number) for number in range(10))
    question = make_question("ms_marco", context=context, gold_facts=(3,), answers=("b" * 90,))
    figure = plot_pipeline(question, verified(question), note=NOTE)
    words = assert_legible(figure, monkeypatch)
    assert any(line.endswith(" …") for line in words)
    assert "".join(words).replace("\n", "").count("b" * 20) >= 3
    assert figure.get_figheight() < PAGE_HEIGHT


def test_the_chosen_question_has_gold_facts_and_both_traces():
    plain = make_question("ms_marco", id="a", gold_facts=())
    other = make_question("ms_marco", id="b")
    test = make_question("ms_marco", id="c", split="test")
    traces = {arm: {"a": None, "b": None, "c": None} for arm in ("correct", "incorrect")}
    assert choose_question([plain, test, other], traces) is other
    with pytest.raises(DataError, match="no train question"):
        choose_question([plain, test, other], {**traces, "incorrect": {}})


def test_figures_have_the_same_bytes_at_any_hash_seed(tmp_path):
    code = (
        "import sys, pathlib\n"
        f"sys.path[:0] = {[str(ROOT / folder) for folder in ('scripts', 'tests')]}\n"
        "from support.figures import plot_all; plot_all(pathlib.Path(sys.argv[1]))"
    )
    for seed in "01":
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / seed)], check=True, env=environment)
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / s / "figures").iterdir()} for s in "01")
    assert len(first) == 5 * len(FORMATS)
    assert [name for name in first if first[name] != second[name]] == []
    for name, content in first.items():
        if name.endswith(".pdf"):
            assert b"/CreationDate" not in content
            assert b"/FontFile2" in content, "TrueType fonts are embedded"
            assert not re.search(rb"/Subtype\s*/Type3", content)


@pytest.mark.parametrize("run", ["small"], indirect=True)
def test_a_users_matplotlibrc_changes_nothing(tmp_path, run):
    save(draw_anew("accuracy", run), tmp_path / "a.pdf")
    with matplotlib.rc_context(
        {"font.size": 30, "savefig.bbox": "tight", "axes.grid": True, "savefig.dpi": 50}
    ):
        save(draw_anew("accuracy", run), tmp_path / "b.pdf")
    for kind in FORMATS:
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda figure: figure.text(0.99, 0.5, "cut off"), "'cut off' leaves the canvas"),
        (lambda figure: [figure.text(0.5, 0.5, word) for word in ("one", "two")], "'one' overlaps 'two'"),
        (lambda figure: figure.add_axes((0.1, 0.1, 0.2, 0.2)).tick_params(labelcolor="none"), "is empty"),
    ],
)
def test_what_cannot_be_read_is_found(spoil, fault, monkeypatch):
    figure = plt.figure()
    figure.text(0.1, 0.9, "fine")
    assert_legible(figure, monkeypatch)
    spoil(figure)
    with pytest.raises(AssertionError, match=fault):
        assert_legible(figure, monkeypatch)


def test_invented_people_are_a_watermark():
    real, invented = plt.figure(), plt.figure()
    write_note(real, NOTE)
    write_note(invented, "SIMULATED participants")
    assert [len(figure.texts) for figure in (real, invented)] == [1, 2]
    assert invented.texts[0].get_text() == "SIMULATED" and invented.texts[0].get_rotation() == 30


def test_an_axis_of_accuracies_names_no_impossible_number():
    axes = plt.figure().subplots()
    show_accuracies(axes, pd.DataFrame({"answer_low": [0.0], "answer_high": [0.02]}))
    ticks = list(axes.get_yticks())
    assert ticks[0] == 0 and len(ticks) > 1


@pytest.mark.parametrize("datasets", [DATASETS[:1], DATASETS[:2], DATASETS])
def test_the_longest_name_of_an_arm_fits_beside_its_loss(datasets, monkeypatch):
    longest = max(ALL_ARMS, key=lambda arm: len(arm_title(arm)))
    rows = [
        {"dataset": dataset, "model": MODELS[0], "arm": longest, "seed": "0", "step": step, "loss": 1 / step}
        for dataset in datasets
        for step in (1, 2)
    ]
    figure = plot_losses(pd.DataFrame(rows), Grid(datasets, MODELS[:1], [longest]))
    assert arm_title(longest) in assert_legible(figure, monkeypatch)


@pytest.mark.parametrize(
    ("model", "title"),
    [
        ("SmolLM2-135M-Instruct-Q4", "SmolLM2-135M-\nInstruct-Q4"),
        ("Llama-3.2-1B-Instruct", "Llama-3.2-1B-\nInstruct"),
        ("Qwen3-1.7B", "Qwen3-1.7B"),
        ("a_model_of_a_name_without_hyphens", "a_model_of_a_name_without_hyphens"),
    ],
)
def test_a_long_name_of_a_model_is_broken_behind_a_hyphen(model, title):
    assert model_title(model) == title
