"""Differences of arms under every judgement, with clustered intervals: does the sign survive?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tracekd.datasets.rows import Grid
from tracekd.figures.layout import NOTE_HEIGHT, Frame, label_below, make_panels, mark_missing
from tracekd.figures.style import GREY, INK, PAGE_HEIGHT, SMALL_SIZE, Keywords, arm_style, house_style
from tracekd.labels import INTERVAL, arm_title, count_range, dataset_title
from tracekd.scoring import get_scorer
from tracekd.tables.contrasts import ALL, ALL_ON, JUDGEMENT, Q5_OFF, judgement_title, pair_title
from tracekd.traces.arms import CLAIMED

# inches; seeds of a judgement share its line
LINE = 0.15
FRAME = Frame(left=1.6, right=0.12, head=0.46, foot=0.72, row_gap=0.3, column_gap=0.16)
# of a line: what its seeds share
SPREAD = 0.6

Judgement = tuple[str, str, str]


def plot_contrasts(contrasts: pd.DataFrame, grid: Grid, note: str = "") -> Figure:
    """Draw the claimed pairs of arms in columns, datasets and models in rows, a line per judgement.

    Colour says which arm is ahead: an interval that holds 0 is grey. Where a page cannot hold all lines,
    those of readable items and of the tolerant reader are left to the table.

    Args:
        contrasts: as from `contrasts_table`, with a claimed pair in it.
        grid: names in config order.
        note: printed small below, for what is not real in the figure.

    """
    rows = contrasts[[pair in CLAIMED for pair in zip(contrasts["arm"], contrasts["other"], strict=True)]]
    runs = [
        (dataset, model)
        for dataset in grid.present(rows, "dataset")
        for model in grid.present(rows[rows["dataset"] == dataset], "model")
    ]
    parts = [rows[(rows["dataset"] == dataset) & (rows["model"] == model)] for dataset, model in runs]
    lines = [_lines(part) for part in parts]
    if FRAME.height([LINE * len(part) for part in lines], note) > PAGE_HEIGHT:
        lines = [[one for one in part if one[2] == ALL] for part in lines]
    heights = [LINE * len(part) for part in lines]
    frame = FRAME
    if (excess := frame.height(heights, note) - PAGE_HEIGHT) > 0:
        heights = [height * (1 - excess / sum(heights)) for height in heights]
    with house_style():
        figure, axes = make_panels(len(CLAIMED), heights, frame, note, sharex=True, sharey="row")
        for row, (run, part, judged) in enumerate(zip(runs, parts, lines, strict=True)):
            for column, (arm, other) in enumerate(CLAIMED):
                cells = part[(part["arm"] == arm) & (part["other"] == other)]
                _draw_panel(axes[row, column], cells, judged, arm, other)
            _label_run(axes[row], run, part, judged)
        for axis, pair in zip(axes[0], CLAIMED, strict=True):
            axis.set_title(pair_title(*pair), pad=18)
        _set_range(axes[0, 0], rows)
        label_below(axes, f"difference (points), {INTERVAL}, clusters of items as independent")
        arms = [arm for arm in grid.arms if arm in {*rows["arm"], *rows["other"]}]
        _write_key(figure, arms, list(rows["scorer"].unique()))
    return figure


def _lines(rows: pd.DataFrame) -> list[Judgement]:
    """Judgements of one dataset and model from top to bottom; Q5 off only where it changes anything."""
    judged = list(dict.fromkeys(rows[JUDGEMENT].itertuples(index=False, name=None)))
    keys = ["seed", "items", "arm", "other"]
    on, off = (
        rows[(rows["scorer"] == "published") & (rows["quirk"] == quirk)].set_index(keys)["difference"]
        for quirk in (ALL_ON, Q5_OFF)
    )
    is_still = np.array_equal(on, off.reindex(on.index))
    return [one for one in judged if not (is_still and one[1] == Q5_OFF)]


def _draw_panel(axes: Axes, rows: pd.DataFrame, lines: Sequence[Judgement], arm: str, other: str) -> None:
    """Draw one pair of arms of a dataset and model."""
    axes.axvline(0, color=GREY, lw=0.8, zorder=1)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    if rows.empty:
        mark_missing(axes)
    places = {one: place for place, one in enumerate(lines)}
    seeds = sorted(rows["seed"].unique())
    gap = SPREAD / max(1, len(seeds))
    for cell in rows.itertuples():
        judgement = (cell.scorer, cell.quirk, cell.items)
        if judgement not in places:
            continue
        height = places[judgement] + gap * (seeds.index(cell.seed) - (len(seeds) - 1) / 2)
        ahead = arm if cell.low > 0 else other if cell.high < 0 else None
        colour = GREY if ahead is None else arm_style(ahead).colour
        scorer = get_scorer(cell.scorer)
        face = colour if scorer.filled else "white"
        axes.hlines(height, 100 * cell.low, 100 * cell.high, color=colour, lw=1.1, zorder=2)
        axes.plot(
            100 * cell.difference, height, scorer.marker, color=colour, mfc=face, ms=3.2, mew=0.8, zorder=3
        )


def _label_run(
    panels: Sequence[Axes], run: tuple[str, str], rows: pd.DataFrame, lines: Sequence[Judgement]
) -> None:
    """Name the lines on the left; over the panels dataset, model and numbers of items and clusters."""
    first, last = panels[0], panels[-1]
    first.set_yticks(range(len(lines)), [judgement_title(*one) for one in lines])
    everything = rows[rows["items"] == ALL]
    n, clusters = count_range(everything["n"]), count_range(everything["clusters"])
    head: Keywords = {"textcoords": "offset points", "va": "bottom", "annotation_clip": False}
    left = -72 * (FRAME.left - 0.06)
    words = f"{dataset_title(run[0])}, {run[1]}"
    first.annotate(words, (0, 1), (left, 2), "axes fraction", weight="bold", **head)
    small: Keywords = {"size": SMALL_SIZE, "color": GREY, "ha": "right"}
    last.annotate(f"n = {n} in {clusters} clusters", (1, 1), (0, 2), "axes fraction", **small, **head)


def _set_range(axes: Axes, rows: pd.DataFrame) -> None:
    """Show all intervals and 0, in steps of 5 or 10 points."""
    low = min(0.0, 100 * rows[["low", "difference"]].min().min())
    high = max(0.0, 100 * rows[["high", "difference"]].max().max())
    step = next(step for step in (5, 10, 20, 50) if high - low < 6 * step or step == 50)
    axes.set_xlim(low - 1, high + 1)
    axes.set_xticks(np.arange(np.ceil((low - 1) / step) * step, high + 1, step))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "−"))


def _write_key(figure: Figure, arms: Sequence[str], scorers: Sequence[str]) -> None:
    """Explain colours and markers below the panels; the note's line stays free."""
    dot: Keywords = {"ms": 3.2, "mew": 0.8, "lw": 1.1}
    colours = {f"{arm_title(arm)} ahead": arm_style(arm).colour for arm in arms} | {"neither": GREY}
    handles = [
        Line2D([], [], **dot, marker="o", color=colour, label=name) for name, colour in colours.items()
    ]
    for name in scorers:
        scorer = get_scorer(name)
        face: Keywords = {} if scorer.filled else {"mfc": "white"}
        handles.append(
            Line2D([], [], **{**dot, "lw": 0}, marker=scorer.marker, color=INK, label=name, **face)
        )
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, NOTE_HEIGHT / figure.get_figheight()),
        ncols=len(handles),
        borderaxespad=0.2,
        columnspacing=1.4,
    )
