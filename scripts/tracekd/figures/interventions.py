"""Answers after traces that were set from outside: how often they follow, and how often they are right."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tracekd.core.errors import DataError
from tracekd.datasets.rows import Grid
from tracekd.figures.layout import Frame, label_below, make_panels
from tracekd.figures.style import GREY, INK, PALE, SMALL_SIZE, arm_style, house_style
from tracekd.interventions.prefills import condition_title
from tracekd.labels import INTERVAL, OUTCOME_TITLES, arm_title, count, dataset_title
from tracekd.tables.estimates import add_share

FRAME = Frame(left=0.86, right=0.42, head=0.87, foot=0.38, row_gap=0.5, column_gap=0.5)
MOST_COLUMNS = 3
# inches that one condition takes
LINE = 0.16
# share of a condition's line by which the two markers stand off its middle
APART = 0.18
# what is drawn: column of the count, column of its total, where it stands
MARKS = (("follows", "tellable", -APART), ("true", "n", APART))
COUNTS = ["n", "tellable", "true", "follows"]


def plot_interventions(
    table: pd.DataFrame, dataset: str, conditions: Sequence[str], grid: Grid, note: str = ""
) -> Figure:
    """Draw one panel a model and arm: both shares for each condition, with 95 % Wilson intervals.

    Filled: the answer is the one that the trace implies, of the items where this is wrong; their
    number stands at the right. Open: the answer is right, of all items. Seeds are pooled; the interval is at
    the mean n of a seed, for seeds answer the same items.

    Args:
        table: as from `interventions_table`.
        dataset: to draw.
        conditions: in the order in which to draw them.
        grid: names in config order.
        note: printed small below, for what is not real in the figure.

    Raises DataError when the dataset has no rows.

    """
    rows = table[table["dataset"] == dataset]
    if rows.empty:
        raise DataError(f"no interventions on {dataset!r}", hint="delete the table and run again")
    pooled = _pool(rows)
    told = bool(pooled["tellable"].any())
    cells = [
        (model, arm)
        for model in grid.present(rows, "model")
        for arm in grid.present(rows[rows["model"] == model], "arm")
    ]
    columns = min(len(grid.present(rows, "arm")), MOST_COLUMNS)
    heights = [LINE * (len(conditions) + 0.4)] * -(-len(cells) // columns)
    with house_style():
        figure, axes = make_panels(columns, heights, FRAME, note, sharex=True, sharey=True)
        for panel in axes.flat[len(cells) :]:
            panel.set_axis_off()
        for panel, (model, arm) in zip(axes.flat, cells, strict=False):
            _draw(panel, pooled.loc[model, arm], arm, conditions, told)
            words = f"{model}\nSFT on {arm_title(arm)} traces"
            panel.set_title(words, loc="left", pad=3, linespacing=1.15, size=SMALL_SIZE)
            panel.tick_params(labelbottom=True)
        _write_head(figure, dataset_title(dataset), told, int(pooled["n"].max()))
        label_below(axes, f"share of answers (%), {INTERVAL}")
    return figure


def _pool(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up the counts of all seeds, by model, arm and condition; shares with their intervals in %."""
    groups = rows.groupby(["model", "arm", "condition"], sort=False)
    pooled = groups[COUNTS].sum().assign(seeds=groups["seed"].nunique())
    for name, total, _ in MARKS:
        pooled = add_share(pooled, name, total, pooled["seeds"])
    shares = pooled.filter(like="_share").columns
    return pooled.assign(**100 * pooled[shares])


def _draw(axes: Axes, rows: pd.DataFrame, arm: str, conditions: Sequence[str], told: bool) -> None:
    """Draw one adapter, and, where following can be told from being right, of how many items it is."""
    style = arm_style(arm)
    axes.set(xlim=(-3, 103), ylim=(len(conditions) - 0.3, -0.7), xticks=range(0, 101, 25))
    axes.set_yticks(range(len(conditions)), [condition_title(name) for name in conditions])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=PALE, lw=0.6)
    axes.set_axisbelow(True)
    for place, condition in enumerate(conditions):
        if condition not in rows.index:
            continue
        row = rows.loc[condition]
        for (name, total, shift), fill in zip(MARKS, (style.colour, "white"), strict=True):
            if row[total]:
                y = place + shift
                axes.hlines(y, row[f"{name}_share_low"], row[f"{name}_share_high"], color=style.colour, lw=1)
                axes.plot(
                    row[f"{name}_share"],
                    y,
                    "o",
                    mfc=fill,
                    mec=style.colour,
                    mew=0.9,
                    ms=3.6,
                    clip_on=False,
                    zorder=3,
                )
        if not told:
            continue
        axes.annotate(
            count(int(row["tellable"])),
            (1, place),
            (3, 0),
            axes.get_yaxis_transform(),
            "offset points",
            va="center_baseline",
            color=GREY,
            size=SMALL_SIZE,
        )


def _write_head(figure: Figure, dataset: str, told: bool, n: int) -> None:
    """Write what the markers mean, and of how many items they are."""
    left, height = 0.06 / figure.get_figwidth(), figure.get_figheight()
    lines = [("○", f"{OUTCOME_TITLES['true']} (of up to n = {count(n)})")]
    if told:
        lines.insert(0, ("●", f"{OUTCOME_TITLES['follows']} (of n at the right)"))
    else:
        lines.append(("", "facts of this dataset imply no answer by themselves"))
    lines.insert(0, ("", dataset))
    for number, (mark, words) in enumerate(lines):
        y = 1 - (0.06 + 0.15 * number) / height
        figure.text(left, y, mark, va="top", color=INK, size=SMALL_SIZE)
        beside = 0 if words == dataset else 0.12 / figure.get_figwidth()
        figure.text(left + beside, y, words, va="top", size=SMALL_SIZE)
