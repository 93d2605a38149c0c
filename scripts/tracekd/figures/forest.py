"""Phi of every step and the answer, with its interval, against the margin that does not matter."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tracekd.core.errors import DataError
from tracekd.datasets.rows import Grid
from tracekd.figures.layout import Frame, label_below, make_panels
from tracekd.figures.style import GREY, INK, PAGE_HEIGHT, PALE, SMALL_SIZE, Keywords, arm_style, house_style
from tracekd.labels import INTERVAL, arm_title, count, dataset_title, part_titles, scorer_title, show_number
from tracekd.scoring import SCORERS

# inches: a row is one model and arm, at least so much per scorer; many rows share what a page leaves and have
# no room for numbers
ROW, SCORER, MIN_ROW = 0.28, 0.14, 0.12
# more columns have no room for numbers and reasons, which the table has too
WIDE = 3
FRAME = Frame(left=1.95, right=0.72, head=0.42, foot=0.58, row_gap=0.34, column_gap=0.24)
# letters of a reason that fit a panel; the table has them all
REASON = 34
# room that a number takes, in units of phi
NUMBER = 0.38
# of a row: what its scorers share
SPREAD = 0.76


class Side(NamedTuple):
    """How a scorer is drawn: place in its row, in rows downwards, marker, and whether that is filled."""

    place: float
    marker: str
    filled: bool


class Detail(NamedTuple):
    """What there is room for beside the markers: the values of phi, and why a table is refused."""

    numbers: bool
    reasons: bool


def _sides(scorers: Sequence[str]) -> dict[str, Side]:
    """Spread the scorers over their row, in the order in which they are known."""
    known = [SCORERS.get(name) for name in SCORERS if name in set(scorers)]
    gap = SPREAD / max(1, len(known))
    return {
        one.name: Side(gap * (place - (len(known) - 1) / 2), one.marker, one.filled)
        for place, one in enumerate(known)
    }


def plot_forest(statistics: pd.DataFrame, margin: float, grid: Grid, note: str = "") -> Figure:
    """Draw phi with its 95 % interval: datasets in rows, their steps in columns, a line per model and arm.

    Over several seeds the row `all` is drawn. A refused table shows the reason in place of a marker, where
    there is room for it.

    Args:
        statistics: as from `statistics_table`; text columns empty where there is no text.
        margin: phi within it is too small to matter; shaded.
        grid: names in config order.
        note: printed small below, for what is not real in the figure.

    """
    rows = statistics[~statistics.duplicated(["dataset", "model", "arm", "scorer", "step"], keep="last")]
    if rows.empty:
        raise DataError("no traces were scored", hint="choose an arm with a trace")
    datasets = grid.present(rows, "dataset")
    lines = {name: _lines(rows[rows["dataset"] == name], grid) for name in datasets}
    steps, sides = {name: _titles(name) for name in datasets}, _sides(rows["scorer"])
    columns = max(map(len, steps.values()))
    full = max(ROW, SCORER * len(sides))
    room = PAGE_HEIGHT - FRAME.height([0] * len(datasets), note)
    row_height = max(MIN_ROW, min(full, room / sum(map(len, lines.values()))))
    heights = [row_height * len(lines[name]) for name in datasets]
    detail = Detail(numbers=row_height == full and columns <= WIDE, reasons=columns <= WIDE)
    above: list[str] = []
    with house_style():
        figure, axes = make_panels(columns, heights, FRAME, note, sharex=True, sharey="row")
        _set_range(axes[0, 0], rows, margin, columns)
        for place, name in enumerate(datasets):
            panels, titles = axes[place], list(steps[name].values())
            for axis, step, title in zip(panels, steps[name], titles, strict=False):
                part = rows[(rows["dataset"] == name) & (rows["step"] == step)].set_index(["model", "arm"])
                _draw_panel(axis, part, lines[name], margin, sides, detail)
                if titles != above:
                    axis.set_title(f"{title}\nand answer", pad=5, linespacing=1.1)
            for number in range(len(titles), columns):
                panels[number].set_axis_off()
                if place:
                    axes[place - 1, number].tick_params(labelbottom=True)
            _write_sides(panels, name, rows[rows["dataset"] == name], lines[name], sides)
            above = titles
        label_below(axes, f"φ, {INTERVAL}")
        _write_key(figure, margin, sides)
    return figure


def _titles(dataset: str) -> dict[str, str]:
    """Name the parts of a dataset's trace."""
    return {name: title for name, title in part_titles([dataset]).items() if name != "answer"}


def _lines(rows: pd.DataFrame, grid: Grid) -> list[tuple[str, str]]:
    """Models and arms of one dataset, from top to bottom."""
    known = set(zip(rows["model"], rows["arm"], strict=True))
    return [
        (model, arm)
        for model in grid.present(rows, "model")
        for arm in grid.present(rows, "arm")
        if (model, arm) in known
    ]


