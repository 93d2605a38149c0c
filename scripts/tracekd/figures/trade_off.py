"""Does the trace that trains best also read best? Accuracy of an arm against how people rate its traces."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tracekd.core.errors import DataError
from tracekd.figures.layout import (
    Frame,
    key_mark,
    label_row,
    label_size,
    make_panels,
    mark_missing,
    show_accuracies,
    write_key,
)
from tracekd.figures.style import PALE, arm_style, house_style
from tracekd.labels import DIMENSION_TITLES, INTERVAL, model_title, run_size
from tracekd.study.scores import DIMENSIONS

# inches
PANEL = 1.25
FRAME = Frame(left=0.98, right=0.12, head=0.26, foot=0.92, row_gap=0.34, column_gap=0.3)
# of the published ratings
SCALE = (1, 5)
TITLE_DISTANCE = 0.8


def plot_trade_off(
    results: pd.DataFrame, published: pd.DataFrame, ratings: pd.DataFrame | None = None, note: str = ""
) -> Figure:
    """Draw rating against accuracy: dimensions in columns, models in rows, a mark an arm, joined by arm.

    A filled mark is the run's own study with both intervals; an open one stands at the published rating (a
    constant) and the run's own accuracy.

    Args:
        results: of one dataset and scorer, as from `results_table`.
        published: as from `read_published`.
        ratings: as from `ratings_table`, where the run has a study.
        note: printed small below, for what is not real in the figure.

    """
    ratings = published.iloc[:0] if ratings is None else ratings
    rated = {*ratings["arm"], *published["arm"]}
    rows = results[results["arm"].isin(rated)]
    if rows.empty:
        raise DataError("no arm of the run has a rating", hint=f"choose arms from {', '.join(sorted(rated))}")
    models = list(rows["model"].unique())
    with house_style():
        figure, axes = make_panels(
            len(DIMENSIONS), [PANEL] * len(models), FRAME, note, sharex=True, sharey=True
        )
        for panels, model in zip(axes, models, strict=True):
            accuracies = rows[rows["model"] == model].set_index("arm")
            for axis, dimension in zip(panels, DIMENSIONS, strict=True):
                _draw_frame(axis, rows)
                own, constants = (
                    table[(table["dimension"] == dimension) & table["arm"].isin(accuracies.index)].set_index(
                        "arm"
                    )
                    for table in (ratings, published)
                )
                _draw_panel(axis, accuracies, own, constants)
            label_row(panels[0], model_title(model), TITLE_DISTANCE)
            label_size(panels[-1], run_size(accuracies["n"], int(accuracies["seeds"].max())))
        for axis, dimension in zip(axes[0], DIMENSIONS, strict=True):
            axis.set_title(DIMENSION_TITLES[dimension], pad=5)
        for axis in axes[-1]:
            axis.set_xlabel("rating, {} to {}".format(*SCALE), labelpad=3)
        for axis in axes[:, 0]:
            axis.set_ylabel("accuracy (%)", labelpad=2)
        write_key(figure, list(rows["arm"].unique()), _kinds(len(ratings) > 0))
    return figure


def _draw_panel(axes: Axes, accuracies: pd.DataFrame, own: pd.DataFrame, constants: pd.DataFrame) -> None:
    """Draw the arms of one model and dimension, each with its name."""
    if own.empty and constants.empty:
        mark_missing(axes)
    for arm in accuracies.index:
        accuracy, style = (
            100 * accuracies.loc[arm, ["answer_acc", "answer_low", "answer_high"]],
            arm_style(arm),
        )
        if arm in own.index:
            rating = own.loc[arm]
            axes.hlines(accuracy.iloc[0], rating["low"], rating["high"], color=style.colour, lw=1)
            axes.vlines(rating["mean"], *accuracy.iloc[1:], color=style.colour, lw=1)
            axes.plot(
                rating["mean"], accuracy.iloc[0], marker=style.marker, color=style.colour, lw=0, ms=5, mew=0
            )
        if arm in constants.index:
            value = constants.loc[arm, "value"]
            if arm not in own.index:
                axes.vlines(value, *accuracy.iloc[1:], color=style.colour, lw=0.8)
            axes.plot(
                value,
                accuracy.iloc[0],
                marker=style.marker,
                lw=0,
                color=style.colour,
                mfc="white",
                ms=5,
                mew=0.9,
                zorder=3,
            )


def _draw_frame(axes: Axes, rows: pd.DataFrame) -> None:
    """Show the whole scale and all accuracies of the figure."""
    low, high = SCALE
    axes.set(xlim=(low - 0.15, high + 0.15), xticks=range(low, high + 1))
    show_accuracies(axes, rows)
    axes.grid(color=PALE, lw=0.6)
    axes.set_axisbelow(True)


def _kinds(has_own: bool) -> list[Line2D]:
    """Explain filled and open marks."""
    own = [key_mark(f"this run's study, {INTERVAL}s", filled=True)] if has_own else []
    return [*own, key_mark("published rating (constant) and this run's accuracy", filled=False)]
