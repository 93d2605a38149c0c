"""Contrasts of arms on the released generations: which signs survive the scorer, and with what intervals."""

import pandas as pd
import pytest
from tracekd.datasets import get_dataset
from tracekd.datasets.rows import Grid
from tracekd.scoring import get_scorer
from tracekd.scoring.variations import vary
from tracekd.tables.contrasts import answers_frame, contrasts_table, variations_frame
from tracekd.traces.arms import PROMPT_ONLY

LLAMA, QWEN = "Llama-3.2-1B-Instruct", "Qwen3-1.7B"
GRID = Grid(["cotempqa", "babi"], [LLAMA, QWEN], ["none", "correct", "incorrect"])
PUBLISHED, Q5_OFF, ALIGNED = ("published", "all_on"), ("published", "Q5_off"), ("aligned", "all_on")


@pytest.fixture(scope="module")
def contrasts(released):
    """The table, differences and intervals in points."""
    scores, varied, anchors = [], [], {}
    for name in GRID.datasets:
        questions, generations = released(name)
        tests = [question for question in questions if question.split == "test"]
        anchors |= {(name, question.id): get_dataset(name).anchor(question) for question in tests}
        for (model, arm), outputs in generations.items():
            if arm == PROMPT_ONLY:
                continue
            run = {"dataset": name, "model": model, "arm": arm, "seed": 42}
            varied.append(variations_frame(vary(questions, outputs, arm, by_published=True), **run))
            for scorer in ("published", "aligned"):
                judged = get_scorer(scorer).judge(questions, outputs, arm)
                frame = pd.DataFrame([(one.id, one.answer_ok) for one in judged], columns=["id", "answer_ok"])
                scores.append(frame.assign(**run, scorer=scorer))
    index = pd.MultiIndex.from_tuples(anchors, names=["dataset", "id"])
    clusters = pd.Series(list(anchors.values()), index, name="anchor")
    table = contrasts_table(answers_frame(pd.concat(scores), pd.concat(varied), clusters), GRID)
    points = ["difference", "low", "high", "item_low", "item_high"]
    return table.assign(**{name: 100 * table[name] for name in points})


def pick(table, model, judgement, items="all", arm="incorrect", other="correct", dataset="cotempqa"):
    """The one row with these values."""
    values = {"dataset": dataset, "model": model, "items": items, "arm": arm, "other": other}
    values |= dict(zip(("scorer", "quirk"), judgement, strict=True))
    chosen = (table[list(values)] == pd.Series(values)).all(axis=1)
    return table[chosen].squeeze()


def test_clusters_take_away_what_independent_items_seem_to_show(contrasts):
    # an independent bootstrap of clusters gave correct - incorrect 3.4 [-0.7, 7.5], items 3.4 [0.1, 6.4]
    row = pick(contrasts, LLAMA, PUBLISHED)
    assert (row["n"], row["clusters"]) == (950, 627)
    assert row["difference"] == pytest.approx(-3.37, abs=0.01)
    assert [row["item_low"], row["item_high"]] == pytest.approx([-6.4, -0.1], abs=0.2)
    assert [row["low"], row["high"]] == pytest.approx([-7.5, 0.7], abs=0.25)


def test_correct_lies_below_none_in_every_run_and_under_every_judgement(contrasts):
    rows = contrasts[(contrasts["arm"] == "correct") & (contrasts["other"] == "none")]
    assert len(rows) == 3 * 7
    assert (rows["difference"] < 0).all()
    published = rows[(rows["scorer"] == "published") & (rows["quirk"] == "all_on") & (rows["items"] == "all")]
    assert published["difference"].tolist() == pytest.approx([-5.26, -3.47, -2.13], abs=0.01)


def test_the_advantage_of_incorrect_traces_hangs_on_one_quirk(contrasts):
    found = [pick(contrasts, QWEN, one) for one in (PUBLISHED, Q5_OFF, ALIGNED)]
    assert [row["difference"] for row in found] == pytest.approx([2.11, -4.21, -4.21], abs=0.01)
    assert all(row["low"] < 0 < row["high"] for row in found)


def test_a_part_of_the_contrasts_is_form(contrasts):
    pair = {"arm": "incorrect", "other": "none"}
    found = [pick(contrasts, QWEN, ALIGNED, items, **pair) for items in ("all", "readable", "tolerant")]
    assert [row["difference"] for row in found] == pytest.approx([-14.63, -9.68, -9.37], abs=0.01)
    assert [row["n"] for row in found] == [950, 805, 950]
    babi = [pick(contrasts, LLAMA, PUBLISHED, items, dataset="babi") for items in ("all", "readable")]
    assert [row["difference"] for row in babi] == pytest.approx([-8.24, -0.29], abs=0.01)
