"""Figures: no text over other text or off the canvas, numbers in the cells, the same bytes on every run."""

import itertools
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
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
from support.run_data import make_baselines, run_script, write_scores, write_training_logs
from tracekd.core.errors import DataError
from tracekd.core.records import write_records
from tracekd.datasets.rows import Grid
from tracekd.figures.accuracy import plot_accuracy
from tracekd.figures.classes import plot_classes
from tracekd.figures.confusion import plot_confusion
from tracekd.figures.layout import spread
from tracekd.figures.losses import plot_losses, read_training_logs
from tracekd.figures.pipeline import choose_question, plot_pipeline
from tracekd.figures.style import (
    COLUMN_WIDTH,
    GOLD_FILL,
    PAGE_HEIGHT,
    TEXT_WIDTH,
    arm_style,
    house_style,
    save,
)
from tracekd.labels import arm_title
from tracekd.tables.matrix import CELLS, trace_answer_matrix
from tracekd.tables.results import classes_table, results_table
from tracekd.tables.scores import read_scores
from tracekd.traces.arms import ARMS as REGISTERED
from tracekd.traces.arms import OTHER, TEACHER_ARMS
from tracekd.traces.build import build_trace

DATASETS = ["cotempqa", "ms_marco", "babi"]
MODELS = ["Llama-3.2-1B-Instruct", "Qwen3-1.7B", "Llama-3.1-8B-Instruct", "Qwen3-8B"]
ARMS = list(REGISTERED)
SCORERS = ["published", "aligned"]
# datasets, models, arms, seeds, and whether the first model lacks the last dataset
GRIDS = {
    "paper": (DATASETS, MODELS[:2], ["prompt_only", "none", "class_only", "correct", "incorrect"], 2, False),
    "large": (DATASETS, MODELS, ["prompt_only", "none", *ARMS[3:6], *TEACHER_ARMS[:3]], 3, False),
    "gap": (DATASETS[:2], MODELS[1:3], ["none", "correct", "incorrect"], 1, True),
    "small": (DATASETS[2:], MODELS[:1], ["correct", "incorrect"], 1, False),
}
NOTE = "simulated corpora, tiny models"
FIGURES = ("confusion", "losses", "classes", "accuracy")


@pytest.fixture(scope="module", params=GRIDS)
def run(request, tmp_path_factory):
    """The tables of a made-up run."""
    datasets, models, arms, seeds, gap = GRIDS[request.param]
    folder, grid = tmp_path_factory.mktemp(request.param), Grid(datasets, models, arms)
    axes = datasets, models, arms, range(seeds)
    scores = read_scores(write_scores(folder, *axes))
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


def drawn_texts(figure, monkeypatch):
    """Texts that really are drawn, with their boxes in pixels (without arrows)."""
    texts, original = [], Text.draw

    def record(text, renderer):
        if text.get_visible() and text.get_text().strip():
            texts.append((text.get_text(), Text.get_window_extent(text, renderer)))
        original(text, renderer)

    with house_style(), monkeypatch.context() as patch:
        patch.setattr(Text, "draw", record)
        figure.canvas.draw()
    return texts


def assert_legible(figure, monkeypatch):
    """Check that texts stay on the canvas and off one another."""
    texts = drawn_texts(figure, monkeypatch)
    assert texts, "nothing is drawn"
    width, height = figure.bbox.size
    for words, box in texts:
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
        assert inside, f"{words!r} leaves the canvas"
    for (one, box), (other, place) in itertools.combinations(texts, 2):
        wide = min(box.x1, place.x1) - max(box.x0, place.x0)
        tall = min(box.y1, place.y1) - max(box.y0, place.y0)
        assert wide <= 0.5 or tall <= 0.5, f"{one!r} overlaps {other!r}"
    return [words for words, _ in texts]


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
    assert {"P(answer ok)", "undef.", "70.0 %", "n = 10"} <= set(assert_legible(figure, monkeypatch))


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


def verified(question):
    """Both traces of a question as the pipeline hands them on."""
    traces = {arm: build_trace(question, arm, seed=0) for arm in ("correct", "incorrect")}
    return {
        arm: replace(trace, verdict=dict.fromkeys(("class", "facts"), arm == "correct"))
        for arm, trace in traces.items()
    }


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


def plot_all(folder: Path) -> None:
    """Write every figure of a made-up run below a folder, from the files that the rules hand on."""
    datasets, models, arms = ["babi"], MODELS[:2], ["none", "correct", "incorrect"]
    names = {"datasets": datasets, "models": models, "arms": arms, "note": NOTE}
    grid = Grid(datasets, models, arms)
    scores = read_scores(write_scores(folder, datasets, models, arms, [0, 1]))
    baselines = make_baselines(datasets)
    frames = {
        "results": results_table(scores, baselines, grid),
        "classes": classes_table(scores, grid),
        "matrix": trace_answer_matrix(scores, grid),
        "baselines": baselines,
    }
    files = {name: str(folder / f"{name}.csv") for name in frames}
    for name, frame in frames.items():
        frame.to_csv(files[name], index=False)
    files["logs"] = [str(path) for path in write_training_logs(folder, datasets, models, arms, [0, 1])]
    question = make_question("babi")
    files["questions"] = str(folder / "babi.jsonl")
    write_records([question], files["questions"])
    for arm, trace in verified(question).items():
        role = "correct" if arm == "correct" else "wrong"
        files[role] = str(folder / f"{arm}.jsonl")
        write_records([trace], files[role])
    params = names | {"arm": "correct", "scorer": "aligned", "scorers": ["aligned"]}
    for name in (*FIGURES, "pipeline"):
        outputs = {kind: str(folder / "figures" / f"{name}.{kind}") for kind in ("pdf", "png")}
        run_script(f"plot_{name}", files, outputs, params, folder / "log")


def test_figures_have_the_same_bytes_at_any_hash_seed(tmp_path):
    code = (
        "import sys, pathlib\n"
        f"sys.path[:0] = {[str(ROOT / folder) for folder in ('scripts', 'tests', 'tests/unit')]}\n"
        "from test_figures import plot_all; plot_all(pathlib.Path(sys.argv[1]))"
    )
    for seed in "01":
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / seed)], check=True, env=environment)
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / s / "figures").iterdir()} for s in "01")
    assert len(first) == 10
    assert [name for name in first if first[name] != second[name]] == []
    for name, content in first.items():
        if name.endswith(".pdf"):
            assert b"/CreationDate" not in content
            assert b"/FontFile2" in content, "TrueType fonts are embedded"
            assert not re.search(rb"/Subtype\s*/Type3", content)


@pytest.mark.parametrize("run", ["small"], indirect=True)
def test_a_users_matplotlibrc_changes_nothing(tmp_path, run):
    save(draw_anew("accuracy", run), tmp_path / "a.pdf", tmp_path / "a.png")
    with matplotlib.rc_context(
        {"font.size": 30, "savefig.bbox": "tight", "axes.grid": True, "savefig.dpi": 50}
    ):
        save(draw_anew("accuracy", run), tmp_path / "b.pdf", tmp_path / "b.png")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
