"""Figures are drawn whatever the shell says of matplotlib."""

import os
import subprocess
import sys

import pytest
from support.examples import ROOT

DRAW = """
import tracekd.figures.accuracy
import matplotlib
from tracekd.figures.style import plt, save
assert matplotlib.get_backend().lower() == "agg"
save(plt.figure(), "f.pdf")
"""


def run(code, folder, environment):
    """Run code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "environment",
    [
        {"MPLBACKEND": "module://matplotlib_inline.backend_inline"},
        {"MPLBACKEND": "module://no.such.module"},
        {"MPLBACKEND": "no such backend"},
        {"MATPLOTLIBRC": "matplotlibrc"},
        {"MPLCONFIGDIR": "/proc/nowhere"},
    ],
    ids=str,
)
def test_figures_are_drawn_whatever_the_shell_says(tmp_path, environment):
    (tmp_path / "matplotlibrc").write_text("backend: TkAgg\nfont.size: 40\n")
    ended = run(DRAW, tmp_path, environment)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "f.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
