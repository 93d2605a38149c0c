"""Does the longer or the truer trace train better? Accuracy of an arm against what its traces are like."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation, Transform

from tracekd.figures.layout import Frame, label_row, label_size, make_panels, write_key
from tracekd.figures.style import INK, PALE, arm_style, house_style
from tracekd.labels import model_title, run_size
from tracekd.tables.order import Grid
from tracekd.tables.trace_types import ALL, KEPT

# inches
PANEL = 1.35
FRAME = Frame(left=0.98, right=0.12, head=0.26, foot=0.92, row_gap=0.34, column_gap=0.3)
TITLE_DISTANCE = 0.8
# column of the table, factor, what the axis says
AXES = (
    ("words", 1, "words of a training trace, mean"),
    ("verified", 100, "training traces verified correct (%)"),
)
# marks of the kept questions stand this many points beside those of all
ASIDE = 3.5


def plot_trace_value(
    value: pd.DataFrame, types: pd.DataFrame, scorer: str, grid: Grid, note: str = ""
) -> Figure:
    """Draw a column a property and a row a model, a mark an arm, for one dataset.

    Filled: on all test questions. Open, a little to the right: on those that the teacher answered rightly.

    Args:
        value: rows of one dataset, as from `trace_value`.
        types: rows of one dataset, as from `trace_types`.
        scorer: `published` or `aligned`.
        grid: names in config order.
        note: printed small below, for what is not real in the figure.

    """
    rows = value[value["scorer"] == scorer].merge(types[["arm", "words", "verified"]], on="arm")
    models, arms = grid.present(rows, "model"), grid.present(rows, "arm")
    with house_style():
        figure, axes = make_panels(len(AXES), [PANEL] * len(models), FRAME, note, sharex="col", sharey=True)
        for panels, model in zip(axes, models, strict=True):
            shown = rows[rows["model"] == model]
            for axis, (name, factor, _) in zip(panels, AXES, strict=True):
                _draw_panel(axis, shown, factor * shown[name])
            label_row(panels[0], model_title(model), TITLE_DISTANCE)
            panels[0].set_ylabel("accuracy (%), 95 % CI", labelpad=2)
            n = shown.groupby("questions")["n"].max()
            words = f"{run_size(n[ALL], shown['seeds'].max())}; kept {n.get(KEPT, 0):,}"
            label_size(panels[-1], words)
        for axis, (_, _, title) in zip(axes[-1], AXES, strict=True):
            axis.set_xlabel(title, labelpad=3)
        axes[0, 1].set(xlim=(-5, 105), xticks=range(0, 101, 25))
        write_key(figure, arms, _kinds())
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame, places: pd.Series) -> None:
    """Draw the arms of one model."""
    axes.grid(color=PALE, lw=0.6)
    axes.set_axisbelow(True)
    for (_, row), place in zip(rows.iterrows(), places, strict=True):
        if np.isnan(place):
            continue
        style, kept = arm_style(row["arm"]), row["questions"] == KEPT
        values = 100 * row[["answer_acc", "answer_low", "answer_high"]].astype(float)
        below, above = values.iloc[0] - values.iloc[1], values.iloc[2] - values.iloc[0]
        axes.errorbar(
            place,
            values.iloc[0],
            [[below], [above]],
            marker=style.marker,
            color=style.colour,
            mfc="white" if kept else style.colour,
            ms=4.5,
            mew=0.9 if kept else 0,
            elinewidth=0.7 if kept else 1.1,
            transform=axes.transData + _shift(axes, ASIDE * kept),
        )


def _shift(axes: Axes, points: float) -> Transform:
    """Move marks to the right, in points, whatever the axis shows."""
    return ScaledTranslation(points / 72, 0, axes.figure.dpi_scale_trans)


def _kinds() -> list[Line2D]:
    """Explain filled and open marks."""
    dot = {"color": INK, "marker": "o", "ms": 4.5, "lw": 0}
    return [
        Line2D([], [], **dot, mew=0, label="all test questions"),
        Line2D([], [], **dot, mfc="white", mew=0.9, label="questions that the teacher answered rightly"),
    ]
