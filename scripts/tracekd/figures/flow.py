"""Flow of participants: who sent answers, who is left out by which rule, and who stays, by condition."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tracekd.figures.layout import Frame, make_panels
from tracekd.figures.style import GREY, INK, PALE, SMALL_SIZE, arm_style, house_style
from tracekd.labels import STEP_TITLES
from tracekd.tables.estimates import show_p

# inches
ROW = 0.3
FRAME = Frame(left=1.55, right=0.55, head=0.42, foot=0.12, row_gap=0, column_gap=0.3)
# characters of a line of a title
TITLE_WIDTH = 16
BAR = 0.52
# room to the right of the longest bar for its numbers, as a share of it
ROOM = 0.75


def plot_flow(flow: pd.DataFrame, conditions: Sequence[Mapping[str, str]], note: str = "") -> Figure:
    """Draw a panel a condition and a row a step; within subjects one panel of all participants.

    The bar is who is left, its pale rest who has gone since the first step; the numbers say who is left and
    how many this step leaves out.

    Args:
        flow: as from `flow_table`.
        conditions: name, arm and title of each, from left to right.
        note: printed small below, for what is not real in the figure.

    """
    panels = [(f"_{one['name']}", one["title"], arm_style(one["arm"]).colour) for one in conditions]
    if f"left{panels[0][0]}" not in flow:
        panels = [("", "all participants", INK)]
    with house_style():
        figure, axes = make_panels(len(panels), [ROW * len(flow)], FRAME, note, sharey=True)
        for axis, (suffix, title, colour) in zip(axes[0], panels, strict=True):
            axis.set_title(fill(title, TITLE_WIDTH), loc="left", pad=6)
            _draw_panel(axis, flow[f"left{suffix}"], flow[f"excluded{suffix}"], colour)
        axes[0, 0].set_yticks(range(len(flow)), [STEP_TITLES[step] for step in flow["step"]])
        _write_tests(axes[0, -1], flow["p"])
    return figure


def _draw_panel(axes: Axes, left: pd.Series, excluded: pd.Series, colour: str) -> None:
    """Draw the bars of one condition, with their numbers."""
    sent = left.iloc[0]
    axes.set(xlim=(0, max(sent, 1) * (1 + ROOM)), ylim=(len(left) - 0.5, -0.5), xticks=[])
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.barh(range(len(left)), sent, BAR, color=PALE, lw=0)
    axes.barh(range(len(left)), left, BAR, color=colour, lw=0)
    for place, (stay, gone) in enumerate(zip(left, excluded, strict=True)):
        words = f"{stay} (−{gone})" if gone else str(stay)
        axes.annotate(
            words, (sent, place), (4, 0), textcoords="offset points", va="center_baseline", size=SMALL_SIZE
        )


def _write_tests(axes: Axes, p: pd.Series) -> None:
    """Write the p of every step beside the last panel, where there is a test."""
    if p.isna().all():
        return
    for place, value in enumerate(["p", *map(show_p, p.iloc[1:])]):
        axes.annotate(
            value,
            (1, place),
            (6, 0),
            ("axes fraction", "data"),
            "offset points",
            va="center_baseline",
            size=SMALL_SIZE,
            color=GREY,
            annotation_clip=False,
        )