def _draw_panel(
    axes: Axes,
    rows: pd.DataFrame,
    lines: list[tuple[str, str]],
    margin: float,
    sides: Mapping[str, Side],
    detail: Detail,
) -> None:
    """Draw one step of one dataset."""
    axes.axvspan(-margin, margin, color=PALE, lw=0, zorder=0)
    axes.axvline(0, color=GREY, lw=0.6, zorder=1)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for place, line in enumerate(lines):
        cells = rows.loc[[line]] if line in rows.index else rows.iloc[:0]
        refused = cells[cells["marginal_verdict"] == "refused"]
        for _, cell in cells.drop_duplicates("scorer").iterrows():
            if cell["marginal_verdict"] != "refused":
                side = sides[cell["scorer"]]
                height = place + side.place
                _draw_estimate(axes, height, cell, arm_style(line[1]).colour, side)
                if detail.numbers:
                    _write_number(axes, height, cell)
        if len(refused):
            alone = sides[refused["scorer"].iloc[0]].place if len(refused) < len(cells) else 0
            # the reason is the last remark of the note
            reasons = dict.fromkeys(refused["note"].str.split("; ").str[-1])
            words = f"refused: {' / '.join(reasons)}"
            fits = detail.reasons and len(words) <= REASON
            _write_refusal(axes, place + alone, words if fits else "refused")


def _draw_estimate(axes: Axes, place: float, cell: pd.Series, colour: str, side: Side) -> None:
    """Draw interval and marker of one scorer."""
    face = colour if side.filled else "white"
    axes.hlines(place, cell["phi_low"], cell["phi_high"], color=colour, lw=1.1, zorder=2)
    # a marker at the end of the scale is whole
    axes.plot(
        cell["phi"], place, side.marker, color=colour, mfc=face, ms=3.2, mew=0.8, zorder=3, clip_on=False
    )


def _write_refusal(axes: Axes, place: float, words: str) -> None:
    """Write that there is no phi, in the middle of the panel."""
    axes.annotate(
        words,
        (0.5, place),
        xycoords=("axes fraction", "data"),
        ha="center",
        va="center_baseline",
        size=SMALL_SIZE,
        color=GREY,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
        zorder=1.5,  # over the band, under a marker of the other scorer
    )


def _write_number(axes: Axes, place: float, cell: pd.Series) -> None:
    """Write phi beside its interval, on the side that has room."""
    left = cell["phi"] < 0 or cell["phi_high"] > axes.get_xlim()[1] - NUMBER
    axes.annotate(
        show_number(cell["phi"], 2),
        (cell["phi_low"] if left else cell["phi_high"], place),
        (-3 if left else 3, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center_baseline",
        size=SMALL_SIZE,
        color=GREY,
    )


def _set_range(axes: Axes, rows: pd.DataFrame, margin: float, columns: int) -> None:
    """Show all intervals, the band and the numbers of negative values, from -0.5 to 0.5 at least."""
    numbered = rows.loc[rows["phi"] < 0, "phi_low"].min() - NUMBER
    # every table may be refused: then there is no phi
    low = 0.25 * np.floor(np.nanmin([rows["phi_low"].min(), numbered, -margin, -0.5]) / 0.25)
    high = 0.25 * np.ceil(np.nanmax([rows["phi_high"].max(), margin, 0.5]) / 0.25)
    step = 0.5 if high - low > 1 else 0.25
    if columns > WIDE:  # narrow panels: numbers would run into each other
        step *= 2
    axes.set(xlim=(low, high), xticks=np.arange(np.ceil(low / step) * step, high + 0.01, step))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "−"))


def _write_sides(
    panels: Sequence[Axes],
    dataset: str,
    rows: pd.DataFrame,
    lines: list[tuple[str, str]],
    sides: Mapping[str, Side],
) -> None:
    """Write the lines' names to the left of a dataset's panels, and their numbers of items to the right."""
    first, last = panels[0], panels[-1]
    first.set_yticks(range(len(lines)), [f"{model}, {arm_title(arm)}" for model, arm in lines])
    head: Keywords = {"textcoords": "offset points", "va": "bottom", "annotation_clip": False}
    left = -72 * (FRAME.left - 0.06)
    first.annotate(dataset_title(dataset), (0, 1), (left, 3), "axes fraction", weight="bold", **head)
    last.annotate("n", (1, 1), (5, 3), "axes fraction", size=SMALL_SIZE, color=GREY, **head)
    for place, (model, arm) in enumerate(lines):
        sizes = rows.loc[(rows["model"] == model) & (rows["arm"] == arm), ["scorer", "n"]]
        by_scorer = [sizes.loc[sizes["scorer"] == scorer, "n"].max() for scorer in sides]
        words = " / ".join(dict.fromkeys(count(int(n)) for n in by_scorer if n == n))
        last.annotate(
            words,
            (1, place),
            (5, 0),
            ("axes fraction", "data"),
            "offset points",
            va="center_baseline",
            size=SMALL_SIZE,
            color=GREY,
        )


def _write_key(figure: Figure, margin: float, sides: Mapping[str, Side]) -> None:
    """Explain the markers and the band below the panels."""
    markers = [
        Line2D(
            [],
            [],
            color=INK,
            ms=3.2,
            mew=0.8,
            lw=1.1,
            marker=side.marker,
            mfc=INK if side.filled else "white",
            label=scorer_title(scorer),
        )
        for scorer, side in sides.items()
    ]
    handles = [*markers, Patch(color=PALE, lw=0, label=f"|φ| < {margin:g}")]
    figure.legend(
        handles=handles,
        loc="lower left",
        ncols=len(handles),
        borderaxespad=0.2,
        columnspacing=1.4,
    )
