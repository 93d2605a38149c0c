"""Figures are drawn whatever the shell says of matplotlib; what cannot be imported is one sentence."""

import ast
import os
import subprocess
import sys

import pytest
from support.examples import ROOT

SCRIPTS = sorted(ROOT.glob("scripts/plot_*.py"))
DRAW = """
import tracekd.figures.accuracy
import matplotlib
from tracekd.figures.style import plt, save
assert matplotlib.get_backend().lower() == "agg"
save(plt.figure(), "f.pdf", "f.png")
"""
# numpy stands for any library that is broken
PLOT = f"""
import runpy, sys
from types import SimpleNamespace
sys.modules["numpy"] = None
job = SimpleNamespace(log=["log"])
runpy.run_path({str(ROOT / "scripts/plot_claims.py")!r}, init_globals={{"snakemake": job}})
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


def test_a_library_that_cannot_be_imported_is_one_sentence(tmp_path):
    ended = run(PLOT, tmp_path, {})
    assert ended.returncode == 1
    (sentence,) = ended.stderr.strip().splitlines()
    assert sentence.startswith("Error: unexpected ") and sentence.endswith("[log: log]")
    assert "Traceback" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_imports_nothing_but_its_frame_outside_of_it(path):
    outside = [node for node in ast.parse(path.read_text("utf-8")).body if hasattr(node, "names")]
    modules = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in outside}
    assert modules - {"pathlib"} == {"tracekd.run.jobs"}
