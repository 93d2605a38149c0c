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
from tracekd.traces.arms import ARMS, BLUE, OTHER, VERMILION, Style

# inches: one column and the text block of a two-column A4 page, and the height a page leaves to a figure
COLUMN_WIDTH, TEXT_WIDTH, PAGE_HEIGHT = 3.3, 6.8, 9.2
# points
TEXT_SIZE, SMALL_SIZE = 8, 7
# of a preview: a paper takes the PDF, a screen the SVG
PNG_DPI = 200
FORMATS = ("pdf", "svg", "png")

# its report on every embedded font would fill the rule's log
logging.getLogger("fontTools").setLevel(logging.WARNING)

INK, GREY, PALE = "#222222", "#767676", "#E6E6E6"
# a colour has one meaning: what is right or more looks like correct traces, gold facts are on yellow
RIGHT_COLOUR, WRONG_COLOUR = BLUE, VERMILION
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
    # outlines: whoever reads an SVG may lack the font
    "svg.fonttype": "path",
    "svg.hashsalt": "tracekd",  # names of its parts, the same on every run
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


def save(figure: Figure, pdf: str | Path) -> None:
    """Write PDF (embedded fonts) and, beside it, SVG and PNG, at the figure's own size; close the figure.

    The same figure gives the same bytes: no date, no version, no random names.
    """
    keywords: dict[str, Keywords] = {
        "pdf": {"metadata": {"CreationDate": None}},
        "svg": {"metadata": {"Date": None}},
        "png": {"metadata": {"Software": None}, "dpi": PNG_DPI},
    }
    with house_style():
        for kind in FORMATS:
            with atomic_write(Path(pdf).with_suffix(f".{kind}"), "wb") as stream:
                figure.savefig(stream, format=kind, **keywords[kind])
    plt.close(figure)
