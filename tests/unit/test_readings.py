"""How a trace is read: by hand on small texts, in three ways, and on any text at all."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import make_question
from support.run_data import run_script
from tracekd.core.literals import parse_loose_list
from tracekd.core.records import Generation, write_records
from tracekd.datasets import get_dataset
from tracekd.scoring.aligned import score_item
from tracekd.scoring.outputs import WAYS, read_answer
from tracekd.scoring.readings import (
    columns,
    derive_reading,
    derive_readings,
    is_one_to_one,
    write_readings,
)
from tracekd.traces.build import build_trace

CLASS = "The temporal relation between the event in question and the event in context is: mix.\n"
FACTS = "I need to use the following facts to answer the question: "


def generation(question, text):
    return Generation(question.id, "0" * 64, text, None, None, None)


def read(question, text, way="parsed"):
    return derive_reading(question, generation(question, text), way)


@pytest.fixture
def cotempqa():
    return make_question("cotempqa")


def write(question, named, answer):
    """The turn of a model that names these facts of the context."""
    return f"<think>{CLASS}{FACTS}{[question.context[i] for i in named]}</think> <answer>{answer}</answer>"


def test_an_answer_follows_when_it_is_exactly_what_the_named_facts_imply(cotempqa):
    followed = read(cotempqa, write(cotempqa, [1, 3], ["Irving Segal", "Hubert Yockey"]))
    assert followed.named == (1, 3) and not followed.facts_any
    assert followed.implied == followed.answer == {"irving segal", "hubert yockey"}
    assert followed.follows and not followed.answer_ok and not followed.implied_ok
    assert followed.source_ok is False
    ignored = read(cotempqa, write(cotempqa, [1, 3], ["David Widder", "Norbert Wiener"]))
    assert not ignored.follows and ignored.answer_ok
    assert not read(cotempqa, write(cotempqa, [1, 3], ["Irving Segal"])).follows


def test_gold_facts_are_exact_all_or_any(cotempqa):
    flags = {
        named: (got.steps["facts"], got.facts_all, got.facts_any)
        for named in [(0, 2), (0, 1, 2), (0, 1), (1,)]
        for got in [read(cotempqa, write(cotempqa, named, []))]
    }
    assert list(flags.values()) == [(1, 1, 1), (0, 1, 1), (0, 0, 1), (0, 0, 0)]


def test_a_bare_fact_is_named_and_a_made_up_one_is_foreign(cotempqa):
    bare = read(
        cotempqa, f"<think>{CLASS}{FACTS}{cotempqa.context[3]}</think> <answer>['Irving Segal']</answer>"
    )
    assert bare.named == (3,) and bare.foreign == 0 and bare.follows
    made_up = read(
        cotempqa, f"<think>{CLASS}{FACTS}['Irving Segal works for Bell.']</think> <answer>[]</answer>"
    )
    assert made_up.named == () and made_up.foreign == 1
    assert made_up.implied is made_up.follows is made_up.implied_ok is made_up.source_ok is None
    assert made_up.steps["facts"] is False


def test_nothing_follows_where_facts_imply_no_answer():
    question = make_question("babi")
    got = read(question, build_trace(question, "correct", seed=0).target)
    assert got.steps == {"class": True, "facts": True} and got.answer_ok
    assert got.implied is got.source_ok is got.implied_ok is got.follows is got.one_to_one is None


def test_one_to_one_means_that_every_answer_stands_in_one_fact(cotempqa):
    assert is_one_to_one(cotempqa)
    twice = "David Widder works for Harvard University from 1923 to 1967."
    assert not is_one_to_one(make_question("cotempqa", context=(*cotempqa.context, twice)))


def test_verbatim_quotes_count_in_a_list_that_is_none(cotempqa):
    named = f"['{cotempqa.context[0]}', and {cotempqa.context[2]}"
    text = f"<think>{CLASS}{FACTS}{named}</think> <answer>[]</answer>"
    assert read(cotempqa, text).named == ()
    assert read(cotempqa, text, "quoted").steps["facts"]


FACT = "Ann works for King's College in 1912."


@pytest.mark.parametrize(
    "text",
    [
        f"<think>{CLASS}{FACTS}['{FACT}']\n</think>\n\n <answer>['King's College']</answer>",
        f"<think>{CLASS}{FACTS}['{FACT}'] <answer>['King's College']</answer",
        f"<think>{CLASS}{FACTS}['{FACT}']</think> ['King's College']",
        f"<think>{CLASS.replace('in context', 'in the context')}{FACTS}{FACT}</think> <answer>King's College",
    ],
)
def test_a_tolerant_reading_takes_unescaped_quotes_and_missing_tags(text):
    question = replace(EMPLOYED, context=(FACT,), answers=("King's College",), gold_facts=(0,))
    strict, tolerant = read(question, text), read(question, text, "tolerant")
    assert not strict.readable
    assert tolerant.readable and tolerant.answer_ok
    assert tolerant.steps == {"class": True, "facts": True}


EMPLOYED = make_question(
    "cotempqa",
    question="While Ann attended Yale University, which employer did Ann work for at the same time?",
    context=(
        "Ann works for University of Kent in 1912.",
        "Ann works for University of Kent, Medway in 1913.",
        "Ann attended Yale University in 1912.",
    ),
)
KENT, MEDWAY = "university of kent", "university of kent medway"


@pytest.mark.parametrize(
    ("rest", "answer"),
    [
        ("Answer: ['University of Kent']", {KENT}),
        ("The answer is: University of Kent.\n```", {KENT}),
        ("Answer: University of Kent, Medway, University of Kent", {KENT, MEDWAY}),
        (f"['{EMPLOYED.context[1]}']", {MEDWAY}),
        ("Only return the answer.\n(['/University of Kent'])", {KENT}),
        ("[<span>University of Kent</span>]", {KENT}),
        ("While Ann attended Yale University, Ann worked for University of Kent.", {KENT}),
        ("Answer: ['University of Kent', 'Oxford']", {KENT, "oxford"}),
        ("Answer: Oxford", None),
        ("Ann attended Yale University.", None),
        (f"{CLASS}", None),
        (f"{FACTS}['{EMPLOYED.context[0]}']", None),
        ("", None),
    ],
)
def test_the_tolerant_reader_reads_what_the_context_offers(rest, answer):
    expected = None if answer is None else frozenset(answer)
    assert read_answer(EMPLOYED, f"<think>so</think>\n{rest}", with_trace=True) == expected


def test_an_unfinished_trace_has_no_answer_but_a_bare_answer_may_stand_behind_an_open_tag():
    text = "assistant\n<think>\n\n(['/University of Kent'])"
    assert read_answer(EMPLOYED, text, with_trace=True) is None
    assert read_answer(EMPLOYED, text, with_trace=False) == {KENT}


def test_loose_lists_end_items_at_quote_comma_quote():
    assert parse_loose_list("['Christ's College', \"King's\"]") == ["Christ's College", "King's"]
    assert parse_loose_list("['a', \"b'\"]") == ["a", "b'"]
    for text in ("", "[", "[']", "[a]", "['a'", "a", "['"):
        assert parse_loose_list(text) is None


PIECES = ("<think>", "</think>", "<answer>", "</answer>", CLASS, FACTS, "['", "', '", "']", "\n", "\\ud800")
texts = st.lists(st.sampled_from(PIECES) | st.sampled_from(make_question("cotempqa").context), max_size=9)


@settings(max_examples=3_000, deadline=None)
@given(st.sampled_from(["cotempqa", "babi", "ms_marco"]), texts.map("".join) | st.text(max_size=40))
def test_no_text_makes_a_reading_fail_and_the_main_one_agrees_with_the_scorer(dataset, text):
    question = make_question(dataset)
    for way in WAYS:
        got = read(question, text, way)
        assert got.follows is None or got.follows == (got.answer == got.implied)
        assert got.facts_all >= got.steps["facts"] and got.facts_any >= got.facts_all
        assert got.source_ok == (None if got.implied is None else got.steps["facts"])
    score = score_item(question, generation(question, text), "correct")
    main = read(question, text)
    assert (main.answer_ok, main.steps, main.readable) == (score.answer_ok, score.steps, score.readable)


def test_the_file_has_one_line_a_way_and_lists_that_can_be_read_back(tmp_path, cotempqa):
    text = write(cotempqa, [1], ["\\ud800 é"])
    readings = derive_readings([cotempqa], [generation(cotempqa, text)])
    steps = [step.name for step in get_dataset("cotempqa").steps]
    write_readings(readings, tmp_path / "r.csv", steps)
    raw = (tmp_path / "r.csv").read_bytes()
    assert raw.isascii()
    rows = list(csv.DictReader(raw.decode().splitlines()))
    assert list(rows[0]) == columns(steps)
    assert ",".join(rows[0]) == (
        "id,class,way,readable,class_ok,facts_ok,named,foreign,facts_all,facts_any,answer,answer_ok,"
        "implied,source_ok,implied_ok,follows,one_to_one"
    )
    assert [row["way"] for row in rows] == list(WAYS)
    assert json.loads(rows[0]["named"]) == [1] and json.loads(rows[0]["implied"]) == ["hubert yockey"]
    flags = ("class_ok", "facts_ok", "source_ok", "follows", "readable")
    assert [rows[0][name] for name in flags] == ["1", "0", "0", "0", "1"]


def test_the_script_writes_a_file_for_each_file_of_generations(tmp_path, cotempqa):
    questions, cell = tmp_path / "questions" / "cotempqa.jsonl", "cotempqa/m/correct/seed1"
    source, target = tmp_path / "generations" / f"{cell}.jsonl", tmp_path / "readings" / f"{cell}.csv"
    for path in (questions, source):
        path.parent.mkdir(parents=True)
    write_records([replace(cotempqa, split="test")], questions)
    write_records([generation(cotempqa, "x")], source)
    inputs = {"questions": [str(questions)], "generations": [str(source)]}
    run_script("derive_readings", inputs, {"readings": [str(target)]}, {}, tmp_path / "log")
    assert len(Path(target).read_text().splitlines()) == 1 + len(WAYS)
