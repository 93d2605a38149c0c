"""Every figure that a run drew, drawn again from the records of its jobs, so that a test can look into it."""

import json
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from tracekd.figures import style

from support.figures import assert_legible
from support.run_data import run_script

# what a script calls its inputs, by the end of their path
INPUTS = {
    "tables/trace_answer_matrix.csv": "matrix",
    "tables/scorer_ablation.csv": "ablation",
    "tables/experiment_effects.csv": "effects",
    "config/statistics.yaml": "settings",
    "/correct.jsonl": "correct",
    "/incorrect.jsonl": "wrong",
}
# the parameter that names the figures of a job which draws several, in the order of its outputs
ORDERS = {
    "plot_ablation": "datasets",
    "plot_accuracy": "scorers",
    "plot_classes": "scorers",
    "plot_confusion": "shown",
}
SEVERAL = {"/training_log.csv": "logs"}


def redraw(project: Path, run: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    """Give every figure of a finished run by its name."""
    drawn: dict[str, Figure] = {}
    with monkeypatch.context() as patch:
        patch.chdir(project)
        patch.setattr(style, "save", lambda figure, pdf, *_: drawn.setdefault(Path(pdf).stem, figure))
        for record in sorted(Path(f"provenance/{run}").glob("plot_*/*.json")):
            job: dict[str, Any] = json.loads(record.read_text("utf-8"))
            outputs: dict[str, Any] = {}
            params = {name: value for name, value in job["params"].items() if name != "code"}
            several = ORDERS.get(job["rule"])
            names = params[several] if several else []
            for path in sorted(job["outputs"], key=lambda path: _find_place(path, names)):
                outputs.setdefault(Path(path).suffix[1:], []).append(path)
            if not several:
                outputs = {kind: paths[0] for kind, paths in outputs.items()}
            inputs = _name_inputs(job["inputs"])
            run_script(job["rule"], inputs, outputs, params, project / "log", **job["wildcards"])
    return drawn


def check_figures(project: Path, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every figure of a finished run can be drawn again, and read."""
    figures = redraw(project, run, monkeypatch)
    assert set(figures) == {path.stem for path in (project / "figures" / run).glob("*.svg")}
    for name, figure in figures.items():
        assert assert_legible(figure, monkeypatch), name


def _find_place(path: str, names: list[str]) -> int:
    """Place of the name that a path ends with, between `_` or `.` and its suffix."""
    stem = Path(path).stem
    return next((place for place, name in enumerate(names) if stem.endswith((f"_{name}", f".{name}"))), 0)


def _name_inputs(paths: list[str]) -> dict[str, Any]:
    """Name the inputs of a job as its script does."""
    named: dict[str, Any] = {}
    for path in paths:
        for end, name in SEVERAL.items():
            if path.endswith(end):
                named.setdefault(name, []).append(path)
                break
        else:
            known = next((name for end, name in INPUTS.items() if path.endswith(end)), None)
            named[known or ("questions" if "/questions/" in path else Path(path).stem)] = path
    return named
