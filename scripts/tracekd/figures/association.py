"""What the association of trace and answer is made of: phi of the whole, of its steps, of copying alone."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tracekd.datasets import get_dataset
from tracekd.datasets.rows import TRACE, Grid
from tracekd.figures.layout import Frame, label_below, label_row, make_panels, mark_missing
from tracekd.figures.style import GREY, PALE, SMALL_SIZE, Keywords, arm_style, house_style
from tracekd.labels import INTERVAL, arm_title, count, dataset_title, model_title, show_number
from tracekd.tables.copying import CONTROL, associations

# inches; a line of a panel is one association, with its arms one below the other and a title of two rows
LINE, ARM, LEAST = 0.08, 0.115, 0.27
FRAME = Frame(left=1.62, right=0.32, head=0.46, foot=0.42, row_gap=0.2, column_gap=0.42)
TITLE_DISTANCE = 1.46
# letters of a line of a title
TITLE_WIDTH = 22
# more models in a row leave no room for numbers
WIDE = 2
BESIDE: Keywords = {"textcoords": "offset points", "size": SMALL_SIZE, "va": "center_baseline"}
# of phi; the axis goes on beyond 1, for the number of a marker there
TICKS = (-1, -0.5, 0, 0.5, 1)


def plot_association(copying: pd.DataFrame, grid: Grid, note: str = "") -> Figure:
    """Draw phi with its 95 % interval and n: models in columns, datasets in rows, one marker an arm and seed.

    Args:
        copying: as from `copying_table`; rows over all items.
        grid: names in config order; those without rows are left out.
        note: printed small below, for what is not real in the figure.

    """
    rows, titles = copying[copying["subset"] == "all"], _titles(grid.datasets)
    datasets, models, arms = (grid.present(rows, column) for column in ("dataset", "model", "arm"))
    # seeds lie over one another, and so would their numbers
    with_numbers = len(models) <= WIDE and rows["seed"].nunique() == 1
    line = max(LINE + ARM * len(arms), LEAST)
    lowest = rows[[f"{name}_low" for name in titles]].min(axis=None)
    with house_style():
        figure, axes = make_panels(
            len(models), [line * len(titles)] * len(datasets), FRAME, note, sharex=True, sharey=True
        )
        for i, dataset in enumerate(datasets):
            label_row(axes[i, 0], dataset_title(dataset), TITLE_DISTANCE)
            for axis, model in zip(axes[i], models, strict=True):
                panel = rows[(rows["dataset"] == dataset) & (rows["model"] == model)]
                if panel.empty:
                    axis.set_axis_off()
                    mark_missing(axis)
                else:
                    _draw_panel(axis, panel, titles, arms, ARM / line, with_numbers)
        # the lower half of phi's range is shown where it is needed
        ticks = [tick for tick in TICKS if tick >= -0.5 or lowest < -0.5]
        axes[0, 0].set(xlim=(ticks[0] - 0.05, 1.3), xticks=ticks)
        axes[0, 0].set_xticklabels([f"{tick:g}".replace("-", "−") for tick in ticks])
        for axis, model in zip(axes[0], models, strict=True):
            axis.set_title(model if len(models) <= WIDE else model_title(model), pad=5)
            if with_numbers:
                style = {"size": SMALL_SIZE, "color": GREY, "ha": "right", "va": "bottom"}
                axis.annotate("n", (1, 1), (20, 2), "axes fraction", "offset points", **style)
        _name_arms(figure, arms)
        label_below(axes, f"φ with the answer, {INTERVAL}")
    return figure


def _titles(datasets: Sequence[str]) -> dict[str, str]:
    """Name the columns of phi that are drawn, in order: the source of the answer before other steps."""
    known = associations(datasets)
    sources = dict.fromkeys(get_dataset(name).source_step for name in datasets)
    names = dict.fromkeys([TRACE, *sources, *(name for name in known if name != CONTROL)])
    return {f"phi_{name}": fill(known[name].title, TITLE_WIDTH) for name in names}


def _draw_panel(
    axes: Axes,
    rows: pd.DataFrame,
    titles: Mapping[str, str],
    arms: list[str],
    step: float,
    with_numbers: bool,
) -> None:
    """Draw the associations of one dataset and model; value and n stand at each marker."""
    axes.set_ylim(len(titles) - 0.5, -0.5)
    axes.set_yticks(range(len(titles)), titles.values())
    axes.tick_params(axis="y", length=0)
    axes.axvline(0, color=GREY, lw=0.6, zorder=1)
    for line in range(len(titles) - 1):
        axes.axhline(line + 0.5, color=PALE, lw=0.6, zorder=0)
    for place, name in enumerate(titles):
        for arm, seeds in rows.groupby("arm"):
            style, defined = arm_style(arm), seeds[seeds[name].notna()]
            height = place + step * (arms.index(arm) - (len(arms) - 1) / 2)
            if defined.empty:
                axes.annotate("undefined", (0, height), (4, 0), color=GREY, **BESIDE)
            for _, row in defined.iterrows():
                axes.hlines(height, row[f"{name}_low"], row[f"{name}_high"], color=style.colour, lw=1.2)
                axes.plot(row[name], height, marker=style.marker, color=style.colour, ms=3.8, mew=0)
                if with_numbers:
                    _write_numbers(axes, row, name, height)


def _write_numbers(axes: Axes, row: pd.Series, name: str, height: float) -> None:
    """Write phi beside its interval and n at the right of the panel."""
    value = show_number(row[name], 2)
    axes.annotate(value, (row[f"{name}_high"], height), (4, 0), **BESIDE)
    n = count(int(row[f"{name}_n"]))
    axes.annotate(
        n, (1, height), (20, 0), xycoords=axes.get_yaxis_transform(), ha="right", color=GREY, **BESIDE
    )


def _name_arms(figure: Figure, arms: list[str]) -> None:
    """Write in the upper left corner which marker is which arm."""
    width, height = figure.get_size_inches()
    handles = [
        Line2D([], [], color=arm_style(arm).colour, marker=arm_style(arm).marker, ms=3.8, mew=0, lw=1.2)
        for arm in arms
    ]
    figure.legend(
        handles,
        [arm_title(arm) for arm in arms],
        title="SFT on traces",
        title_fontsize=SMALL_SIZE,
        loc="upper left",
        bbox_to_anchor=(0.06 / width, 1 - 0.04 / height),
        borderaxespad=0,
        borderpad=0,
        handlelength=1.4,
        labelspacing=0.2,
        alignment="left",
    )
