"""The one style of all figures: width, fonts, colours, and files with the same bytes on every run."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType

from tracekd.core.files import atomic_write
from tracekd.traces.arms import ARMS, OTHER, Style

# inches: one column and the text block of a two-column A4 page, and the height a page leaves to a figure
COLUMN_WIDTH, TEXT_WIDTH, PAGE_HEIGHT = 3.3, 6.8, 9.2
# points
TEXT_SIZE, SMALL_SIZE = 8, 7
PNG_DPI = 300

# its report on every embedded font would fill the rule's log
logging.getLogger("fontTools").setLevel(logging.WARNING)

INK, GREY, PALE = "#222222", "#767676", "#E6E6E6"
GOLD_FILL = "#FFF1C9"

Keywords = dict[str, Any]  # of a call of matplotlib

RC: dict[RcKeyType, object] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same on every machine
    "font.size": TEXT_SIZE,
    "axes.titlesize": TEXT_SIZE,
    "axes.labelsize": TEXT_SIZE,
    "xtick.labelsize": SMALL_SIZE,
    "ytick.labelsize": SMALL_SIZE,
    "legend.fontsize": SMALL_SIZE,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "text.parse_math": False,  # a dollar sign in a passage is a dollar sign
    "text.hinting": "none",  # the same text widths in PDF and PNG
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "legend.frameon": False,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw the body's figures in this style, whatever the user's matplotlibrc says."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)
        yield


def arm_style(arm: str) -> Style:
    """Colour and marker of an arm, the same in every figure."""
    return ARMS.get(arm).style if arm in ARMS else OTHER


def arm_shades(arm: str) -> Colormap:
    """Shades of an arm's colour, from nearly white up to the colour itself."""
    import seaborn as sns  # takes a second to load, and only figures of matrices need it

    shades: Colormap = sns.light_palette(arm_style(arm).colour, as_cmap=True)
    return shades


def save(figure: Figure, pdf: str | Path, png: str | Path) -> None:
    """Write PDF (embedded fonts, no date) and PNG at the figure's own size, and close the figure."""
    with house_style():
        with atomic_write(pdf, "wb") as stream:
            figure.savefig(stream, format="pdf", metadata={"CreationDate": None})
        with atomic_write(png, "wb") as stream:
            figure.savefig(stream, format="png", dpi=PNG_DPI, metadata={"Software": None})
    plt.close(figure)
