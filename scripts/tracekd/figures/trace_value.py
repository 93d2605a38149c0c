"""Does the longer or the truer trace train better? Accuracy of an arm against what its traces are like."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, NullLocator
from matplotlib.transforms import offset_copy

from tracekd.datasets.rows import Grid
from tracekd.figures.layout import (
    NOTE_HEIGHT,
    Frame,
    key_lines,
    key_mark,
    label_row,
    label_size,
    make_panels,
    show_accuracies,
    write_key,
)
from tracekd.figures.style import PALE, arm_style, house_style
from tracekd.labels import INTERVAL, count_range, model_title, run_size
from tracekd.tables.trace_types import ALL, KEPT

# inches
PANEL = 1.35
FRAME = Frame(left=0.98, right=0.12, head=0.26, foot=0.92, row_gap=0.34, column_gap=0.3)
TITLE_DISTANCE = 0.8
# marks of the kept questions stand so many points beside those of all
ASIDE = 3.5
# words up to here stand on a linear scale, since an arm may have none; beyond, on a logarithmic one
LINEAR = 10
WORDS = (0, 10, 30, 100, 300, 1000, 3000, 10000)


def plot_trace_value(
    value: pd.DataFrame, types: pd.DataFrame, scorer: str, grid: Grid, note: str = ""
) -> Figure:
    """Draw accuracy against words (left) and share verified correct (right), a row a model, a mark an arm.

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
    frame = FRAME._replace(foot=FRAME.foot + NOTE_HEIGHT * (len(key_lines(arms)) - 1))
    with house_style():
        figure, axes = make_panels(2, [PANEL] * len(models), frame, note, sharex="col", sharey=True)
        show_accuracies(axes[0, 0], rows)
        _scale_words(axes[0, 0], rows["words"].max())
        axes[0, 1].set(xlim=(-5, 105), xticks=range(0, 101, 25))
        for panels, model in zip(axes, models, strict=True):
            shown = rows[rows["model"] == model]
            _draw_panel(figure, panels[0], shown, shown["words"])
            _draw_panel(figure, panels[1], shown, 100 * shown["verified"])
            label_row(panels[0], model_title(model), TITLE_DISTANCE)
            panels[0].set_ylabel(f"accuracy (%), {INTERVAL}", labelpad=2)
            n = {questions: rows["n"] for questions, rows in shown.groupby("questions")}
            words = f"{run_size(n[ALL], shown['seeds'].max())}; kept: {count_range(n.get(KEPT, [0]))}"
            label_size(panels[1], words)
        axes[-1, 0].set_xlabel("words of a training trace, mean", labelpad=3)
        axes[-1, 1].set_xlabel("training traces verified correct (%)", labelpad=3)
        write_key(figure, arms, _kinds())
    return figure


def _scale_words(axes: Axes, most: float) -> None:
    """Show lengths from none to the most."""
    axes.set_xscale("symlog", linthresh=LINEAR, linscale=0.6)
    axes.set_xlim(-1, 1.5 * max(most, LINEAR))
    axes.set_xticks([words for words in WORDS if words <= 1.5 * max(most, LINEAR)])
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_locator(NullLocator())


def _draw_panel(figure: Figure, axes: Axes, rows: pd.DataFrame, places: pd.Series) -> None:
    """Draw the arms of one model; an arm without a verdict has no place on the right."""
    axes.grid(color=PALE, lw=0.6)
    axes.set_axisbelow(True)
    aside = offset_copy(axes.transData, figure, x=ASIDE, units="points")
    for (_, row), place in zip(rows.iterrows(), places, strict=True):
        if pd.isna(place):
            continue
        style, kept = arm_style(row["arm"]), row["questions"] == KEPT
        transform = aside if kept else axes.transData
        low, value, high = (100 * row[name] for name in ("answer_low", "answer_acc", "answer_high"))
        width = 0.7 if kept else 1.1
        axes.vlines(place, low, high, color=style.colour, lw=width, transform=transform)
        face = {"mfc": "white", "mew": 0.9} if kept else {"mew": 0}
        axes.plot(
            place, value, marker=style.marker, color=style.colour, lw=0, ms=4.5, transform=transform, **face
        )


def _kinds() -> list[Line2D]:
    """Explain filled and open marks."""
    return [
        key_mark("all test questions", filled=True),
        key_mark("questions that the teacher answered rightly", filled=False),
    ]
