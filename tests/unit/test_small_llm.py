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
