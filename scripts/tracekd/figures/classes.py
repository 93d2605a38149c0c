"""Final-answer accuracy per class: one dot with its interval per arm."""

from math import ceil

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tracekd.datasets.rows import Grid
from tracekd.figures.layout import Frame, label_below, label_row, make_panels, mark_missing
from tracekd.figures.style import PAGE_HEIGHT, PALE, arm_style, house_style
from tracekd.labels import INTERVAL, arm_title, count_range, dataset_title, model_title, scorer_title
from tracekd.scoring import get_scorer

# inches; the arms of a class move closer together where the figure would outgrow the page
ARM, CLASS_GAP, LEGEND_LINE = 0.06, 0.09, 0.17
FRAME = Frame(left=1.72, right=0.12, head=0.38, foot=0.6, row_gap=0.12, column_gap=0.12)
NARROW_LEGEND, WIDE_LEGEND = 3, 5  # arms on a line


def plot_classes(classes: pd.DataFrame, scorer: str, grid: Grid, note: str = "") -> Figure:
    """Draw accuracy per class: datasets in rows, models in columns.

    Args:
        classes: as from `classes_table`.
        scorer: whose headline is drawn.
        grid: names in config order.
        note: printed small below, for what is not real in the figure.

    """
    rows = classes[classes["scorer"] == scorer]
    datasets, models, arms = (grid.present(rows, column) for column in ("dataset", "model", "arm"))
    labels = {dataset: list(rows.loc[rows["dataset"] == dataset, "class"].unique()) for dataset in datasets}
    columns = min(len(arms), NARROW_LEGEND if len(models) == 1 else WIDE_LEGEND)
    frame = FRAME._replace(head=FRAME.head + LEGEND_LINE * ceil(len(arms) / columns))
    heights = [len(labels[dataset]) * (len(arms) * ARM + CLASS_GAP) for dataset in datasets]
    surplus = max(0, frame.height(heights, note) - PAGE_HEIGHT)
    share = 1 - surplus / sum(heights)
    heights = [share * height for height in heights]
    with house_style():
        figure, axes = make_panels(len(models), heights, frame, note, sharex=True, sharey="row")
        for i, dataset in enumerate(datasets):
            for j, model in enumerate(models):
                panel = rows[(rows["dataset"] == dataset) & (rows["model"] == model)]
                _draw_panel(axes[i, j], panel, labels[dataset], arms)
                if i == 0:
                    axes[i, j].set_title(model_title(model), pad=5)
            sizes = rows[rows["dataset"] == dataset].groupby("class")["n"].agg(count_range)
            axes[i, 0].set_yticks(
                range(len(sizes)), [f"{label} ({sizes[label]})" for label in labels[dataset]]
            )
            label_row(axes[i, 0], dataset_title(dataset), distance=1.6)
        _draw_legend(figure, arms, columns)
        seeds = rows["seeds"].max()
        what = f"{scorer_title(scorer)}, {INTERVAL}, {seeds} seed{'s' * bool(seeds > 1)}"
        label_below(axes, f"{get_scorer(scorer).title} (%)\n{what}")
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame, labels: list[str], arms: list[str]) -> None:
    """Draw the dots of one dataset and model; classes from top to bottom, arms in order within each."""
    axes.set(xlim=(-3, 103), ylim=(len(labels) - 0.5, -0.5), xticks=range(0, 101, 25))
    for line in range(1, len(labels)):
        axes.axhline(line - 0.5, color=PALE, lw=0.6)
    axes.grid(axis="x", color=PALE, lw=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    if rows.empty:
        mark_missing(axes)
    step = ARM / (len(arms) * ARM + CLASS_GAP)
    for number, arm in enumerate(arms):
        cells, style = rows[rows["arm"] == arm], arm_style(arm)
        offset = step * (number - (len(arms) - 1) / 2)
        places = np.array([labels.index(label) + offset for label in cells["class"]])
        low, middle, high = (100 * cells[name] for name in ("score_low", "score", "score_high"))
        axes.hlines(places, low, high, color=style.colour, lw=0.8)
        axes.plot(middle, places, ls="", marker=style.marker, color=style.colour, ms=3, mew=0)


def _draw_legend(figure: Figure, arms: list[str], columns: int) -> None:
    """Name the arms above the panels: among so many dots no label finds room beside one."""
    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, ms=3.5, mew=0, lw=0.8, label=arm_title(arm))
        for arm, style in ((arm, arm_style(arm)) for arm in arms)
    ]
    figure.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 1 - 0.03 / figure.get_figheight()),
        ncols=columns,
        borderpad=0,
        borderaxespad=0,
        columnspacing=1.5,
        handletextpad=0.5,
    )
