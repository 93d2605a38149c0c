"""Interpretability and cognitive load by condition: participants, mean with interval, published numbers."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tracekd.figures.layout import Frame, explain_marks, make_panels
from tracekd.figures.style import GREY, INK, PALE, SMALL_SIZE, arm_style, house_style
from tracekd.labels import DIMENSION_TITLES, INTERVAL, show_number
from tracekd.study.scores import DIMENSIONS, participant_means

# inches
ROW = 0.5
FRAME = Frame(left=1.45, right=0.2, head=0.3, foot=0.68, row_gap=0.3, column_gap=0.45)
# participants are spread over this share of a row, above the mean
CLOUD = 0.34
# width of a mean with its n, as a share of the panel
LABEL = 0.34


def plot_conditions(
    table: pd.DataFrame,
    ratings: pd.DataFrame,
    conditions: list[dict[str, str]],
    scale: tuple[int, int],
    note: str = "",
) -> Figure:
    """Draw a panel a dimension and a row a condition.

    Args:
        table: as from `ratings_table`.
        ratings: as from `responses_table`, after exclusions.
        conditions: name, arm and title of each, from top to bottom.
        scale: lowest and highest rating.
        note: printed small below, for what is not real in the figure.

    """
    with house_style():
        figure, axes = make_panels(2, [ROW * len(conditions)], FRAME, note, sharey=True)
        for axis, dimension in zip(axes[0], DIMENSIONS, strict=True):
            rows = table[table["dimension"] == dimension].set_index("condition")
            means = participant_means(
                ratings[ratings["dimension"] == dimension], [condition["name"] for condition in conditions]
            )
            _draw_frame(axis, [condition["title"] for condition in conditions], scale)
            axis.set_title(DIMENSION_TITLES[dimension], pad=6)
            for place, condition in enumerate(conditions):
                if condition["name"] in rows.index:
                    _draw_condition(
                        axis, place, rows.loc[condition["name"]], means[condition["name"]].dropna()
                    )
        _write_below(figure, axes[0], scale, note)
    return figure


def _draw_condition(axes: Axes, place: int, row: pd.Series, means: pd.Series) -> None:
    """Draw the participants as a cloud, mean and interval below it, the published number and n."""
    style = arm_style(row["arm"])
    values = np.sort(means.to_numpy())
    # equal means stand above one another
    heights = pd.Series(values).round(1).pipe(lambda bins: bins.groupby(bins).cumcount()).to_numpy()
    step = CLOUD / max(heights.max(), 6)
    axes.plot(values, place - 0.08 - heights * step, ".", color=style.colour, ms=2.6, mew=0, alpha=0.55)
    below = place + 0.1
    axes.hlines(below, row["low"], row["high"], color=style.colour, lw=1.4)
    axes.plot(row["mean"], below, "o", color=style.colour, ms=4, mew=0)
    if not pd.isna(row["published"]):
        axes.plot(row["published"], place + 0.29, "d", color=INK, mfc="white", ms=4, mew=0.8)
    point, side = _place_label(row, below, axes.get_xlim())
    axes.annotate(
        f"{show_number(row['mean'], 2)} (n = {row['n_participants']})",
        point,
        (-6 if side == "right" else 6, -1),
        textcoords="offset points",
        ha=side,
        va="center_baseline",
        size=SMALL_SIZE,
        color=GREY,
    )


def _place_label(
    row: pd.Series, below: float, limits: tuple[float, float]
) -> tuple[tuple[float, float], str]:
    """Point of a row's label and the side on which it touches it.

    Beside the interval where there is more room; with no room, at the panel's edge under it, away from the
    published number.
    """
    first, last = limits
    # the mean alone where there is no interval
    low, high = np.fmin(row["low"], row["mean"]), np.fmax(row["high"], row["mean"])
    if max(low - first, last - high) > LABEL * (last - first):
        return ((low, below), "right") if low - first > last - high else ((high, below), "left")
    under = below + 0.2
    return ((last, under), "right") if row["published"] < (first + last) / 2 else ((first, under), "left")


def _draw_frame(axes: Axes, titles: list[str], scale: tuple[int, int]) -> None:
    """Give a panel one row a condition, from top to bottom, over the whole scale."""
    low, high = scale
    axes.set(xlim=(low - 0.1, high + 0.1), ylim=(len(titles) - 0.55, -0.55), xticks=range(low, high + 1))
    axes.set_yticks(range(len(titles)), titles)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=PALE, lw=0.6)
    axes.set_axisbelow(True)


def _write_below(figure: Figure, axes: np.ndarray, scale: tuple[int, int], note: str) -> None:
    """Explain axis and marks."""
    for axis in axes:
        axis.set_xlabel(f"mean rating, {scale[0]} to {scale[1]}", labelpad=3)
    handles = [
        Line2D([], [], color=INK, marker="o", ms=4, mew=0, lw=1.4, label=f"mean, {INTERVAL}"),
        Line2D([], [], color=GREY, marker=".", ms=4, mew=0, lw=0, label="a participant's mean"),
        Line2D([], [], color=INK, marker="d", mfc="white", ms=4, mew=0.8, lw=0, label="published (constant)"),
    ]
    explain_marks(figure, handles, note)
