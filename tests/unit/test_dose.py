"""Dose and response: a planted trend comes out, a flat one does not, and the figure can be read."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.columns import find_faults
from support.examples import ROOT, make_question
from support.figures import DATASETS, MODELS, NOTE, assert_legible
from support.planted_doses import CURVES, find_change_points
from support.run_data import in_pairs, write_scores
from tracekd.core.errors import VerificationError
from tracekd.datasets.rows import Grid
from tracekd.figures.dose import plot_dose
from tracekd.figures.style import PAGE_HEIGHT
from tracekd.statistics.settings import read_settings
from tracekd.statistics.trend import contrast_doses, odds_trend, slope
from tracekd.tables.dose import dose_tables, show_contrasts, show_dose, show_trend
from tracekd.tables.scores import read_scores
from tracekd.traces.arms import DOSE_ARMS, MIXTURES
from tracekd.traces.build import build_trace, build_traces
from tracekd.traces.verification import verify_traces

CHOICES = read_settings(ROOT / "config" / "statistics.yaml")
SETTINGS = CHOICES.changed(bootstrap=CHOICES.bootstrap.changed(resamples=200))
ARMS = ["none", *DOSE_ARMS]


def answers(rates, items=400):
    """One row an answer, with these shares of right answers."""
    rng = np.random.default_rng(0)
    frames = [
        pd.DataFrame(
            {"anchor": range(items), "share": share, "answer_ok": (rng.random(items) < rate).astype(int)}
        )
        for share, rate in rates.items()
    ]
    return pd.concat(frames, ignore_index=True)


def test_a_planted_trend_comes_out_and_a_flat_one_does_not():
    rising = odds_trend(answers({0: 0.3, 0.5: 0.5, 1: 0.7}))
    assert rising["odds_ratio_low"] < (0.7 / 0.3) ** 2 < rising["odds_ratio_high"]
    assert rising["trend_p"] < 1e-6
    flat = odds_trend(answers({0: 0.5, 0.5: 0.5, 1: 0.5}))
    assert flat["odds_ratio_low"] < 1 < flat["odds_ratio_high"]


@pytest.mark.parametrize("rates", [{0: 0, 1: 1}, {0: 1, 1: 1}, {0: 0, 0.5: 0.5, 1: 1}])
def test_an_unbounded_trend_is_left_out(rates):
    assert odds_trend(answers(rates)) == {}


def test_the_slope_is_the_change_from_none_to_all():
    assert slope([0.2, 0.4, 0.6], [0, 0.5, 1]) == pytest.approx(0.4)


@pytest.mark.parametrize("name", CURVES)
def test_a_planted_threshold_is_found_where_it_is_and_a_straight_line_has_none(name):
    """Two seeds that differ by chance alone; 0.05 of straight lines may have a change point."""
    planted = CURVES[name].change_point
    found = find_change_points(CURVES[name].rates, runs=100, seeds=2, items=300)
    if planted is None:
        assert sum(place is not None for place in found) <= 10
    else:
        assert sum(place == planted for place in found) >= 95


def test_two_seeds_miss_a_spread_between_trainings_that_one_seed_misses_more():
    """As docs/dose.md says: trainings that differ by 6 points make steps and bends that are not there."""
    wrong = {
        seeds: sum(
            place is not None
            for place in find_change_points(
                CURVES["flat"].rates, runs=60, seeds=seeds, items=400, run_sd=0.06
            )
        )
        for seeds in (1, 2)
    }
    assert wrong[1] >= 30 > wrong[2] >= 4


def test_one_slope_does_not_tell_a_threshold_from_a_line_but_the_steps_do():
    shares, line, threshold = [0, 0.5, 1], [0.2, 0.4, 0.6], [0.2, 0.2, 0.6]
    assert slope(line, shares) == pytest.approx(slope(threshold, shares))
    drawn = np.random.default_rng(0).normal(0, 0.01, (1000, 3))
    straight = contrast_doses(line, line + drawn, shares, 0.05)
    bent = contrast_doses(threshold, threshold + drawn, shares, 0.05)
    assert list(straight["excess"]) == pytest.approx([0, 0]) and not straight["change_point"].any()
    assert list(bent["excess"]) == pytest.approx([-0.2, 0.2]) and list(bent["change_point"]) == [0, 1]
    assert list(bent["differs"]) == [0, 1] and list(bent["difference"]) == pytest.approx([0, 0.4])


def test_a_fall_has_its_change_point_where_it_falls():
    drawn = np.random.default_rng(0).normal(0, 0.01, (1000, 4))
    means = np.array([0.8, 0.8, 0.4, 0.4])
    assert list(contrast_doses(means, means + drawn, [0, 0.25, 0.5, 1], 0.05)["change_point"]) == [0, 1, 0]


def test_two_shares_are_one_step_without_a_bend():
    drawn = np.random.default_rng(0).normal(0.5, 0.01, (1000, 2))
    (step,) = contrast_doses([0.5, 0.5], drawn, [0, 1], 0.05).to_dict("records")
    assert pd.isna(step["excess"]) and step["change_point"] == 0 and step["p"] > 0.05


@pytest.mark.parametrize(("datasets", "models"), [(DATASETS, MODELS[:2]), (DATASETS[:1], MODELS[:1])])
def test_tables_are_whole_and_the_figure_is_legible(datasets, models, tmp_path, monkeypatch):
    grid, items = Grid(datasets, models, ARMS), dict.fromkeys(DATASETS, 60)
    scores = read_scores(write_scores(tmp_path, datasets, models, ARMS, [0, 1], items=items))
    dose, trend, contrasts = dose_tables(in_pairs(scores), grid, SETTINGS)
    assert find_faults("tables/dose.csv", dose) == []
    assert len(dose) == len(datasets) * len(models) * len(ARMS)
    assert list(dose["share"].dropna().unique()) == [0, 0.25, 0.5, 0.75, 1]
    assert dose.eval("answer_low <= answer_acc <= answer_high").all()
    assert len(trend) == len(datasets) * len(models) and set(trend["shares"]) == {5}
    assert len(contrasts) == 4 * len(trend) and set(contrasts["clusters"]) == {30}
    assert list(contrasts["from_share"][:4]) == [0, 0.25, 0.5, 0.75]
    accuracy = dose.set_index(["dataset", "model", "share"])["answer_acc"]
    for _, step in contrasts.iterrows():
        low, high = (
            accuracy[step["dataset"], step["model"], step[end]] for end in ("from_share", "to_share")
        )
        assert step["difference"] == pytest.approx(high - low)
    shown = (show_dose(dose), show_trend(trend), show_contrasts(contrasts))
    assert "nan" not in "".join(table.to_string() for table in shown)
    figure = plot_dose(dose, trend, contrasts, "aligned", grid, NOTE)
    assert NOTE in assert_legible(figure, monkeypatch)
    assert figure.get_figheight() <= PAGE_HEIGHT


def test_a_wrong_share_and_a_telling_filler_are_refused():
    questions = [make_question("babi", id=f"babi-{number}") for number in range(8)]
    traces = build_traces(questions, "mixed_50", seed=0)
    with pytest.raises(VerificationError, match="4 of 8 traces are right, not 75 %"):
        verify_traces(questions, [replace(trace, arm="mixed_75") for trace in traces])
    filler = build_traces(questions, "filler", seed=0)
    told = replace(filler[3], target=filler[3].target.replace("words", "hallway"))
    with pytest.raises(VerificationError, match="the filler differs from that of other questions"):
        verify_traces(questions, [*filler[:3], told, *filler[4:]])
    empty = build_trace(questions[0], "empty_trace", seed=0)
    for target in ("<think> </think>", "<think>mix</think>"):
        with pytest.raises(VerificationError, match="not 0 words long"):
            changed = empty.target.replace("<think></think>", target)
            verify_traces(questions, [replace(empty, target=changed)])


def test_shares_are_exact_by_rank():
    questions = [make_question("babi", id=f"babi-{number}") for number in range(200)]
    for arm, share in MIXTURES.items():
        traces = verify_traces(questions, build_traces(questions, arm, seed=3))
        assert sum(trace.verdict["class"] for trace in traces) == 2 * share
