"""The page of the real language model: its numbers are those of the tables kept beside it."""

import pandas as pd
from support.examples import ROOT
from support.looked_up import LOOKED_UP, find_wrong

PAGE = ROOT / "docs/small_llm.md"
KEPT = ROOT / "docs/small_llm"


def test_every_number_that_names_its_table_is_that_of_the_table():
    assert len(LOOKED_UP.findall(PAGE.read_text("utf-8"))) > 100
    assert not find_wrong(PAGE, KEPT)


def test_what_the_page_says_without_a_number():
    contrasts = pd.read_csv(KEPT / "contrasts.csv").query("scorer == 'aligned' and other == 'none'")
    assert (contrasts["difference"] < 0).all()
    set_traces = pd.read_csv(KEPT / "interventions.csv").query("dataset == 'cotempqa'")
    wrong = set_traces.query("condition == 'wrong_facts'").set_index("arm")
    assert wrong.loc["correct", "true"] == 0 and wrong.loc["incorrect_matched", "follows"] == 0
    results = pd.read_csv(KEPT / "results.csv").query("scorer == 'aligned'")
    assert (results.query("arm == 'prompt_only'")["answer_acc"] == 0).all()
    cotempqa = results.query("dataset == 'cotempqa' and arm != 'prompt_only'").set_index("arm")
    above = cotempqa.index[cotempqa["answer_acc"] > cotempqa["baseline"]]
    assert list(above) == ["none"] and (cotempqa["answer_low"] < cotempqa["baseline"]).all()
    babi = contrasts.query("dataset == 'babi'")
    assert ((babi["low"] < 0) & (babi["high"] > 0)).all()


def test_what_the_page_says_of_the_experiment_without_a_number():
    effects = pd.read_csv(KEPT / "experiment_effects.csv").set_index(["dataset", "arm", "estimand"])
    looks = effects.groupby(["dataset", "arm"])["looks_like"].first().unstack("dataset")
    assert set(looks.loc["correct"]) == {"copies the trace"}
    assert set(looks.loc["incorrect_matched"]) == {"undecided"}
    correct, incorrect = effects.loc[("cotempqa", "correct")], effects.loc[("cotempqa", "incorrect_matched")]
    # H1, H4: undecided after incorrect traces, and neither small nor an avoidance
    for estimand in ("trace:wrong_near@intact", "avoidance:wrong_near"):
        assert incorrect.loc[estimand, "low"] < 0 < incorrect.loc[estimand, "high"]
        assert incorrect.loc[estimand, "equivalence_p"] > 0.05
        assert correct.loc[estimand, "high"] < -1
    assert correct.loc["level:wrong_near@intact", "high"] < 0
    # H3
    for arm in (correct, incorrect):
        assert arm.loc["natural_direct", "estimate"] > 0.8 * arm.loc["total", "estimate"]
    indirect = [arm.loc["natural_indirect", "estimate"] for arm in (correct, incorrect)]
    assert 1.8 < indirect[0] / indirect[1] < 2.2
    # H5
    assert incorrect.loc["trace:gold_paraphrased@intact", "equivalence_p"] < 0.05
    assert correct.loc["trace:gold_paraphrased@intact", "high"] < -1
    for arm in (correct, incorrect):
        assert arm.loc["mistake", "equivalence_p"] < 0.05
    assert correct.loc["cue:empty", "low"] > 1 and incorrect.loc["cue:empty", "equivalence_p"] < 0.05


def test_one_question_decides_about_an_effect():
    effects = pd.read_csv(KEPT / "experiment_effects.csv")
    found = effects.query("dataset == 'cotempqa' and arm == 'incorrect_matched'").set_index("estimand")
    effect = found.loc["trace:wrong_near@intact"]
    largest = pd.read_csv(KEPT / "experiment_largest.csv").query("arm == 'incorrect_matched'")
    odds = largest.set_index("trace")["log_odds"]
    items = pd.read_csv(KEPT / "experiment_largest.csv")["id"].unique()
    # its opposed answer is the one that the near wrong trace implies, with or without that trace
    without = (effect["n"] * effect["estimate"] - (odds["wrong_near"] - odds["gold"])) / (effect["n"] - 1)
    assert f"{items[0]}" in PAGE.read_text("utf-8") and f"would be +{without:.1f} nats" in PAGE.read_text(
        "utf-8"
    )
