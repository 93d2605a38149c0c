"""Diverging stacked bars of every question: how many gave each point of the scale, by condition."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from tracekd.figures.layout import NOTE_HEIGHT, Frame, make_panels
from tracekd.figures.style import GREY, INK, SMALL_SIZE, Keywords, house_style
from tracekd.labels import DIMENSION_TITLES, count, show_number
from tracekd.study.scores import DIMENSIONS

# inches: a line is a bar or the name of a question
LINE = 0.155
FRAME = Frame(left=1.5, right=0.45, head=0.26, foot=0.66, row_gap=0.3, column_gap=0.5)
BAR = 0.74
# brown to green (ColorBrewer BrBG): told apart without colour vision
COLOURS = matplotlib.colormaps["BrBG"]
COLOUR_RANGE = (0.12, 0.88)
# of the middle point: the map's own is too pale for paper
MIDDLE = matplotlib.colors.to_rgba("#D6D6D6")

Question = Mapping[str, Any]
Condition = Mapping[str, str]


def plot_likert(
    table: pd.DataFrame,
    questions: Sequence[Question],
    conditions: Sequence[Condition],
    labels: Sequence[str],
    note: str = "",
) -> Figure:
    """Draw a panel a dimension: its questions one below the other, a bar a condition, the middle point at 0.

    Args:
        table: as from `questions_table`; points of questions that are worded the other way are turned round.
        questions: name, dimension, facet, reversed and own scale of each, from top to bottom.
        conditions: name and title of each, from top to bottom.
        labels: what the points of the scale are called, from low to high.
        note: printed small below, for what is not real in the figure.

    """
    by_dimension = {
        dimension: [question for question in questions if question["dimension"] == dimension]
        for dimension in DIMENSIONS
    }
    lines = max(map(len, by_dimension.values())) * (len(conditions) + 1)
    rows = table.set_index(["question", "condition"])
    shares = rows.filter(regex=r"^n_\d+$").pipe(lambda counts: 100 * counts.div(counts.sum(axis=1), axis=0))
    with house_style():
        figure, axes = make_panels(2, [lines * LINE], FRAME, note, sharey=True)
        for axis, (dimension, asked) in zip(axes[0], by_dimension.items(), strict=True):
            axis.set_title(DIMENSION_TITLES[dimension], pad=6)
            _draw_frame(axis, lines, asked, conditions)
            for block, question in enumerate(asked):
                for line, condition in enumerate(conditions, start=1):
                    key = question["name"], condition["name"]
                    if key in rows.index:
                        place = block * (len(conditions) + 1) + line
                        _draw_bar(axis, place, shares.loc[key].to_numpy(), int(rows.loc[key, "n_ratings"]))
        titles = [condition["title"] for condition in conditions]
        places = [place for place in range(lines) if place % (len(titles) + 1)]
        axes[0, 0].set_yticks(places, titles * (len(places) // len(titles)))
        _write_key(figure, labels, note)
    return figure


def _draw_bar(axes: Axes, place: float, shares: np.ndarray, n: int) -> None:
    """Draw one bar, and the shares below and above the middle point beside it."""
    below, above = _sides(shares)
    left = -below.sum()
    for share, colour in zip(shares, _colours(len(shares)), strict=True):
        axes.barh(place, share, BAR, left, color=colour, lw=0)
        left += share
    words: Keywords = {
        "va": "center_baseline",
        "size": SMALL_SIZE,
        "color": GREY,
        "textcoords": "offset points",
    }
    axes.annotate(show_number(_outer(shares).sum(), 0), (-below.sum(), place), (-3, 0), ha="right", **words)
    axes.annotate(
        show_number(_outer(shares[::-1]).sum(), 0), (above.sum(), place), (3, 0), ha="left", **words
    )
    axes.annotate(
        count(n), (1, place), (4, 0), ("axes fraction", "data"), ha="left", **words, annotation_clip=False
    )


def _sides(shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares on either side of 0; those of the middle point, if there is one, stand half on each."""
    middle = shares[len(shares) // 2 : len(shares) // 2 + len(shares) % 2] / 2
    return np.append(_outer(shares), middle), np.append(_outer(shares[::-1]), middle)


def _outer(shares: np.ndarray) -> np.ndarray:
    """Shares of the lower points, without the middle one."""
    return shares[: len(shares) // 2]


def _colours(n: int) -> np.ndarray:
    """A colour a point, from low to high."""
    colours = COLOURS(np.linspace(*COLOUR_RANGE, n))
    colours[n // 2 : n // 2 + n % 2] = MIDDLE
    return colours


def _draw_frame(
    axes: Axes, lines: int, questions: Sequence[Question], conditions: Sequence[Condition]
) -> None:
    """Give a panel a line a question's name and one for each condition under it."""
    block = len(conditions) + 1
    # room for the shares that stand beside the longest bars
    axes.set(xlim=(-118, 118), ylim=(lines - 0.5, -0.5), xticks=range(-100, 101, 50))
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.vlines(0, -0.5, len(questions) * block - 0.5, color=GREY, lw=0.6, zorder=0)
    for number, question in enumerate(questions):
        words = f"{question['facet']}{', turned round' if question['reversed'] else ''}"
        if question["scale"]:  # which the key below does not have
            words += f" ({question['scale']['labels'][0]} – {question['scale']['labels'][-1]})"
        axes.annotate(
            words,
            (0.5, number * block),
            xycoords=("axes fraction", "data"),
            ha="center",
            va="center_baseline",
            color=INK,
            size=SMALL_SIZE,
            weight="bold",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )
    axes.annotate(
        "n", (1, 1), (4, 4), "axes fraction", "offset points", size=SMALL_SIZE, color=GREY, va="bottom"
    )
    axes.set_xlabel("% of ratings, middle point halved at 0", labelpad=3)


def _write_key(figure: Figure, labels: Sequence[str], note: str) -> None:
    """Name the points of the scale below the panels."""
    handles = [
        Patch(color=colour, lw=0, label=f"{point} {label}".strip())
        for point, (colour, label) in enumerate(zip(_colours(len(labels)), labels, strict=True), start=1)
    ]
    height = NOTE_HEIGHT / figure.get_figheight() if note else 0  # a long note needs a line of its own
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, height),
        ncols=len(labels),
        borderaxespad=0.2,
        columnspacing=1.2,
        handlelength=1.0,
    )
