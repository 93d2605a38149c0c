"""What each quirk of the published scorer moves, as a heat map."""

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from tracekd.core.errors import DataError
from tracekd.datasets.rows import Grid
from tracekd.figures.layout import NOTE_HEIGHT, Frame, label_row, make_panels
from tracekd.figures.style import (
    GREY,
    PAGE_HEIGHT,
    PALE,
    RIGHT_COLOUR,
    SMALL_SIZE,
    WRONG_COLOUR,
    house_style,
)
from tracekd.labels import (
    RIGHT,
    arm_title,
    count_range,
    dataset_title,
    model_title,
    scorer_title,
    show_change,
)
from tracekd.scoring.ablation import ALL_OFF, PUBLISHED
from tracekd.tables.ablation import quirk_title

# the panels: the first measure of each that the dataset has, and what it is called
PANELS = (
    {"acc_macro": f"answer {RIGHT}\n(%, mean of classes)", "acc_all": f"answer {RIGHT}\n(%)"},
    {"trace_step": f"trace {RIGHT}\n(%)"},
    {"phi_trace": "φ of answer\nand trace"},
)
# inches; lines move closer together where the figure would outgrow the page
LINE = 0.155
FRAME = Frame(left=1.95, right=0.08, head=0.38, foot=0.62, row_gap=0.16, column_gap=0.12)
TURNED_FOOT = 0.95
# letters of a line below the figure
FOOT_WIDTH = 120
# with more columns than this, arms stand upright; with more than that, numbers are short, too
TURNED_COLUMNS, WIDE_COLUMNS = 8, 11
CHANGES = LinearSegmentedColormap.from_list("changes", [WRONG_COLOUR, "white", RIGHT_COLOUR]).with_extremes(
    bad=PALE
)


def plot_ablation(ablation: pd.DataFrame, dataset: str, grid: Grid, note: str = "") -> Figure:
    """Draw one dataset: models in rows of panels, measures in columns, quirks in lines; seeds averaged.

    Args:
        ablation: as from `ablation_table`, of the whole run.
        dataset: which one to show.
        grid: names in config order.
        note: printed small below, for what is not real in the figure.

    """
    rows = ablation[ablation["dataset"] == dataset]
    if rows.empty:
        raise DataError(f"no scores of dataset {dataset!r}", hint="choose a dataset of the run")
    panels = [panel for panel in (_choose(rows, titles) for titles in PANELS) if panel]
    rows = rows[rows["measure"].isin([measure for measure, _ in panels])]
    moved = rows[(rows["items_changed"] > 0) | (rows["difference"].abs() > 0) | (rows["quirk"] == ALL_OFF)]
    quirks = [quirk for quirk in rows["quirk"].unique() if quirk in set(moved["quirk"])]
    still = [quirk for quirk in rows["quirk"].unique() if quirk not in quirks]
    models, arms = grid.present(rows, "model"), grid.present(rows, "arm")
    known = rows[rows[["with_quirk", "difference"]].notna().any(axis=1)]
    columns = {
        name: [arm for arm in arms if ((known["measure"] == name) & (known["arm"] == arm)).any()]
        for name, _ in panels
    }
    # of arms without a trace there is nothing to say; of others phi is undefined where all traces are alike
    undefined = [
        arm
        for name, _ in panels
        for arm in rows.loc[rows["measure"] == name, "arm"].unique()
        if arm not in columns[name]
    ]
    panels = [(name, title) for name, title in panels if columns[name]]
    cells = rows.groupby(["model", "measure", "quirk", "arm"])[["with_quirk", "difference", "items_changed"]]
    cells = cells.mean()
    widths = [len(columns[name]) for name, _ in panels]
    is_wide, is_level = sum(widths) <= WIDE_COLUMNS, sum(widths) <= TURNED_COLUMNS
    frame = FRAME if is_level else FRAME._replace(foot=TURNED_FOOT)
    heights = [LINE * (1 + len(quirks))] * len(models)
    share = 1 - max(0, frame.height(heights, note) - PAGE_HEIGHT) / sum(heights)
    heights = [share * height for height in heights]
    with house_style():
        figure, axes = make_panels(len(panels), heights, frame, note, sharey=True, width_ratios=widths)
        for j, (measure, title) in enumerate(panels):
            axes[0, j].set_title(title, pad=5)
            limit = cells.xs(measure, level="measure")["difference"].abs().max() or 1
            for i, model in enumerate(models):
                _draw_panel(axes[i, j], cells, (model, measure), columns[measure], quirks, limit, is_wide)
                _name_arms(axes[i, j], columns[measure], is_level)
                axes[i, j].tick_params(length=0, labelbottom=i == len(models) - 1, pad=2)
        for i, model in enumerate(models):
            label_row(axes[i, 0], model_title(model), distance=1.8)
        axes[0, 0].set_yticks(range(len(quirks) + 1), [scorer_title(PUBLISHED), *map(quirk_title, quirks)])
        sizes = rows.groupby(["model", "arm"])["n"].max()
        axes[0, 0].annotate(
            dataset_title(dataset),
            (0, 1),
            (-4, 5),
            "axes fraction",
            "offset points",
            ha="right",
            va="bottom",
            weight="bold",
        )
        _write_foot(figure, count_range(sizes), still, list(dict.fromkeys(undefined)), bool(note))
    return figure


