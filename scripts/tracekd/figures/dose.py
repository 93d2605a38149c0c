"""Accuracy against the share of correct training traces, and beside it that of each other kind of trace."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tracekd.datasets.rows import Grid
from tracekd.figures.layout import Frame, label_row, make_panels, mark_missing
from tracekd.figures.style import GREY, INK, PALE, SMALL_SIZE, Keywords, arm_style, house_style
from tracekd.labels import INTERVAL, arm_title, dataset_title, model_title, run_size, show_percent

# inches
PANEL = 1.45
FRAME = Frame(left=0.85, right=0.13, head=0.52, foot=0.82, row_gap=0.42, column_gap=0.2)
TITLE_DISTANCE = 0.66
# of the change point
BAND = "#E9E2F1"
# place of the first kind on the axis of shares in %, and the distance between two
FIRST_KIND, KIND = 122, 14


def plot_dose(
    dose: pd.DataFrame, trend: pd.DataFrame, contrasts: pd.DataFrame, scorer: str, grid: Grid, note: str = ""
) -> Figure:
    """Draw a panel a model (rows) and dataset (columns): curve of the mixed arms, a point for each other.

    The curve is dark where a share differs from the next one (Holm over the steps); a band marks the change
    point, if there is one.

    Args:
        dose: arms, as from `dose_tables`.
        trend: trends, as from `dose_tables`.
        contrasts: steps between shares, as from `dose_tables`.
        scorer: `published` or `aligned`.
        grid: names in config order.
        note: printed small below, for what is not real in the figure.

    """
    rows = dose[dose["scorer"] == scorer]
    datasets, models = (grid.present(rows, column) for column in ("dataset", "model"))
    kinds = grid.present(rows[rows["share"].isna()], "arm")
    with house_style():
        figure, axes = make_panels(
            len(datasets), [PANEL] * len(models), FRAME, note, sharex=True, sharey=True
        )
        for column, dataset in zip(axes.T, datasets, strict=True):
            column[0].set_title(dataset_title(dataset), pad=23)
            for panel, model in zip(column, models, strict=True):
                cell = (rows["dataset"] == dataset) & (rows["model"] == model)
                names = {"scorer": scorer, "dataset": dataset, "model": model}
                lines, steps = (
                    table[(table[list(names)] == pd.Series(names)).all(axis=1)]
                    for table in (trend, contrasts)
                )
                _draw_panel(panel, rows[cell], lines, kinds)
                _mark_steps(panel, rows[cell], steps)
        for panel, model in zip(axes[:, 0], models, strict=True):
            panel.set_ylabel(f"accuracy (%), {INTERVAL}", size=SMALL_SIZE)
            label_row(panel, model_title(model), TITLE_DISTANCE)
        for panel in axes[-1]:
            _write_below(panel, kinds)
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame, trend: pd.DataFrame, kinds: list[str]) -> None:
    """Draw curve and points of one dataset and model; slope and n stand above."""
    end = FIRST_KIND + KIND * (len(kinds) - 0.5) if kinds else 105
    axes.set_xlim(-6, end)
    axes.grid(axis="y", color=PALE, lw=0.6)
    axes.set_axisbelow(True)
    if rows.empty:
        mark_missing(axes)
        return
    places = {arm: FIRST_KIND + KIND * number for number, arm in enumerate(kinds)}
    curve = rows[rows["share"].notna()].sort_values("share")
    axes.plot(100 * curve["share"], 100 * curve["answer_acc"], color=GREY, lw=0.9, zorder=1)
    axes.fill_between(
        100 * curve["share"],
        100 * curve["answer_low"],
        100 * curve["answer_high"],
        color=PALE,
        lw=0,
        zorder=0,
    )
    for _, row in rows.iterrows():
        style, place = arm_style(row["arm"]), places.get(row["arm"], 100 * row["share"])
        axes.vlines(place, 100 * row["answer_low"], 100 * row["answer_high"], color=style.colour, lw=1.1)
        marker = "o" if row["arm"] not in places else style.marker
        axes.plot(place, 100 * row["answer_acc"], marker=marker, color=style.colour, ms=4, mew=0)
    if kinds:
        axes.axvline((100 + FIRST_KIND) / 2, color=GREY, lw=0.5, ls=(0, (2, 2)))
    above: Keywords = {
        "xycoords": "axes fraction",
        "textcoords": "offset points",
        "va": "bottom",
        "size": SMALL_SIZE,
    }
    for _, row in trend.iterrows():
        value, low, high = (show_percent(row[f"slope{part}"]) for part in ("", "_low", "_high"))
        axes.annotate(f"slope {value} [{low}, {high}] points", (0, 1), (0, 11), color=INK, **above)
    words = run_size(rows["n"], rows["seeds"].max())
    axes.annotate(words, (0, 1), (0, 2), color=GREY, **above)


def _mark_steps(axes: Axes, rows: pd.DataFrame, steps: pd.DataFrame) -> None:
    """Draw the steps that differ dark, and a band at the change point."""
    height = rows.dropna(subset=["share"]).set_index("share")["answer_acc"]
    for _, step in steps.iterrows():
        ends = [step["from_share"], step["to_share"]]
        if step["differs"]:
            axes.plot([100 * end for end in ends], 100 * height[ends], color=INK, lw=1.3, zorder=1.5)
        if step["change_point"]:
            axes.axvspan(*(100 * end for end in ends), color=BAND, lw=0, zorder=-1)


def _write_below(axes: Axes, kinds: list[str]) -> None:
    """Write the shares, what they are, and the names of the other kinds."""
    shares = [0, 25, 50, 75, 100]
    places = [FIRST_KIND + KIND * number for number in range(len(kinds))]
    axes.set_xticks([*shares, *places], [*map(str, shares), *map(arm_title, kinds)])
    for label in axes.get_xticklabels()[len(shares) :]:
        label.set_rotation(90)
    axes.annotate(
        "share of correct\ntraces (%)",
        (50, 0),
        (0, -17),
        axes.get_xaxis_transform(),
        "offset points",
        ha="center",
        va="top",
        linespacing=1.1,
    )
