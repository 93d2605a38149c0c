"""Grids of panels measured in inches, and the words around them."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tracekd.figures.style import COLUMN_WIDTH, GREY, INK, SMALL_SIZE, TEXT_WIDTH, arm_style
from tracekd.labels import arm_title

Sharing = bool | Literal["row", "col"]

# height of the note on what is not real, inches
NOTE_HEIGHT = 0.15
# what a note says of invented people, and the name of the text that says it across the figure
SIMULATED, WATERMARK = "SIMULATED", "watermark"
# arms on a line of a key
KEY_ARMS = 8
# accuracies are shown from and to a multiple of this, in %
STEP = 10


class Frame(NamedTuple):
    """Room around and between panels."""

    left: float
    right: float
    head: float
    foot: float
    row_gap: float
    column_gap: float

    def height(self, panels: Sequence[float], note: str) -> float:
        """Height of a figure with rows of these heights."""
        gaps = (len(panels) - 1) * self.row_gap
        return self.head + sum(panels) + gaps + self.foot + NOTE_HEIGHT * bool(note)


def make_panels(
    columns: int,
    heights: Sequence[float],
    frame: Frame,
    note: str,
    *,
    sharex: Sharing = False,
    sharey: Sharing = False,
    width_ratios: Sequence[float] | None = None,
) -> tuple[Figure, np.ndarray]:
    """Make a figure of one column's or the text's width with rows of panels of given heights.

    `note` says in the lower right corner what is not real in the figure; the rest is as in matplotlib.
    Returns the figure and a two-dimensional array of axes.
    """
    width, height = COLUMN_WIDTH if columns == 1 else TEXT_WIDTH, frame.height(heights, note)
    panel_width = (width - frame.left - frame.right - (columns - 1) * frame.column_gap) / columns
    figure, axes = plt.subplots(
        len(heights),
        columns,
        figsize=(width, height),
        squeeze=False,
        height_ratios=heights,
        width_ratios=width_ratios,
        sharex=sharex,
        sharey=sharey,
    )
    figure.subplots_adjust(
        left=frame.left / width,
        right=1 - frame.right / width,
        top=1 - frame.head / height,
        bottom=(frame.foot + NOTE_HEIGHT * bool(note)) / height,
        hspace=frame.row_gap * len(heights) / sum(heights),
        wspace=frame.column_gap / panel_width,
    )
    if note:
        write_note(figure, note)
    return figure, axes


def write_note(figure: Figure, note: str) -> None:
    """Say in the lower right corner what is not real in the figure; invented people are a watermark, too."""
    if SIMULATED in note:
        figure.text(
            *(0.5, 0.5, SIMULATED),
            size=figure.get_figwidth() * 8,
            rotation=30,
            ha="center",
            va="center",
            color=GREY,
            alpha=0.15,
            weight="bold",
            gid=WATERMARK,
        )
    place = (1 - 0.03 / figure.get_figwidth(), 0.03 / figure.get_figheight())
    figure.text(*place, note, ha="right", va="bottom", size=SMALL_SIZE, color=GREY)


def label_row(axes: Axes, title: str, distance: float) -> None:
    """Write a title along the left side of a row's first panel, `distance` inches away."""
    axes.annotate(
        title,
        (0, 0.5),
        (-72 * distance, 0),
        "axes fraction",
        "offset points",
        rotation=90,
        ha="center",
        va="center",
        linespacing=1.1,
    )


def label_size(axes: Axes, words: str) -> None:
    """Say above a panel's right end how many items and seeds stand behind it."""
    axes.annotate(
        words,
        (1, 1),
        (0, 2),
        "axes fraction",
        "offset points",
        ha="right",
        va="bottom",
        size=SMALL_SIZE,
        color=GREY,
    )


def key_lines(arms: Sequence[str]) -> list[Sequence[str]]:
    """Part the arms into the lines of a key."""
    return [arms[start : start + KEY_ARMS] for start in range(0, len(arms), KEY_ARMS)]


