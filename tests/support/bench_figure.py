"""The figure of a benchmark: how much faster ours is than each other way, and cost against size."""

import math
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator
from tracekd.figures.layout import spread
from tracekd.figures.style import GREY, INK, PALE, SMALL_SIZE, TEXT_WIDTH, house_style

from support.measuring import OURS

# of lines, told apart by their labels
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


def plot_bench(path: Path) -> Figure:
    """Draw the rows of a bench.csv: ratios as bars, items per second and memory as curves over size."""
    rows = pd.read_csv(path)
    is_curve = rows["variant"].str.match(r"\d+x")
    is_memory = rows["unit"] == "MB"
    with house_style():
        figure, (bars, speed, memory) = plt.subplots(
            1, 3, figsize=(TEXT_WIDTH, 2.3), layout="constrained", width_ratios=[1.1, 1, 1]
        )
        _draw_ratios(bars, rows[rows["ratio"].notna() & ~is_curve & (rows["variant"] != OURS)])
        _draw_curves(speed, rows[is_curve & ~is_memory], "items per CPU second")
        _draw_curves(memory, rows[is_curve & is_memory], "peak memory, MB")
    return figure


def _draw_ratios(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw a bar from 1 for each other way, its ratio at the right edge."""
    pairs = zip(rows["name"], rows["variant"], strict=True)
    labels = [f"{name.replace('_', ' ')} / {variant}" for name, variant in pairs]
    axes.barh(labels, rows["ratio"] - 1, left=1, color=PALE, edgecolor=GREY, linewidth=0.6)
    for place, ratio in enumerate(rows["ratio"]):
        axes.text(
            1.02,
            place,
            f"{ratio:.3g}",
            va="center",
            fontsize=SMALL_SIZE,
            transform=axes.get_yaxis_transform(),
        )
    axes.axvline(1, color=INK, linewidth=0.6)
    axes.set_xscale("log")
    _write_plainly(axes.xaxis)
    axes.invert_yaxis()
    axes.set_xlabel("ours over the other way")


def _draw_curves(axes: Axes, rows: pd.DataFrame, title: str) -> None:
    """Draw a line for each work over the size of its corpus, labelled where it ends."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    curves = list(rows.groupby("name", sort=False))
    for colour, (_, curve) in zip(COLOURS, curves, strict=False):
        sizes = curve["variant"].str.removesuffix("x").astype(int)
        axes.plot(sizes, curve["value"], marker="o", markersize=2.5, linewidth=1, color=colour)
    ends = [math.log10(curve["value"].iloc[-1]) for _, curve in curves]
    low, high = map(math.log10, axes.get_ylim())
    places = spread(ends, (high - low) / 12, low, high)
    for colour, (name, _), place in zip(COLOURS, curves, places, strict=False):
        label = str(name).removesuffix("_memory")
        axes.text(
            1.03,
            (place - low) / (high - low),
            label,
            va="center",
            fontsize=SMALL_SIZE,
            color=colour,
            transform=axes.transAxes,
        )
    sizes = sorted({int(variant.removesuffix("x")) for variant in rows["variant"]})
    axes.set_xticks(sizes, [f"×{size}" for size in sizes])
    axes.xaxis.set_minor_locator(NullLocator())
    _write_plainly(axes.yaxis)
    axes.set_xlabel("questions")
    axes.set_ylabel(title)


def _write_plainly(axis: Axis) -> None:
    """Write the numbers of a logarithmic axis in full."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axis.set_minor_locator(NullLocator())
