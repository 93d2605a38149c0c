"""What set traces and contexts do to an answer: log-odds of the right one against the wrong one."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tracekd.datasets.rows import Grid
from tracekd.experiment.contexts import INTACT, REMOVED, SWAPPED
from tracekd.experiment.contexts import TITLES as CONTEXT_TITLES
from tracekd.experiment.effects import ALL
from tracekd.experiment.traces import NO_TRACE, TITLES
from tracekd.figures.layout import Frame, label_below, make_panels, mark_missing
from tracekd.figures.style import GREY, INK, PALE, SMALL_SIZE, arm_style, house_style
from tracekd.labels import INTERVAL, arm_title, count

FRAME = Frame(left=1.3, right=0.12, head=0.78, foot=0.86, row_gap=0.74, column_gap=0.18)
MOST_COLUMNS = 3
# inches that one trace takes
LINE = 0.24
# context to where its mark stands off the middle of a trace's line, and the mark: shape, filled
CONTEXTS = {INTACT: (-0.22, "o", True), REMOVED: (0.0, "o", False), SWAPPED: (0.22, "D", True)}


def plot_experiment(
    table: pd.DataFrame, dataset: str, traces: Sequence[str], grid: Grid, note: str = ""
) -> Figure:
    """Draw one panel per model and arm with traces, a line per set trace, a mark per context.

    The dashed line is what the adapter without traces makes of the intact context. Seeds are averaged;
    intervals are 95 %. A dataset none of whose questions is fit, or a run without an arm with traces, gets a
    panel that says so.

    Args:
        table: as from `effects_table`.
        dataset: to draw.
        traces: in the order in which to draw them.
        grid: names in config order.
        note: printed small below, for what is not real in the figure.

    """
    rows = table[(table["dataset"] == dataset) & (table["seed"].astype(str) == ALL)]
    levels = rows[rows["estimand"].str.startswith("level:")]
    names = levels["estimand"].str.extract(r"level:(?P<trace>\w+)@(?P<context>\w+)")
    levels = levels.join(names)
    without = levels[(levels["trace"] == NO_TRACE) & (levels["context"] == INTACT)].set_index(
        ["model", "arm"]
    )
    set_here = levels[levels["trace"].isin(traces) & levels["context"].isin(list(CONTEXTS))]
    if set_here.empty:
        return _draw_nothing(note)
    shown = [trace for trace in traces if trace in set(set_here["trace"])]
    cells = [
        (model, arm)
        for model in grid.present(set_here, "model")
        for arm in grid.present(set_here[set_here["model"] == model], "arm")
    ]
    columns = min(len(grid.present(set_here, "arm")), MOST_COLUMNS)
    heights = [LINE * (len(shown) + 0.4)] * -(-len(cells) // columns)
    with house_style():
        figure, axes = make_panels(columns, heights, FRAME, note, sharex=True, sharey=True)
        for panel in axes.flat[len(cells) :]:
            panel.set_axis_off()
        for panel, (model, arm) in zip(axes.flat, cells, strict=False):
            here = set_here[(set_here["model"] == model) & (set_here["arm"] == arm)]
            bases = without.loc[[model]] if model in without.index else without.iloc[:0]
            for base in bases["estimate"]:
                panel.axvline(base, color=INK, lw=0.8, ls=(0, (3, 2)), zorder=1)
            _draw(panel, here.set_index(["trace", "context"]), arm, shown)
            looks = here["looks_like"].iloc[0]
            words = f"{model}\nSFT on {arm_title(arm)} traces\n{looks}"
            panel.set_title(words, loc="left", pad=3, linespacing=1.15, size=SMALL_SIZE)
            panel.tick_params(labelbottom=True)
        label_below(
            axes, f"← the wrong answer is likelier    log-odds (nats), {INTERVAL}    the right one is →"
        )
        _write_key(figure, int(set_here["n"].max()), bool(len(without)), note)
    return figure


def _draw_nothing(note: str) -> Figure:
    """Say that there is nothing to draw."""
    with house_style():
        figure, axes = make_panels(1, [1.0], FRAME, note)
        axes[0, 0].set(xticks=[], yticks=[])
        mark_missing(axes[0, 0])
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, arm: str, traces: Sequence[str]) -> None:
    """Draw one adapter."""
    colour = arm_style(arm).colour
    axes.set_ylim(len(traces) - 0.4, -0.6)
    axes.set_yticks(range(len(traces)), [TITLES[name] for name in traces])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=PALE, lw=0.6)
    axes.set_axisbelow(True)
    axes.axvline(0, color=GREY, lw=0.8, zorder=1)
    for place, trace in enumerate(traces):
        if place % 2:
            axes.axhspan(place - 0.5, place + 0.5, color="#F6F6F6", lw=0, zorder=0)
        for context, (shift, marker, is_filled) in CONTEXTS.items():
            if (trace, context) in rows.index:
                row, y = rows.loc[(trace, context)], place + shift
                axes.hlines(y, row["low"], row["high"], color=colour, lw=1)
                axes.plot(
                    row["estimate"],
                    y,
                    marker,
                    mfc=colour if is_filled else "white",
                    mec=colour,
                    mew=0.9,
                    ms=3.6,
                    zorder=3,
                )


def _write_key(figure: Figure, n: int, has_base: bool, note: str) -> None:
    """Say what the axis and the marks mean, and of how many items they are."""
    height, width = figure.get_figheight(), figure.get_figwidth()
    words = (
        "The answer that is right in a context against the one that the set trace implies",
        f"(where that is none, or the right one: against a wrong one near by); up to n = {count(n)} items",
    )
    figure.text(0.06 / width, 1 - 0.05 / height, "\n".join(words), va="top", size=SMALL_SIZE)
    marks = [
        Line2D(
            *([], []),
            color=INK,
            marker=marker,
            mfc=INK if filled else "white",
            ms=3.6,
            lw=0,
            label=CONTEXT_TITLES[context] + ": another answer is right" * (context == SWAPPED),
        )
        for context, (_, marker, filled) in CONTEXTS.items()
    ]
    if has_base:
        marks.append(
            Line2D(
                [],
                [],
                color=INK,
                lw=0.8,
                ls=(0, (3, 2)),
                label=f"SFT without traces, {CONTEXT_TITLES[INTACT]}",
            )
        )
    figure.legend(
        handles=marks,
        loc="lower left",
        bbox_to_anchor=(0.03 / width, (0.17 if note else 0.03) / height),
        ncols=2,
        borderaxespad=0,
        columnspacing=1.4,
        handlelength=1.4,
    )
