"""Final-answer accuracy by arm, against what trivial baselines score."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tracekd.datasets.rows import Grid
from tracekd.figures.layout import (
    NOTE_HEIGHT,
    Frame,
    label_below,
    label_row,
    label_size,
    make_panels,
    mark_missing,
)
from tracekd.figures.style import GREY, INK, PALE, SMALL_SIZE, Keywords, arm_style, house_style
from tracekd.labels import (
    BASELINE_TITLES,
    INTERVAL,
    arm_title,
    dataset_title,
    model_title,
    run_size,
    scorer_title,
    show_number,
)
from tracekd.scoring import ANSWER, get_scorer

# inches; a row of a panel is one arm or baseline
ROW = 0.155
# a model name along a panel needs this height
MIN_PANEL = 0.85
FRAME = Frame(left=1.45, right=0.13, head=0.26, foot=0.45, row_gap=0.27, column_gap=0.2)
# of a title; without baselines the line of n stands between it and the panel
TITLE_PAD, SIZE_LINE = 5, 8
TITLE_DISTANCE = 1.24


def plot_accuracy(
    results: pd.DataFrame, baselines: pd.DataFrame, scorer: str, grid: Grid, note: str = ""
) -> Figure:
    """Draw accuracy per arm: datasets in columns, models in rows, the trivial baselines in the top row.

    A baseline's line runs down through the panels of its dataset; the highest one is dark.

    Args:
        results: as from `results_table`.
        baselines: as from `score_baselines`.
        scorer: whose headline is drawn.
        grid: names in config order.
        note: printed small below, for what is not real in the figure.

    """
    rows, judge = results[results["scorer"] == scorer], get_scorer(scorer)
    # baselines are of right answers: a graded score has none
    baselines = baselines if judge.headline == ANSWER else baselines.iloc[:0]
    datasets, models, arms = (grid.present(rows, column) for column in ("dataset", "model", "arm"))
    names = list(baselines["baseline"].unique())
    heights = [max(len(arms) * ROW, MIN_PANEL)] * len(models)
    heights, titles = [*[len(names) * ROW] * bool(names), *heights], list(map(model_title, models))
    pad = TITLE_PAD if names else TITLE_PAD + SIZE_LINE
    foot = FRAME.foot + NOTE_HEIGHT * bool(names)
    frame = FRAME._replace(head=FRAME.head + (pad - TITLE_PAD) / 72, foot=foot)
    with house_style():
        figure, axes = make_panels(len(datasets), heights, frame, note, sharex=True, sharey="row")
        for column, dataset in zip(axes.T, datasets, strict=True):
            levels = baselines[baselines["dataset"] == dataset].set_index("baseline")["answer_acc"] * 100
            column[0].set_title(dataset_title(dataset), pad=pad)
            if names:
                _draw_baselines(column[0], levels, names)
            for axis, model in zip(column[bool(names) :], models, strict=True):
                panel = rows[(rows["dataset"] == dataset) & (rows["model"] == model)]
                for level in levels:
                    axis.axvline(level, **_line(level == levels.max()))
                _draw_arms(axis, panel.set_index("arm"), arms)
        for axis, title in zip(axes[:, 0], ["trivial\nbaselines"] * bool(names) + titles, strict=True):
            label_row(axis, title, TITLE_DISTANCE)
        label_below(axes, f"{judge.title} (%), {scorer_title(scorer)}, {INTERVAL}")
        if names:
            _explain_lines(figure, bool(note))
    return figure


def _draw_baselines(axes: Axes, levels: pd.Series, names: list[str]) -> None:
    """Draw each baseline as a diamond with its value, on a line that goes on below."""
    _draw_frame(axes, [BASELINE_TITLES.get(name, name.replace("_", " ")) for name in names])
    if levels.empty:
        mark_missing(axes)
    for place, name in enumerate(names):
        if name not in levels:
            continue
        level = levels[name]
        axes.plot([level, level], [place, len(names) - 0.5], **_line(level == levels.max()))
        axes.plot(level, place, "d", color=GREY, ms=3.5, mew=0)
        leftwards = level > 60
        axes.annotate(
            show_number(level, 1),
            (level, place),
            (-4 if leftwards else 4, 0),
            textcoords="offset points",
            ha="right" if leftwards else "left",
            va="center_baseline",
            size=SMALL_SIZE,
            color=GREY,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
        )


def _draw_arms(axes: Axes, rows: pd.DataFrame, arms: list[str]) -> None:
    """Draw dot and interval of each arm of one dataset and model, and n above them."""
    _draw_frame(axes, [arm_title(arm) for arm in arms])
    for place, arm in enumerate(arms):
        if arm in rows.index:
            row, style = rows.loc[arm], arm_style(arm)
            axes.hlines(place, 100 * row["score_low"], 100 * row["score_high"], color=style.colour, lw=1.2)
            axes.plot(100 * row["score"], place, marker=style.marker, color=style.colour, ms=4, mew=0)
    words = run_size(rows["n"], rows["seeds"].max()) if len(rows) else "no data"
    label_size(axes, words)


def _explain_lines(figure: Figure, has_note: bool) -> None:
    """Say below the panels what the dashed lines are; the note's line stays free."""
    labels = {True: "best trivial baseline of the dataset", False: "the others"}
    figure.legend(
        handles=[Line2D([], [], **_line(highest), label=label) for highest, label in labels.items()],
        loc="lower left",
        bbox_to_anchor=(0, (0.03 + NOTE_HEIGHT * has_note) / figure.get_figheight()),
        ncols=len(labels),
        borderaxespad=0.2,
        handlelength=2.4,
        columnspacing=1.4,
    )


def _draw_frame(axes: Axes, titles: list[str]) -> None:
    """Give a panel one row per title, from top to bottom."""
    axes.set(xlim=(-3, 103), ylim=(len(titles) - 0.5, -0.5), xticks=range(0, 101, 25))
    axes.set_yticks(range(len(titles)), titles)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=PALE, lw=0.6)
    axes.set_axisbelow(True)


def _line(highest: bool) -> Keywords:
    """How the line of a baseline looks."""
    return {"color": INK if highest else GREY, "lw": 0.8 if highest else 0.5, "ls": (0, (3, 2)), "zorder": 1}
