"""Figures 2 and 3: is the answer right when the trace is? One 2x2 matrix per model, dataset and scorer."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tracekd.core.errors import DataError
from tracekd.datasets.rows import ALL, Grid
from tracekd.figures.layout import Frame, label_row, make_panels, mark_missing
from tracekd.figures.style import GREY, INK, SMALL_SIZE, TEXT_SIZE, arm_shades, house_style
from tracekd.labels import RIGHT, WRONG, count, dataset_title, model_title, scorer_title, show_share
from tracekd.tables.matrix import conditionals, pool_seeds

# inches
PANEL = 0.84
FRAME = Frame(left=1.02, right=0.1, head=0.5, foot=0.76, row_gap=0.84, column_gap=0.16)
# points below a matrix: the share of right answers in each of its columns, and n
SHARES_BELOW, SIZE_BELOW = 22, 35
# more matrices than this in a row leave no room for the larger print
WIDE = 4


def plot_confusion(
    matrix: pd.DataFrame, arm: str, scorers: Sequence[str], grid: Grid, note: str = ""
) -> Figure:
    """Draw the matrices of one SFT arm: models in rows, datasets in columns, scorers side by side in each.

    Counts of all seeds are pooled. Below each column of a matrix stands P(answer right | column).

    Args:
        matrix: as from `trace_answer_matrix`.
        arm: arm whose whole traces are judged.
        scorers: in the order in which they stand; those without any row of the arm are left out.
        grid: names in config order; those without any row of the arm are left out.
        note: printed small below, for what is not real in the figure.

    Raises DataError when no scorer has judged a trace of the arm.

    """
    rows = matrix[(matrix["class"] == ALL) & (matrix["step"] == "trace")]
    rows = pool_seeds(rows[(rows["arm"] == arm) & rows["scorer"].isin(scorers)])
    if rows.empty:
        raise DataError(
            f"no traces of arm {arm!r} were scored by {' or '.join(map(repr, scorers))}",
            hint="choose an arm with both steps",
        )
    models, datasets = grid.present(rows, "model"), grid.present(rows, "dataset")
    scorers = [scorer for scorer in scorers if scorer in set(rows["scorer"])]
    cells = rows.set_index(["model", "dataset", "scorer"])
    columns = [(dataset, scorer) for dataset in datasets for scorer in scorers]
    with house_style():
        figure, axes = make_panels(len(columns), [PANEL] * len(models), FRAME, note)
        for i, model in enumerate(models):
            label_row(axes[i, 0], model_title(model), distance=0.86)
            _write_below(axes[i, 0], f"P(answer {RIGHT})", -0.02, SHARES_BELOW, ha="right")
            for axis, column in zip(axes[i], columns, strict=True):
                if (model, *column) in cells.index:
                    size = TEXT_SIZE if len(columns) <= WIDE else SMALL_SIZE
                    _draw_panel(axis, cells.loc[(model, *column)], arm, size)
                else:
                    mark_missing(axis)
                    axis.set(xticks=[], yticks=[])
                    axis.spines[:].set_visible(False)
                if axis is not axes[i, 0]:
                    axis.set_yticks([])
        for axis, (_, scorer) in zip(axes[0], columns, strict=True):
            axis.set_title(scorer_title(scorer) if len(columns) <= WIDE else scorer, pad=3, size=SMALL_SIZE)
        for place, dataset in enumerate(datasets):
            first = place * len(scorers)
            _head_group(figure, axes[0, first], axes[0, first + len(scorers) - 1], dataset_title(dataset))
    return figure


def _draw_panel(axes: Axes, row: pd.Series, arm: str, size: float) -> None:
    """Draw one matrix with its counts, and the conditionals and n under it."""
    counts = np.array([[row["both_ok"], row["answer_only_ok"]], [row["trace_only_ok"], row["neither_ok"]]])
    # the range ends beyond 1, so that a full cell is pale enough for the figures in it
    axes.pcolormesh(
        counts / row["n"], vmin=0, vmax=1.5, cmap=arm_shades(arm), edgecolors="white", linewidth=1
    )
    for (line, column), cell in np.ndenumerate(counts):
        words = f"{count(int(cell))}\n{show_share(cell / row['n'])}"
        axes.text(column + 0.5, line + 0.5, words, ha="center", va="center", size=size)
    axes.set_xticks([0.5, 1.5], [f"trace\n{RIGHT}", f"trace\n{WRONG}"])
    axes.set_yticks([0.5, 1.5], [f"answer\n{RIGHT}", f"answer\n{WRONG}"])
    axes.tick_params(length=0, pad=2)
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    for place, share in zip((0.25, 0.75), conditionals(row), strict=True):
        _write_below(axes, show_share(share), place, SHARES_BELOW, size=size)
    pooled = f"\n({row['seeds']} seeds pooled)" if row["seeds"] > 1 else ""
    _write_below(axes, f"n = {count(row['n'])}{pooled}", 0.5, SIZE_BELOW, color=GREY)


def _write_below(
    axes: Axes,
    words: str,
    place: float,
    distance: float,
    ha: str = "center",
    size: float = SMALL_SIZE,
    color: str = INK,
) -> None:
    """Write below a panel, `distance` points away, at a place along its width."""
    axes.annotate(
        words,
        (place, 0),
        (0, -distance),
        "axes fraction",
        "offset points",
        ha=ha,
        va="top",
        size=size,
        color=color,
        linespacing=1.25,
    )


def _head_group(figure: Figure, first: Axes, last: Axes, title: str) -> None:
    """Write the dataset over its scorers, with a rule that spans them."""
    left, right = first.get_position().x0, last.get_position().x1
    height = figure.get_figheight()
    top = first.get_position().y1 + 0.19 / height
    figure.add_artist(Line2D([left, right], [top, top], color=GREY, lw=0.6))
    figure.text((left + right) / 2, top + 0.05 / height, title, ha="center", va="bottom")
