"""Tasks of a study by condition: share of right answers with interval beside chance, and d′ for mistakes."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tracekd.core.errors import DataError
from tracekd.figures.layout import Frame, explain_marks, make_panels
from tracekd.figures.style import GREY, INK, PALE, SMALL_SIZE, arm_style, house_style
from tracekd.labels import INTERVAL, TASK_TITLES, show_number

# inches
ROW = 0.34
FRAME = Frame(left=1.45, right=0.62, head=0.3, foot=0.66, row_gap=0, column_gap=0.72)
# half the height of the mark of chance, as a share of a row
CHANCE = 0.36


def plot_study_tasks(table: pd.DataFrame, conditions: Sequence[Mapping[str, str]], note: str = "") -> Figure:
    """Draw a panel a task and a row a condition.

    Args:
        table: as from `tasks_table`, of one analysis.
        conditions: name, arm and title of each, from top to bottom.
        note: printed small below, for what is not real in the figure.

    """
    kinds = list(dict.fromkeys(table["task"]))
    if not kinds:
        raise DataError("nobody has answered a task", where="responses of the study", hint="set tasks: []")
    with house_style():
        figure, axes = make_panels(len(kinds), [ROW * len(conditions)], FRAME, note, sharey=True)
        for axis, kind in zip(axes[0], kinds, strict=True):
            _draw_frame(axis, TASK_TITLES[kind], [one["title"] for one in conditions])
            rows = table[table["task"] == kind].set_index("condition")
            for place, condition in enumerate(conditions):
                if condition["name"] in rows.index:
                    _draw_condition(
                        axis, place, rows.loc[condition["name"]], arm_style(condition["arm"]).colour
                    )
        _write_key(figure, note)
    return figure


def _draw_condition(axes: Axes, place: int, row: pd.Series, colour: str) -> None:
    """Draw share, interval and chance in %, and write n and d′ beside the panel."""
    axes.vlines(100 * row["chance"], place - CHANCE, place + CHANCE, color=GREY, lw=0.9, ls=(0, (2, 1.5)))
    axes.hlines(place, 100 * row["low"], 100 * row["high"], color=colour, lw=1.4)
    axes.plot(100 * row["right"], place, "o", color=colour, ms=4, mew=0)
    words = f"n = {row['n_participants']}"
    if not pd.isna(row["d_prime"]):
        words += f"\nd′ = {show_number(row['d_prime'], 2)}"
    axes.annotate(
        words,
        (1, place),
        (5, 0),
        ("axes fraction", "data"),
        "offset points",
        va="center",
        size=SMALL_SIZE,
        color=GREY,
        annotation_clip=False,
    )


def _draw_frame(axes: Axes, title: str, titles: list[str]) -> None:
    """Give a panel one row a condition, from top to bottom, over all shares."""
    axes.set(xlim=(-3, 103), ylim=(len(titles) - 0.5, -0.5), xticks=range(0, 101, 25))
    axes.set_title(title, pad=6)
    axes.set_xlabel("right, %", labelpad=3)
    axes.set_yticks(range(len(titles)), titles)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=PALE, lw=0.6)
    axes.set_axisbelow(True)


def _write_key(figure: Figure, note: str) -> None:
    """Explain the marks."""
    handles = [
        Line2D([], [], color=INK, marker="o", ms=4, mew=0, lw=1.4, label=f"right, {INTERVAL}"),
        Line2D([], [], color=GREY, lw=0.9, ls=(0, (2, 1.5)), label="chance"),
    ]
    explain_marks(figure, handles, note)
