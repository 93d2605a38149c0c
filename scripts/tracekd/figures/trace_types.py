"""What kinds of training traces are like: length, facts, readability and correctness, a row an arm."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from tracekd.figures.layout import Frame, label_size, make_panels
from tracekd.figures.style import PALE, arm_style, house_style
from tracekd.labels import arm_title, count

# inches; a row of a panel is one arm
ROW = 0.19
FRAME = Frame(left=0.98, right=0.12, head=0.24, foot=0.42, row_gap=0.3, column_gap=0.2)
# column of the table, its ends of the line, what the axis says
PANELS = (
    ("words", ("words_q1", "words_q3"), "words"),
    ("facts", ("facts_q1", "facts_q3"), "context facts mentioned"),
    ("reading_ease", ("reading_ease_q1", "reading_ease_q3"), "reading ease (Flesch)"),
    ("verified", ("verified_low", "verified_high"), "verified correct (%)"),
)
# words are shown on a logarithmic scale when the longest kind is so many times the shortest
LOGARITHMIC = 5


def plot_trace_types(types: pd.DataFrame, note: str = "") -> Figure:
    """Draw a panel a property and a row an arm, for one dataset.

    Lines are the middle half of the traces, and the 95 % interval of a share. Arms without a trace are left
    out.

    Args:
        types: rows of one dataset, as from `trace_types`.
        note: printed small below, for what is not real in the figure.

    """
    rows = types[types["words"] > 0].reset_index(drop=True)
    with house_style():
        figure, axes = make_panels(len(PANELS), [ROW * len(rows)], FRAME, note, sharey=True)
        for axis, (name, ends, title) in zip(axes[0], PANELS, strict=True):
            scale = 100 if name == "verified" else 1
            _draw_frame(axis, [arm_title(arm) for arm in rows["arm"]])
            axis.set_xlabel(title, labelpad=3)
            for place, row in rows.iterrows():
                style = arm_style(row["arm"])
                axis.hlines(place, *(scale * row[end] for end in ends), color=style.colour, lw=1.2)
                axis.plot(
                    scale * row[name], place, marker=style.marker, color=style.colour, lw=0, ms=4, mew=0
                )
            _scale_axis(axis, name, rows)
        label_size(axes[0, -1], f"n = {count(int(rows['n'].max()))} training traces an arm")
    return figure


def _scale_axis(axes: Axes, name: str, rows: pd.DataFrame) -> None:
    """Show shares from 0 to 100, and lengths that differ many times on a logarithmic scale."""
    if name == "verified":
        axes.set(xlim=(-4, 104), xticks=range(0, 101, 25))
    elif name == "words" and rows["words"].max() > LOGARITHMIC * rows["words"].min():
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.xaxis.set_minor_formatter(NullFormatter())
    elif name != "reading_ease":
        axes.set_xlim(left=0)


def _draw_frame(axes: Axes, titles: list[str]) -> None:
    """Give a panel one row an arm, from top to bottom."""
    axes.set_ylim(len(titles) - 0.4, -0.6)
    axes.set_yticks(range(len(titles)), titles)
    axes.tick_params(axis="y", length=0)
    axes.grid(color=PALE, lw=0.6)
    axes.set_axisbelow(True)
