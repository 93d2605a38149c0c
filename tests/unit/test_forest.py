"""Forest plot: every cell drawn or refused with its reason, legible at any size of the grid."""

from dataclasses import replace

import pandas as pd
import pytest
from support.examples import ROOT
from support.figures import DATASETS, MODELS, NOTE, assert_legible
from support.own_datasets import Sums, kept_registries
from support.run_data import in_pairs, make_scores
from tracekd.core.errors import DataError
from tracekd.datasets import add_dataset
from tracekd.datasets.rows import Grid
from tracekd.figures.forest import plot_forest
from tracekd.figures.style import PAGE_HEIGHT, TEXT_WIDTH
from tracekd.statistics.settings import read_settings
from tracekd.tables.statistics import statistics_table

CHOICES = read_settings(ROOT / "config" / "statistics.yaml")
SETTINGS = CHOICES.changed(bootstrap=CHOICES.bootstrap.changed(resamples=100))
ARMS = ["prompt_only", "none", "class_only", "correct", "incorrect"]
GRIDS = {
    "released": Grid(DATASETS[::2], MODELS[:2], ["none", "correct", "incorrect"]),
    "paper": Grid(DATASETS, MODELS, [*ARMS, "incorrect_matched"]),
    "small": Grid(["babi"], MODELS[:1], ["correct"]),
}


@pytest.fixture(scope="module", params=GRIDS)
def grid_and_statistics(request):
    """A made-up run under both scorers; babi's incorrect arm has no right trace by `aligned`."""
    grid = GRIDS[request.param]
    axes = grid.datasets, grid.models, grid.arms, [0]
    scores = pd.concat([make_scores(*axes, name) for name in ("published", "aligned")], ignore_index=True)
    refused = scores.eval("dataset == 'babi' and arm == 'incorrect' and scorer == 'aligned'")
    scores.loc[refused, "trace_ok"] = 0
    left_out = scores.eval("arm == 'correct' and scorer == 'published'") & (scores.index % 30 == 0)
    scores.loc[left_out, ["class_ok", "facts_ok", "trace_ok"]] = None
    return grid, statistics_table(in_pairs(scores), grid, SETTINGS)


@pytest.mark.parametrize("note", ["", NOTE])
def test_texts_stay_on_the_canvas_and_off_one_another(grid_and_statistics, note, monkeypatch):
    grid, statistics = grid_and_statistics
    figure = plot_forest(statistics, 0.1, grid, note)
    words = assert_legible(figure, monkeypatch)
    assert (NOTE in words) == bool(note)
    assert figure.get_figwidth() == TEXT_WIDTH
    assert figure.get_figheight() <= PAGE_HEIGHT + 1e-9
    assert words.count("refused: no right trace") == len(grid.models) * ("incorrect" in grid.arms)
    assert "363 / 376" in words


def test_one_scorer_and_seeds_pooled(monkeypatch):
    grid = GRIDS["small"]
    scores = make_scores(grid.datasets, grid.models, grid.arms, [0, 1], "aligned")
    table = statistics_table(in_pairs(scores), grid, SETTINGS)
    pooled = table[(table["seed"] == "all") & (table["step"] == "trace")].iloc[0]
    words = assert_legible(plot_forest(table, 0.1, grid), monkeypatch)
    assert f"{pooled['phi']:.2f}" in words
    assert "752" in words


def test_numbers_of_five_narrow_panels_stay_off_one_another(monkeypatch):
    class Four(Sums):
        name = "four"
        steps = (*Sums.steps, replace(Sums.steps[0], name="last", title="last"))

    with kept_registries():
        add_dataset(Four())
        rows = [
            {"dataset": "four", "model": MODELS[0], "arm": "correct", "scorer": "aligned", "seed": "0"}
            | {"step": step, "n": 160, "marginal_verdict": "undecided"}
            | {"phi": 0.1, "phi_low": -0.9, "phi_high": 0.9}
            for step in (*(one.name for one in Four.steps), "trace")
        ]
        figure = plot_forest(pd.DataFrame(rows), 0.1, Grid(["four"], MODELS[:1], ["correct"]))
        assert_legible(figure, monkeypatch)


def test_without_traces_there_is_no_figure():
    with pytest.raises(DataError, match="no traces were scored"):
        plot_forest(pd.DataFrame(columns=["dataset", "model", "arm", "scorer", "step"]), 0.1, GRIDS["small"])
