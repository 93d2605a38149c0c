"""Does the answer follow the trace? Beside each 2x2 matrix, answers after traces that imply a wrong one."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tracekd.core.errors import DataError
from tracekd.datasets.rows import ALL, Grid
from tracekd.figures.layout import NOTE_HEIGHT, write_note
from tracekd.figures.style import (
    GREY,
    INK,
    PALE,
    SMALL_SIZE,
    TEXT_WIDTH,
    Keywords,
    arm_shades,
    arm_style,
    house_style,
)
from tracekd.labels import (
    INTERVAL,
    OUTCOME_TITLES,
    RIGHT,
    WRONG,
    arm_title,
    count,
    dataset_title,
    model_title,
    run_size,
    scorer_title,
    show_number,
    show_share,
)
from tracekd.tables.matrix import conditionals, pool_seeds

# inches: places of the two panels of a row and of the words left of them
MATRIX, DOTS = (1.74, 0.98), (3.52, 2.64)
MODEL_AT, ARM_AT = 0.17, 0.4
HEAD, FOOT = 0.74, 0.42
# height of a row of panels and the gap below it, with classes and without: more rows leave no room for them
WITH_CLASSES, WITHOUT = (0.7, 0.34), (0.36, 0.3)
MOST_WITH_CLASSES = 8
# the classes stand a little apart from the lines of all items
CLASS_GAP = 0.35
# that a value takes, in % of the axis
ROOM = 18
# marker of the baseline
BASELINE: Keywords = {"color": INK, "mfc": "white", "mec": INK, "mew": 0.9}


def plot_follow_rate(
    matrix: pd.DataFrame, follow: pd.DataFrame, scorer: str, grid: Grid, note: str = ""
) -> Figure:
    """Draw one row per dataset, model and arm: the matrix of trace and answer, and the shares.

    The shares are of the items whose trace names wrong facts that imply a wrong answer: the answer is the
    implied one (filled), or it is right all the same (open); and the answer of the same model without traces
    is the implied one (bar). Shares and their limits are means over seeds, for seeds answer the same items.

    Args:
        matrix: as from `trace_answer_matrix`.
        follow: as from `follow_table`; a dataset without rows is left out, unless none has any.
        scorer: that fills the matrices.
        grid: names in config order.
        note: printed small below, for what is not real in the figure.

    Raises DataError when the scorer has judged no trace.

    """
    keys = ["dataset", "model", "arm"]
    rows = matrix[(matrix["class"] == ALL) & (matrix["step"] == "trace") & (matrix["scorer"] == scorer)]
    if rows.empty:
        raise DataError(f"no traces were scored by {scorer!r}", hint="choose an arm with both steps")
    told = rows["dataset"].isin(follow["dataset"])
    rows = grid.sort(pool_seeds(rows[told | ~told.any()]), keys)
    height, gap = WITH_CLASSES if len(rows) <= MOST_WITH_CLASSES else WITHOUT
    shares = _pool(follow if len(rows) <= MOST_WITH_CLASSES else follow[follow["class"] == ALL])
    foot = FOOT + NOTE_HEIGHT * bool(note)
    total = HEAD + len(rows) * height + (len(rows) - 1) * gap + foot
    with house_style():
        figure = plt.figure(figsize=(TEXT_WIDTH, total))
        panels = []
        for place, row in rows.iterrows():
            bottom = (total - HEAD - (place + 1) * height - place * gap) / total
            boxes = [
                (left / TEXT_WIDTH, bottom, width / TEXT_WIDTH, height / total)
                for left, width in (MATRIX, DOTS)
            ]
            panels.append([figure.add_axes(box) for box in boxes])
            _draw_matrix(panels[-1][0], row)
            key = shares[(shares[keys] == row[keys]).all(axis=1)]
            _draw_shares(panels[-1][1], key, row["arm"], last=place == len(rows) - 1)
            figure.text(
                ARM_AT / TEXT_WIDTH,
                bottom + height / total / 2,
                f"SFT on\n{arm_title(row['arm'])}\ntraces",
                va="center",
                color=arm_style(row["arm"]).colour,
                size=SMALL_SIZE,
                linespacing=1.15,
            )
        _name_models(figure, rows, panels)
        with_baseline = bool(shares["baseline_share"].notna().any())
        names = [dataset_title(name) for name in rows["dataset"].unique()]
        head = "trace and answer," if len(names) > 1 else f"{names[0]}, trace and answer,"
        _write_heads(figure, panels[0], f"{head}\n{scorer_title(scorer)}", with_baseline)
        axis_place = panels[-1][1].get_position()
        centre = (axis_place.x0 + axis_place.x1) / 2
        below = axis_place.y0 - 0.23 / total
        figure.text(centre, below, f"share of answers (%), {INTERVAL}", ha="center", va="top")
        if note:
            write_note(figure, note)
    return figure


def _pool(follow: pd.DataFrame) -> pd.DataFrame:
    """Add up the items of all seeds, and give the means of their shares and limits in %."""
    by = ["dataset", "model", "arm", "class"]
    shares = [
        f"{name}_share{end}" for name in ("follows", "true", "baseline") for end in ("", "_low", "_high")
    ]
    groups = follow.groupby(by, as_index=False, sort=False)
    table = groups.agg(n=("n", "sum"), **{name: (name, "mean") for name in shares})
    return table.assign(**100 * table[shares])


def _draw_matrix(axes: Axes, row: pd.Series) -> None:
    """Draw one matrix in % of its items, and P(answer right) of each column below it."""
    counts = np.array([[row["both_ok"], row["answer_only_ok"]], [row["trace_only_ok"], row["neither_ok"]]])
    axes.pcolormesh(
        counts / row["n"], vmin=0, vmax=1.5, cmap=arm_shades(row["arm"]), edgecolors="white", linewidth=1
    )
    for (line, column), cell in np.ndenumerate(counts):
        words = show_share(cell / row["n"])
        axes.text(column + 0.5, line + 0.5, words, ha="center", va="center", size=SMALL_SIZE)
    below = list(map(show_share, conditionals(row)))
    axes.set_xticks([0.5, 1.5], below)
    axes.set_yticks([0.5, 1.5], [f"answer {RIGHT}", WRONG])
    axes.tick_params(length=0, pad=2)
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    style: Keywords = {"textcoords": "offset points", "size": SMALL_SIZE, "va": "top"}
    axes.annotate(f"P(answer {RIGHT})", (0, 2), (-2, -2.6), ha="right", **style)
    axes.annotate(f"n = {count(row['n'])}", (2, 2), (4, -2.6), ha="left", color=GREY, **style)


def _draw_shares(axes: Axes, rows: pd.DataFrame, arm: str, last: bool) -> None:
    """Draw the shares of each class with interval and n; the values of all items stand at their markers.

    Below all items stands the baseline with a line of its own; in the classes a tick marks it.
    """
    colour, whole = arm_style(arm).colour, rows["class"] == ALL
    own_line = bool(rows.loc[whole, "baseline_share"].notna().any())
    places = [index + (CLASS_GAP + own_line) * (index > 0) for index in range(len(rows))]
    labels = ["all items" if label == ALL else label for label in rows["class"]]
    axes.set(xlim=(-2, 102), ylim=(max(places, default=0) + 0.55, -0.55), xticks=range(0, 101, 25))
    axes.set_yticks([*places, *[1] * own_line], [*labels, *["no trace"] * own_line])
    if own_line and len(rows) == 1:
        axes.set_ylim(1.55, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelbottom=last)
    axes.grid(axis="x", color=PALE, lw=0.6)
    axes.set_axisbelow(True)
    for place, (_, row) in zip(places, rows.iterrows(), strict=True):
        of_all = row["class"] == ALL
        for name, fill in (("follows", colour), ("true", "white")):
            share = row[f"{name}_share"]
            axes.hlines(
                place,
                row[f"{name}_share_low"],
                row[f"{name}_share_high"],
                color=colour,
                lw=1.4 if of_all else 0.9,
            )
            axes.plot(
                share, place, "o", mfc=fill, mec=colour, mew=0.9, ms=4.6 if of_all else 3.2, clip_on=False
            )
        if of_all:
            _write_values(axes, row, place)
            if own_line:
                _draw_baseline(axes, row)
        else:
            axes.plot(row["baseline_share"], place, "|", color=INK, mew=0.9, ms=5, clip_on=False)
        words = run_size([row["n"]], 1) if of_all else count(row["n"])
        axes.annotate(
            words,
            (1, place),
            (42, 0),
            axes.get_yaxis_transform(),
            "offset points",
            size=SMALL_SIZE,
            color=GREY,
            va="center_baseline",
            ha="right",
        )
    if rows.empty:
        axes.text(
            50,
            0,
            "no trace names wrong facts that imply an answer",
            ha="center",
            va="center",
            color=GREY,
            size=SMALL_SIZE,
        )


def _draw_baseline(axes: Axes, row: pd.Series) -> None:
    """Draw what the same model without traces does on these items, one line below them."""
    low, high = row["baseline_share_low"], row["baseline_share_high"]
    axes.hlines(1, low, high, color=INK, lw=1.4)
    axes.plot(row["baseline_share"], 1, "D", ms=3.8, clip_on=False, **BASELINE)
    if max(100 - high, low) <= ROOM:
        return  # the interval fills the axis
    end, align, shift = (high, "left", 5) if 100 - high > ROOM else (low, "right", -5)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
    style: Keywords = {"ha": align, "va": "center_baseline", "size": SMALL_SIZE, "bbox": box}
    words = f"{show_number(row['baseline_share'], 1)} %"
    axes.annotate(words, (end, 1), (shift, 0), textcoords="offset points", **style)


def _write_values(axes: Axes, row: pd.Series, place: float) -> None:
    """Write both values beside their intervals, none where these fill the axis."""
    names = sorted(("follows", "true"), key=lambda name: row[f"{name}_share"])
    (low, left_end), (right_end, high) = (
        (row[f"{name}_share_low"], row[f"{name}_share_high"]) for name in names
    )
    between, before, behind = right_end - left_end, low > ROOM, 100 - high > ROOM
    if between > ROOM and behind:
        ends = ((left_end, "left"), (high, "left"))
    elif before and behind:
        ends = ((low, "right"), (high, "left"))
    elif between > ROOM and before:
        ends = ((low, "right"), (right_end, "right"))
    elif between > 2 * ROOM:
        ends = ((left_end, "left"), (right_end, "right"))
    else:
        return
    for name, (end, align) in zip(names, ends, strict=True):
        axes.annotate(
            f"{show_number(row[f'{name}_share'], 1)} %",
            (end, place),
            (5 if align == "left" else -5, 0),
            textcoords="offset points",
            ha=align,
            va="center_baseline",
            size=SMALL_SIZE,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
        )


def _name_models(figure: Figure, rows: pd.DataFrame, panels: list[list[Axes]]) -> None:
    """Write each model, and the dataset if there are several, along its rows."""
    several = rows["dataset"].nunique() > 1
    for (dataset, model), group in rows.groupby(["dataset", "model"], sort=False):
        first, last = (panels[place][0].get_position() for place in (group.index[0], group.index[-1]))
        title = f"{dataset_title(dataset)}\n{model}" if several else model_title(model)
        figure.text(
            MODEL_AT / TEXT_WIDTH, (first.y1 + last.y0) / 2, title, rotation=90, ha="center", va="center"
        )


def _write_heads(figure: Figure, panels: list[Axes], title: str, with_baseline: bool) -> None:
    """Write above the first row what the two columns show, with the meaning of the markers."""
    matrix, dots = (axes.get_position() for axes in panels)
    total = figure.get_figheight()
    head = panels[0].secondary_xaxis("top")
    head.set_xticks([0.5, 1.5], [f"trace {RIGHT}", WRONG])
    head.tick_params(length=0, pad=1)
    head.spines[:].set_visible(False)
    figure.text((matrix.x0 + matrix.x1) / 2, matrix.y1 + 0.2 / total, title, ha="center", va="bottom")
    words = "Where the trace implies a wrong answer:"
    figure.text(dots.x0, dots.y1 + 0.52 / total, words, va="bottom")
    marks = [("●", OUTCOME_TITLES["follows"], 0.0, 0.31), ("○", OUTCOME_TITLES["true"], 1.5, 0.31)]
    if with_baseline:
        marks.append(("◇", f"{OUTCOME_TITLES['baseline']}, same model and items", 0.0, 0.12))
    for mark, words, shift, line in marks:
        x, y = dots.x0 + shift / TEXT_WIDTH, dots.y1 + line / total
        figure.text(x, y, mark, va="bottom", color=INK)
        figure.text(x + 0.13 / TEXT_WIDTH, y, words, va="bottom", size=SMALL_SIZE)