def write_key(figure: Figure, arms: Sequence[str], kinds: Sequence[Line2D]) -> None:
    """Name the arms below the panels, and under them the kinds of marks; the note's line stays free."""
    lines = [
        [
            Line2D([], [], color=style.colour, marker=style.marker, ms=5, mew=0, lw=0, label=arm_title(arm))
            for arm in part
            if (style := arm_style(arm))
        ]
        for part in key_lines(arms)
    ]
    line = NOTE_HEIGHT / figure.get_figheight()
    for number, handles in enumerate([list(kinds), *reversed(lines)], start=1):
        figure.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0, number * line),
            ncols=len(handles),
            borderaxespad=0,
            columnspacing=1.4,
            handlelength=1,
        )


def explain_marks(figure: Figure, marks: Sequence[Line2D], note: str) -> None:
    """Explain marks in one line at the foot; a long note needs a line of its own below them."""
    height = NOTE_HEIGHT / figure.get_figheight() if note else 0
    figure.legend(
        handles=marks,
        loc="lower left",
        bbox_to_anchor=(0, height),
        ncols=len(marks),
        borderaxespad=0.2,
        columnspacing=1.4,
    )


def key_mark(label: str, *, filled: bool) -> Line2D:
    """A mark of no arm in particular, for a key that explains filled and open ones."""
    face = {"mew": 0} if filled else {"mfc": "white", "mew": 0.9}
    return Line2D([], [], color=INK, marker="o", ms=4.5, lw=0, label=label, **face)


def show_accuracies(axes: Axes, rows: pd.DataFrame) -> None:
    """Let a vertical axis in % hold all accuracies of a table with their intervals."""
    lowest, highest = 100 * rows["answer_low"].min(), 100 * rows["answer_high"].max()
    low, high = STEP * np.floor((lowest - 2) / STEP), STEP * np.ceil((highest + 2) / STEP)
    # room for marks at the ends of the scale, but no impossible numbers
    axes.set_ylim(max(low, -4), min(high, 104))
    possible = max(low, 0), min(high, 100)
    axes.set_yticks([tick for tick in axes.get_yticks() if possible[0] <= tick <= possible[1]])


def label_below(axes: np.ndarray, title: str) -> None:
    """Write one axis title below the lowest row of panels, in their middle if the canvas is wide enough."""
    first, last = axes[-1, 0].get_position(), axes[-1, -1].get_position()
    figure = axes[0, 0].figure
    height = figure.get_figheight()
    text = figure.text((first.x0 + last.x1) / 2, first.y0 - 0.24 / height, title, ha="center", va="top")
    excess = text.get_window_extent().x1 / figure.bbox.width - 0.99
    text.set_x(text.get_position()[0] - max(0, excess))


def mark_missing(axes: Axes) -> None:
    """Write into a panel without data that there are no data of such a combination."""
    axes.text(
        0.5, 0.5, "no data", transform=axes.transAxes, ha="center", va="center", color=GREY, size=SMALL_SIZE
    )


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move label places apart to at least `gap` within [low, high], keeping their order and staying close.

    Pool adjacent violators: labels that would overlap become one block around their mean place.
    """
    order = sorted(range(len(places)), key=lambda index: places[index])
    blocks: list[tuple[float, int]] = []  # sum of its members' wished starts, number of members
    for rank, index in enumerate(order):
        total, size = places[index] - rank * gap, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / size:
            before = blocks.pop()
            total, size = total + before[0], size + before[1]
        blocks.append((total, size))
    last_start = max(low, high - (len(places) - 1) * gap)
    starts = [min(max(total / size, low), last_start) for total, size in blocks for _ in range(size)]
    moved = dict(zip(order, (start + rank * gap for rank, start in enumerate(starts)), strict=True))
    return [moved[index] for index in range(len(places))]