def _choose(rows: pd.DataFrame, titles: dict[str, str]) -> tuple[str, str] | None:
    """Give the first measure that the rows have, and its title."""
    present = set(rows["measure"])
    return next(((name, title) for name, title in titles.items() if name in present), None)


def _draw_panel(
    axes: Axes,
    cells: pd.DataFrame,
    key: tuple[str, str],
    arms: list[str],
    quirks: list[str],
    limit: float,
    is_wide: bool,
) -> None:
    """Draw one model and measure: the published value in the first line, its changes in the others."""
    places = [[(*key, quirk, arm) for arm in arms] for quirk in quirks]
    changes = cells.reindex([place for line in places for place in line])
    shape = len(quirks), len(arms)
    differences = changes["difference"].to_numpy(float).reshape(shape)
    moved = (changes["items_changed"].to_numpy(float).reshape(shape) > 0) | (differences != 0)
    published = changes["with_quirk"].to_numpy(float).reshape(shape)[0]
    # the range ends beyond the largest change, so that its colour is pale enough for the figure in it
    edges = np.arange(shape[1] + 1) - 0.5, np.arange(shape[0] + 1) + 0.5
    axes.pcolormesh(
        *edges, differences, cmap=CHANGES, vmin=-1.5 * limit, vmax=1.5 * limit, edgecolors="white", lw=0.8
    )
    for column, value in enumerate(published):
        _write(axes, column, 0, _words(value, key[1], is_wide, is_level=True), weight="bold")
    for (line, column), value in np.ndenumerate(differences):
        if moved[line, column]:
            _write(axes, column, line + 1, _words(value, key[1], is_wide))
    axes.set(xlim=(-0.5, shape[1] - 0.5), ylim=(shape[0] + 0.5, -0.5))
    axes.spines[:].set_visible(False)


def _name_arms(axes: Axes, arms: list[str], is_level: bool) -> None:
    """Write the arms below a panel."""
    titles = [arm_title(arm) for arm in arms]
    if is_level:
        axes.set_xticks(range(len(arms)), [title.replace(" ", "\n") for title in titles])
    else:
        axes.set_xticks(range(len(arms)), titles, rotation=90)


def _words(value: float, measure: str, is_wide: bool, is_level: bool = False) -> str:
    """Write the figure of a cell: a change with its sign; in a narrow column as short as can be."""
    is_phi = measure == "phi_trace"
    if is_wide:
        # a mean of rounded classes has two decimals
        digits = 3 if is_phi else 1 + (is_level and measure == "acc_macro")
        return show_change(value, digits).removeprefix("+" * is_level)
    short = show_change(value, 2 if is_phi else 0).replace("−", "-").removeprefix("+")
    return short.replace("0.", ".") if is_phi else short


def _write(axes: Axes, column: int, line: int, words: str, weight: str = "normal") -> None:
    """Write into the middle of a cell."""
    axes.text(column, line, words, ha="center", va="center_baseline", size=SMALL_SIZE, weight=weight)


def _write_foot(figure: Figure, n: str, still: list[str], undefined: list[str], has_note: bool) -> None:
    """Say what the lines are, and which quirks are not drawn."""
    words = f"n = {n} items; lines below the first: change when the quirk is switched off"
    if still:
        words += f" (none here: {', '.join(still)})"
    if undefined:
        words += f"; φ is undefined for {', '.join(map(arm_title, undefined))}"
    place = 0.03 / figure.get_figwidth(), (0.03 + NOTE_HEIGHT * has_note) / figure.get_figheight()
    figure.text(*place, fill(words, FOOT_WIDTH), size=SMALL_SIZE, color=GREY, va="bottom")
