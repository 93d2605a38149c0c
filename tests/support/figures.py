"""Figures of made-up runs: which, whether they can be read, and all of them at once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.axis import Axis
from matplotlib.spines import Spine
from matplotlib.text import Text
from tracekd.core.records import write_records
from tracekd.datasets.rows import Grid
from tracekd.figures.layout import WATERMARK
from tracekd.figures.style import FORMATS, house_style
from tracekd.tables.matrix import trace_answer_matrix
from tracekd.tables.results import classes_table, results_table
from tracekd.tables.scores import read_scores
from tracekd.traces.arms import ARMS as REGISTERED
from tracekd.traces.arms import TEACHER_ARMS
from tracekd.traces.build import build_trace

from support.examples import make_question
from support.run_data import make_baselines, run_script, write_scores, write_training_logs

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
# of which one job draws several
SEVERAL = ("confusion", "classes", "accuracy")


def drawn_texts(figure, monkeypatch):
    """Texts that really are drawn, with their boxes in pixels (without arrows)."""
    texts, original = [], Text.draw

    def record(text, renderer):
        if text.get_visible() and text.get_text().strip() and text.get_gid() != WATERMARK:
            texts.append((text.get_text(), Text.get_window_extent(text, renderer)))
        original(text, renderer)

    with house_style(), monkeypatch.context() as patch:
        patch.setattr(Text, "draw", record)
        figure.draw_without_rendering()
    return texts


def find_empty_panels(figure):
    """Panels that show axes, but nothing in them: no mark, no line, no word."""
    return [axes for axes in figure.axes if axes.axison and not any(list_content(axes))]


def list_content(axes):
    """Tell of everything in a panel but its frame, axes and titles whether it shows anything."""
    frame = (axes.patch, axes.title, axes._left_title, axes._right_title)
    for artist in axes.get_children():
        if artist not in frame and not isinstance(artist, Spine | Axis):
            yield artist.get_visible() and (not isinstance(artist, Text) or bool(artist.get_text()))


def assert_legible(figure, monkeypatch):
    """Check that texts stay on the canvas and off one another, and that no panel is empty."""
    assert not find_empty_panels(figure), "a panel is empty"
    texts = drawn_texts(figure, monkeypatch)
    assert texts, "nothing is drawn"
    words = [text for text, _ in texts]
    left, low, right, high = np.array([box.extents for _, box in texts]).T
    width, height = figure.bbox.size
    outside = (left < 0) | (low < 0) | (right > width) | (high > height)
    assert not outside.any(), f"{words[outside.argmax()]!r} leaves the canvas"
    wide = np.minimum.outer(right, right) - np.maximum.outer(left, left)
    tall = np.minimum.outer(high, high) - np.maximum.outer(low, low)
    for one, other in np.argwhere(np.triu((wide > 0.5) & (tall > 0.5), k=1)):
        raise AssertionError(f"{words[one]!r} overlaps {words[other]!r}")
    return words


def verified(question):
    """Both traces of a question as the pipeline hands them on."""
    traces = {arm: build_trace(question, arm, seed=0) for arm in ("correct", "incorrect")}
    return {
        arm: replace(trace, verdict=dict.fromkeys(("class", "facts"), arm == "correct"))
        for arm, trace in traces.items()
    }


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
    params = names | {"shown": ["correct"], "scorers": ["aligned"]}
    for name in (*FIGURES, "pipeline"):
        outputs = {kind: str(folder / "figures" / f"{name}.{kind}") for kind in FORMATS}
        if name in SEVERAL:
            outputs = {kind: [file] for kind, file in outputs.items()}
        run_script(f"plot_{name}", files, outputs, params, folder / "log")
