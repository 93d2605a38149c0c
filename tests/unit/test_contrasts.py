"""Contrasts of arms under every judgement: by hand, planted in the mixed model, and as a figure."""

import itertools
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from support.examples import ROOT, make_question
from support.figures import NOTE, assert_legible
from support.run_data import run_script
from tracekd.core.records import Generation, write_records
from tracekd.datasets.rows import Grid
from tracekd.figures.contrasts import plot_contrasts
from tracekd.figures.style import FORMATS, PAGE_HEIGHT, TEXT_WIDTH
from tracekd.scoring.variations import Variation, vary
from tracekd.statistics.bootstrap import draw_clustered_means, interval
from tracekd.statistics.mixed import fit_mixed
from tracekd.statistics.settings import read_settings
from tracekd.tables.contrasts import (
    COLUMNS,
    answers_frame,
    contrasts_table,
    judgement_title,
    show_contrasts,
    variations_frame,
)
from tracekd.tables.mixed_model import mixed_model_table, show_mixed_model

ARMS = ["none", "correct", "incorrect"]
GRID = Grid(["cotempqa"], ["m"], ARMS)
SETTINGS = read_settings(ROOT / "config/statistics.yaml")
RUN = {"dataset": "cotempqa", "model": "m", "seed": 1}
IDS = ["a", "b", "c", "d"]
ANCHORS = pd.Series(
    ["Ann", "Ann", "Bob", "Cid"],
    pd.MultiIndex.from_product([["cotempqa"], IDS], names=["dataset", "id"]),
    name="anchor",
)
# by arm: published, published with Q5 off, aligned, readable, tolerant
VERDICTS = {
    "none": ("1100", "1100", "1100", "1111", "1100"),
    "correct": ("1110", "1010", "0010", "1011", "1110"),
}


def answers(verdicts=VERDICTS):
    """Answers of four items in two arms."""
    scores, varied = [], []
    for arm, (published, q5_off, aligned, readable, tolerant) in verdicts.items():
        for scorer, flags in (("published", published), ("aligned", aligned)):
            frame = pd.DataFrame({"id": IDS, "answer_ok": list(map(int, flags))})
            scores.append(frame.assign(**RUN, arm=arm, scorer=scorer))
        columns = ([flag == "1" for flag in one] for one in (readable, tolerant, q5_off))
        flags = zip(IDS, *columns, strict=True)
        varied.append(variations_frame([Variation(*one) for one in flags], **RUN, arm=arm))
    return answers_frame(pd.concat(scores), pd.concat(varied), ANCHORS)


def test_an_answer_is_judged_with_q5_off_and_by_the_tolerant_reader():
    question = make_question("cotempqa")
    prose = Generation(question.id, "0" * 64, " and ".join(question.answers), None, None, None)
    named = Generation(question.id, "0" * 64, str([*question.answers, "Irving Segal"]), None, None, None)
    assert vary([question], [prose, named], "none", by_published=True) == [
        Variation(question.id, readable=False, tolerant_ok=True, q5_off_ok=True),
        Variation(question.id, readable=True, tolerant_ok=None, q5_off_ok=False),
    ]
    assert [one.q5_off_ok for one in vary([question], [named], "none", by_published=False)] == [None]


def test_the_table_counts_by_hand():
    table = contrasts_table(answers(), GRID)
    assert table.columns.tolist() == COLUMNS
    rows = table.set_index(["scorer", "quirk", "items"])[["arm", "other", "n", "clusters", "difference"]]
    assert {key: (*row,) for key, *row in rows.itertuples()} == {
        ("published", "all_on", "all"): ("correct", "none", 4, 3, 0.25),
        ("published", "all_on", "readable"): ("correct", "none", 3, 3, pytest.approx(1 / 3)),
        ("published", "Q5_off", "all"): ("correct", "none", 4, 3, 0.0),
        ("published", "Q5_off", "readable"): ("correct", "none", 3, 3, pytest.approx(1 / 3)),
        ("aligned", "all_on", "all"): ("correct", "none", 4, 3, -0.25),
        ("aligned", "all_on", "readable"): ("correct", "none", 3, 3, 0.0),
        # only the item that aligned cannot read is judged anew
        ("aligned", "all_on", "tolerant"): ("correct", "none", 4, 3, 0.0),
    }
    assert (table["item_low"] < table["difference"]).all()
    assert show_contrasts(table)["Judgement"].tolist()[:3] == [
        "published",
        "published, readable",
        "published, Q5 off",
    ]


