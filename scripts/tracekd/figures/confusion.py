"""Figures 2 and 3: is the answer right when the trace is? One 2x2 matrix per model and dataset."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tracekd.errors import DataError
from tracekd.figures.layout import Frame, label_row, make_panels, mark_missing
from tracekd.figures.style import SMALL_SIZE, arm_style, house_style
from tracekd.labels import count, dataset_title, model_title
from tracekd.tables.matrix import conditionals, pool_seeds
from tracekd.tables.order import ALL, Grid

# inches
PANEL = 0.92
FRAME = Frame(left=0.88, right=0.1, head=0.26, foot=0.68, row_gap=0.78, column_gap=0.2)


def plot_confusion(matrix: pd.DataFrame, arm: str, scorer: str, grid: Grid, note: str = "") -> Figure:
    """Draw the matrices of one SFT arm: models in rows, datasets in columns, seeds pooled.

    Args:
        matrix: as from `trace_answer_matrix`.
        arm: arm whose whole traces are judged.
        scorer: `published` or `aligned`.
        grid: names in config order; those without any row of the arm are left out.
        note: printed small below, for what is not real in the figure.

    """
    rows = matrix[(matrix["class"] == ALL) & (matrix["step"] == "trace")]
    rows = pool_seeds(rows[(rows["arm"] == arm) & (rows["scorer"] == scorer)])
    if rows.empty:
        raise DataError(
            f"no traces of arm {arm!r} were scored by {scorer!r}", hint="choose an arm with both steps"
        )
    models, datasets = grid.present(rows, "model"), grid.present(rows, "dataset")
    cells = rows.set_index(["model", "dataset"])
    with house_style():
        figure, axes = make_panels(len(datasets), [PANEL] * len(models), FRAME, note)
        for i, model in enumerate(models):
            label_row(axes[i, 0], model_title(model), distance=0.68)
            for j, dataset in enumerate(datasets):
                if (model, dataset) in cells.index:
                    _draw_panel(axes[i, j], cells.loc[(model, dataset)], arm)
                else:
                    mark_missing(axes[i, j])
                    axes[i, j].set(xticks=[], yticks=[])
                    axes[i, j].spines[:].set_visible(False)
                if j > 0:
                    axes[i, j].set_yticks([])
                if i == 0:
                    axes[i, j].set_title(dataset_title(dataset), pad=5)
    return figure


def _draw_panel(axes: Axes, row: pd.Series, arm: str) -> None:
    """Draw one matrix with its counts, and the conditionals and n under it."""
    counts = np.array([[row["both_ok"], row["answer_only_ok"]], [row["trace_only_ok"], row["neither_ok"]]])
    shades = sns.light_palette(arm_style(arm).colour, as_cmap=True)
    # the range ends beyond 1, so that a full cell is pale enough for the figures in it
    axes.pcolormesh(counts / row["n"], vmin=0, vmax=1.5, cmap=shades, edgecolors="white", linewidth=1)
    for (line, column), cell in np.ndenumerate(counts):
        words = f"{count(int(cell))}\n{100 * cell / row['n']:.1f} %"
        axes.text(column + 0.5, line + 0.5, words, ha="center", va="center")
    axes.set_xticks([0.5, 1.5], ["trace ok", "trace wrong"])
    axes.set_yticks([0.5, 1.5], ["answer\nok", "answer\nwrong"])
    axes.tick_params(length=0, pad=2)
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    pooled = f" ({row['seeds']} seeds pooled)" if row["seeds"] > 1 else ""
    given_ok, given_wrong = map(_percent, conditionals(row))
    axes.annotate(
        f"P(answer ok | trace ok) {given_ok}\n"
        f"P(answer ok | trace wrong) {given_wrong}\n"
        f"n = {count(row['n'])}{pooled}",
        (0.5, 0),
        (0, -15),
        "axes fraction",
        "offset points",
        ha="center",
        va="top",
        size=SMALL_SIZE,
        linespacing=1.25,
    )


def _percent(share: float | None) -> str:
    """Write a conditional share."""
    return "undefined" if share is None else f"= {100 * share:.1f} %"
