"""Published against recomputed numbers: one point a claim, the diagonal where they agree."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tracekd.figures.layout import Frame, label_below, make_panels, spread
from tracekd.figures.style import GREY, INK, RIGHT_COLOUR, SMALL_SIZE, WRONG_COLOUR, Keywords, house_style
from tracekd.labels import arm_title, count, scorer_title
from tracekd.statistics.association import CELLS
from tracekd.tables.claims import COINCIDENCE, SCORERS, VERDICTS

# colour, marker and size in points: the marker tells verdicts apart where colour is lost;
# what is compatible has a tint of what is right
VERDICT_STYLES = {
    "reproduced": (RIGHT_COLOUR, "o", 3.2),
    COINCIDENCE: (INK, "^", 3.2),
    "compatible": ("#66AAD1", "s", 2.8),
    "deviates": (WRONG_COLOUR, "D", 3.2),
}
OTHER = "#BDBDBD"
# quantities on other scales: chi-square and its p, ratings, numbers of items and persons
NOT_PERCENT = ("chi2", "chi2_yates", "chi2_p", "chi2_bound", "acc_sd", "rating", "participants", "items", "n")
# inches; the gap between panels holds the labels of the left one
PANEL = 2.1
FRAME = Frame(left=0.42, right=1.38, head=0.62, foot=0.46, row_gap=0, column_gap=1.62)
# percent from panel to label, and per line of labels; more labels of one line than NAMED have no room
MARGIN, LINE, NAMED = 7, 7.2, 14


def plot_claims(table: pd.DataFrame, note: str = "") -> Figure:
    """Draw recomputed against published values in %, counts as shares of their items, one panel a scorer.

    A claim is judged by one scorer, and coloured by the verdict in the panel of that scorer; in the other it
    is grey. Claims that deviate are named. Those on another scale or without a verdict are left out.

    Args:
        table: as from `claims_table`.
        note: printed small below, for what is not real in the figure.

    """
    percent = _in_percent(table)
    with house_style():
        figure, axes = make_panels(2, [PANEL], FRAME, note, sharey=True)
        for axis, scorer in zip(axes[0], SCORERS, strict=True):
            points = percent.assign(recomputed=percent[f"recomputed_{scorer}"]).dropna(subset="recomputed")
            axis.set_title(f"{scorer_title(scorer)}, n = {count(len(points))}", pad=5)
            _draw_panel(axis, points, points["scorer"] == scorer)
        axes[0, 0].set_ylabel("recomputed (%)", labelpad=2)
        label_below(axes[:, :1], "published (%)")
        label_below(axes[:, 1:], "published (%)")
        _draw_legend(figure, table["verdict"].value_counts())
    return figure


def _in_percent(table: pd.DataFrame) -> pd.DataFrame:
    """Keep judged claims in %, and turn counts of a matrix into % of its items."""
    quantity = table["quantity"].str.split().str[-1]
    rows = table[~quantity.isin(NOT_PERCENT) & table["verdict"].isin(list(VERDICT_STYLES))].copy()
    scale = 100 / table["n"]
    values = ["published", *(f"recomputed_{scorer}" for scorer in SCORERS)]
    is_count = quantity.isin(CELLS)[rows.index]
    rows.loc[is_count, values] = rows.loc[is_count, values].mul(scale[rows.index][is_count], axis=0)
    return rows


def _draw_panel(axes: Axes, points: pd.DataFrame, judged: pd.Series) -> None:
    """Draw the diagonal, the claims of another scorer in grey, and on top those of this one by verdict."""
    axes.set(xlim=(-3, 103), ylim=(-3, 103), xticks=range(0, 101, 25), yticks=range(0, 101, 25))
    axes.tick_params(labelleft=True)
    axes.plot([0, 100], [0, 100], color=GREY, lw=0.6, zorder=1)
    others = points[~judged]
    axes.plot(others["published"], others["recomputed"], ".", color=OTHER, ms=3.5, mew=0, zorder=0)
    for verdict, (colour, marker, size) in VERDICT_STYLES.items():
        of_verdict = points[judged & (points["verdict"] == verdict)]
        axes.plot(of_verdict["published"], of_verdict["recomputed"], marker, color=colour, ms=size, mew=0)
    _label_deviating(axes, points[judged & (points["verdict"] == "deviates")])


def _label_deviating(axes: Axes, points: pd.DataFrame) -> None:
    """Name the claims that deviate to the right of the panel, those of one model and arm together."""
    cells = [cell for _, cell in points.groupby(["model", "arm"], sort=False)]
    cells = sorted(cells, key=len, reverse=True)[:NAMED]
    separator = "\n" if 2 * len(cells) <= NAMED else ": "
    pitch = 2 * LINE if separator == "\n" else LINE
    places = spread([cell["recomputed"].mean() for cell in cells], pitch, 0, 100)
    for cell, place in zip(cells, places, strict=True):
        first, groups = cell.iloc[0], [name.replace("_", " ") for name in cell["group"].unique()]
        where = groups[0] if len(groups) == 1 else f"{len(groups)} groups"
        model = "no model named" if first["model"] == "any" else first["model"].removesuffix("-Instruct")
        number = f"{len(cell)} in {where}" if separator == "\n" else str(len(cell))
        name = f"{model}, {arm_title(first['arm'])}{separator}{number}"
        # a line for each name, to the nearest of its points
        nearest = cell.loc[cell["published"].idxmax()]
        ends = [nearest["published"], 103 + MARGIN - 1], [nearest["recomputed"], place]
        axes.plot(*ends, color=GREY, lw=0.5, clip_on=False, zorder=3)
        axes.text(103 + MARGIN, place, name, va="center", size=SMALL_SIZE, linespacing=1.05)


def _draw_legend(figure: Figure, counts: pd.Series) -> None:
    """Name verdicts with the number of claims of each above the panels, and those that have no point."""
    mark: Keywords = {"xdata": [], "ydata": [], "ls": "", "mew": 0}
    handles = [
        Line2D(**mark, marker=marker, color=colour, ms=size + 1, label=f"{name} {count(counts.get(name, 0))}")
        for name, (colour, marker, size) in VERDICT_STYLES.items()
    ]
    handles.append(Line2D(**mark, marker=".", color=OTHER, ms=6, label="judged by the other scorer"))
    rest = [f"{name} {count(counts.get(name, 0))}" for name in VERDICTS if name not in VERDICT_STYLES]
    words = f"no point: {', '.join(rest)}"
    left, top = 0.06 / figure.get_figwidth(), 1 - 0.24 / figure.get_figheight()
    figure.text(left, top, words, va="top", size=SMALL_SIZE)
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=len(handles),
        handletextpad=0.2,
        columnspacing=1.2,
        borderaxespad=0.2,
    )