def test_items_of_only_one_arm_and_judgements_without_items_are_left_out():
    found = answers({**VERDICTS, "correct": ("1110", "1010", "0010", "0000", "1110")})
    table = contrasts_table(found[(found["arm"] == "none") | (found["id"] != "a")], GRID)
    assert set(table["items"]) == {"all", "tolerant"}
    assert set(table["n"]) == {3}


def test_a_claimed_pair_stands_in_its_direction_whatever_the_order_of_the_config():
    turned = Grid(GRID.datasets, GRID.models, list(reversed(GRID.arms)))
    keys = ["arm", "other", "scorer", "quirk", "items"]
    table, other = (contrasts_table(answers(), grid).set_index(keys)["difference"] for grid in (GRID, turned))
    assert table.to_dict() == other.to_dict()
    assert {pair[:2] for pair in table.index} >= {("correct", "none")}


def planted(seed=0, effect=(0.0, -0.1), spread=0.3):
    """Differences of 300 items of two judges in clusters of very different size."""
    rng = np.random.default_rng(seed)
    anchors = pd.Series(np.sort(rng.integers(0, 120, 300))).astype(str)
    shared = rng.normal(0, spread, 120)[anchors.astype(int)]
    items = shared + rng.normal(0, 0.3, 300)
    judges = {judge: items + value + rng.normal(0, 0.1, 300) for judge, value in enumerate(effect)}
    return pd.DataFrame(judges), anchors


def test_the_mixed_model_agrees_with_the_cluster_bootstrap_on_planted_effects():

    differences, anchors = planted()
    weights = np.array([[1, 0], [0, 1], [-1, 1]])
    fit = fit_mixed(differences, anchors, weights)
    assert fit.note == ""
    values = differences.to_numpy() @ weights.T
    draws = draw_clustered_means(values, anchors, SETTINGS.bootstrap.resamples, SETTINGS.bootstrap.seed)
    lows, highs = np.array([interval(column) for column in draws.T]).T
    # the model weighs clusters nearly alike, the mean their items
    assert fit.estimates == pytest.approx(values.mean(axis=0), abs=0.02)
    assert fit.highs - fit.lows == pytest.approx(highs - lows, rel=0.25)
    assert fit.lows[2] < -0.1 < fit.highs[2] < 0


def test_the_interval_of_the_mixed_model_holds_the_planted_effect():
    held = []
    for seed in range(40):
        fit = fit_mixed(*planted(seed), np.eye(2))
        held += list((fit.lows <= [0.0, -0.1]) & (fit.highs >= [0.0, -0.1]))
    assert np.mean(held) > 0.87


def test_order_of_rows_and_size_of_blocks_do_not_matter(monkeypatch):
    differences, anchors = planted()
    whole = fit_mixed(differences, anchors, np.eye(2))
    shuffled = differences.sample(frac=1, random_state=0)
    monkeypatch.setattr("tracekd.statistics.mixed.BLOCK", 1)
    again = fit_mixed(shuffled, anchors.loc[shuffled.index], np.eye(2))
    assert np.allclose(whole.estimates, again.estimates, atol=1e-5)
    assert np.allclose(whole.lows, again.lows, atol=1e-4)


def test_judges_that_agree_are_one_and_what_cannot_be_fitted_says_so():
    differences, anchors = planted()
    twice = differences[[0]].assign(again=differences[0])
    fit = fit_mixed(twice, anchors, np.array([[1, 0], [0, 1], [-1, 1]]))
    assert fit.estimates[0] == fit.estimates[1] and (fit.lows[2], fit.highs[2]) == (0, 0)
    alone = fit_mixed(differences[[0]], pd.Series(range(300)), np.eye(1))
    assert np.isnan(alone.estimates).all() and alone.note == "every cluster holds one verdict"
    same = fit_mixed(differences * 0, anchors, np.eye(2))
    assert (same.estimates == 0).all() and np.isnan(same.lows).all() and same.note


