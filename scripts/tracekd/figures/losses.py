"""Training loss of every adapter: one line per arm, labelled where it ends.

Arms are trained on different texts, so their losses differ by what there is to learn, too.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from tracekd.core.errors import DataError
from tracekd.core.tables import read_table
from tracekd.datasets.rows import Grid
from tracekd.figures.layout import Frame, label_below, make_panels, mark_missing, spread
from tracekd.figures.style import GREY, SMALL_SIZE, arm_style, house_style
from tracekd.labels import arm_title, dataset_title, model_title

PATH = re.compile(r"(?P<dataset>[^/]+)/(?P<model>[^/]+)/(?P<arm>[^/]+)/seed(?P<seed>\d+)/training_log\.csv$")
# inches; the labels of a panel stand right of it
PANEL, LABEL_HEIGHT = 1.25, 0.125
LABEL_WIDTH = 0.95  # of the longest name of an arm, with its line
FRAME = Frame(left=0.76, right=LABEL_WIDTH, head=0.26, foot=0.44, row_gap=0.22, column_gap=LABEL_WIDTH + 0.15)


def read_training_logs(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read logs `.../{dataset}/{model}/{arm}/seed{seed}/training_log.csv`.

    Returns dataset, model, arm, seed and the columns of the log: step, epoch, loss, grad_norm, learning_rate.
    """
    frames = []
    for path in map(Path, paths):
        match = PATH.search(path.as_posix())
        if match is None:
            raise DataError("not the name of a training log", where=path, hint="see docs/files.md")
        frames.append(read_table(path).assign(**match.groupdict()))
    return pd.concat(frames, ignore_index=True).dropna(subset="loss")


def plot_losses(logs: pd.DataFrame, grid: Grid, note: str = "") -> Figure:
    """Draw loss against step: models in rows, datasets in columns; seeds thin, their mean thick.

    Args:
        logs: as from `read_training_logs`.
        grid: names in config order.
        note: printed small below, for what is not real in the figure.

    """
    models, datasets = grid.present(logs, "model"), grid.present(logs, "dataset")
    with house_style():
        figure, axes = make_panels(
            len(datasets), [PANEL] * len(models), FRAME, note, sharex="col", sharey=True
        )
        for i, model in enumerate(models):
            axes[i, 0].set_ylabel(f"{model_title(model)}\nloss per token")
            for j, dataset in enumerate(datasets):
                panel = logs[(logs["model"] == model) & (logs["dataset"] == dataset)]
                _draw_panel(axes[i, j], panel, grid)
                if i == 0:
                    axes[i, j].set_title(dataset_title(dataset), pad=5)
        for panel in axes.flat:  # last, because shared limits grow with every panel
            _label_ends(panel)
        label_below(axes, "optimiser step (targets differ by arm)")
    return figure


def _draw_panel(axes: Axes, logs: pd.DataFrame, grid: Grid) -> None:
    """Draw the lines of one model and dataset; the mean line carries its arm's title as label."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.locator_params(axis="x", nbins=4)
    axes.margins(x=0)
    if logs.empty:
        mark_missing(axes)
        return
    for arm in grid.present(logs, "arm"):
        runs, colour = logs[logs["arm"] == arm], arm_style(arm).colour
        for _, run in runs.groupby("seed"):
            axes.plot(run["step"], run["loss"], color=colour, lw=0.4, alpha=0.5)
        mean = runs.groupby("step")["loss"].mean()
        axes.plot(mean.index, mean, color=colour, lw=1.1, label=arm_title(arm))
    axes.set_xlim(0, None)
    seeds = logs["seed"].nunique()
    words = f"{seeds} seeds" if seeds > 1 else "1 seed"
    axes.text(1, 1, words, transform=axes.transAxes, ha="right", va="top", size=SMALL_SIZE, color=GREY)


def _label_ends(axes: Axes) -> None:
    """Write each mean line's name right of its end, moved apart where ends lie close."""
    lines = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
    low, high = np.log(axes.get_ylim())
    ends = [np.asarray(line.get_data())[:, -1] for line in lines]
    heights = [float((np.log(y) - low) / (high - low)) for _, y in ends]
    places = spread(heights, gap=LABEL_HEIGHT / PANEL, low=0, high=1)
    for line, (x, y), place in zip(lines, ends, places, strict=True):
        colour = line.get_color()
        axes.annotate(
            str(line.get_label()),
            (x, y),
            (1.08, place),
            textcoords="axes fraction",
            color=colour,
            size=SMALL_SIZE,
            va="center",
            arrowprops={
                "arrowstyle": "-",
                "lw": 0.4,
                "color": colour,
                "shrinkA": 0,
                "shrinkB": 0,
                "relpos": (0, 0.5),
            },
            annotation_clip=False,
        )