def made_up(datasets, models, arms, seeds, items=60):
    """Answers of a whole run, of which bAbI does not know Q5."""
    rng = np.random.default_rng(0)
    rows = [
        (dataset, model, arm, seed, f"{dataset}-{item}", f"{item // 3}", scorer, quirk, kind, True, answer)
        for dataset, model, arm, seed in itertools.product(datasets, models, arms, range(seeds))
        for item in range(items)
        for answer in [float(rng.random() < 0.5)]
        for scorer, quirk, kind in (
            ("published", "all_on", "all"),
            ("published", "Q5_off", "all"),
            ("aligned", "all_on", "all"),
            ("aligned", "all_on", "tolerant"),
        )
    ]
    columns = ["dataset", "model", "arm", "seed", "id", "anchor", "scorer", "quirk", "items", "readable"]
    frame = pd.DataFrame(rows, columns=[*columns, "answer_ok"])
    off = (frame["quirk"] == "Q5_off") & (frame["dataset"] != "babi")
    frame.loc[off, "answer_ok"] = 1 - frame.loc[off, "answer_ok"]
    return frame


@pytest.fixture(
    scope="module",
    params=[
        (["cotempqa", "babi"], ["Llama-3.2-1B-Instruct", "Qwen3-1.7B"], ARMS, 1),
        (["cotempqa", "ms_marco", "babi"], ["Llama-3.1-8B-Instruct", "b", "c", "d"], ARMS, 3),
        (["babi"], ["m"], ["none", "correct"], 1),
    ],
)
def grid_and_contrasts(request):
    *names, seeds = request.param
    grid = Grid(*names)
    return grid, contrasts_table(made_up(*names, seeds), grid)


@pytest.mark.parametrize("note", ["", NOTE])
def test_the_figure_is_legible(grid_and_contrasts, note, monkeypatch):
    grid, contrasts = grid_and_contrasts
    figure = plot_contrasts(contrasts, grid, note)
    words = assert_legible(figure, monkeypatch)
    assert figure.get_figwidth() == TEXT_WIDTH
    assert figure.get_figheight() <= PAGE_HEIGHT + 1e-9
    assert ("no data" in words) == (len(grid.arms) == 2)
    assert ("published, Q5 off" in words) == ("cotempqa" in grid.datasets)
    plt.close(figure)


def test_the_mixed_table_names_judges_and_their_distances():
    table = mixed_model_table(made_up(["cotempqa"], ["m", "k"], ARMS, 1), GRID, SETTINGS)
    assert len(table) == 3 * 5
    assert set(table["runs"]) == {2} and set(table["clusters"]) == {20}
    assert table["against"].tolist()[:5] == ["", "", "", "published", "published"]
    shown = show_mixed_model(table)
    assert shown["Judgement"].tolist()[4] == "aligned less published"


def test_judgements_have_names():
    assert judgement_title("published", "Q5_off", "readable") == "published, Q5 off, readable"
    assert judgement_title("aligned", "all_on", "all") == "aligned"


def test_the_scripts_write_every_file(tmp_path):
    question = replace(make_question("cotempqa"), split="test")
    asked = [question]
    files = {"questions": [str(tmp_path / "questions/cotempqa.jsonl")], "generations": [], "scores": []}
    write_records(asked, files["questions"][0])
    for arm, text in {"none": str(list(question.answers)), "correct": "Answer: none"}.items():
        files["generations"].append(str(tmp_path / f"generations/cotempqa/m/{arm}/seed7.jsonl"))
        write_records([Generation(question.id, "0" * 64, text, None, None, None)], files["generations"][-1])
        for scorer in ("published", "aligned"):
            path = tmp_path / f"scores/cotempqa/m/{arm}/seed7.{scorer}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"id,class,answer_ok\n{question.id},mix,{int(arm == 'none')}\n", "utf-8")
            files["scores"].append(str(path))
    files["settings"] = str(ROOT / "config/statistics.yaml")
    names = {"datasets": ["cotempqa"], "models": ["m"], "arms": ["none", "correct"]}
    tables = {
        f"{name}_{kind}": str(tmp_path / f"tables/{name}.{kind}")
        for name in ("contrasts", "mixed_model")
        for kind in ("csv", "md")
    }
    scorers = {"scorers": ["published", "aligned"]}
    run_script("tabulate_contrasts", files, tables, names | scorers, tmp_path / "log")
    table = pd.read_csv(tables["contrasts_csv"])
    assert table["difference"].tolist() == [-1.0] * 4
    assert pd.read_csv(tables["mixed_model_csv"])["note"].notna().all()
    figure = {kind: str(tmp_path / f"figures/contrasts.{kind}") for kind in FORMATS}
    source = {"contrasts": tables["contrasts_csv"]}
    run_script("plot_contrasts", source, figure, names | {"note": ""}, tmp_path / "log")
    assert (tmp_path / "figures/contrasts.png").stat().st_size
