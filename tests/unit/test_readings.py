"""How a trace is read: by hand on small texts, in three ways, and on any text at all."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import make_question
from support.run_data import run_script
from tracekd.core.literals import parse_loose_list
from tracekd.core.records import Generation, write_records
from tracekd.scoring.aligned import score_item
from tracekd.scoring.readings import (
    COLUMNS,
    WAYS,
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
    ignored = read(cotempqa, write(cotempqa, [1, 3], ["David Widder", "Norbert Wiener"]))
    assert not ignored.follows and ignored.answer_ok
    assert not read(cotempqa, write(cotempqa, [1, 3], ["Irving Segal"])).follows


def test_gold_facts_are_exact_all_or_any(cotempqa):
    flags = {
        named: (got.facts_exact, got.facts_all, got.facts_any)
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
    assert made_up.implied is made_up.follows is made_up.implied_ok is None


def test_nothing_follows_where_facts_imply_no_answer():
    question = make_question("babi")
    got = read(question, build_trace(question, "correct", seed=0).target)
    assert got.facts_exact and got.answer_ok
    assert got.implied is got.implied_ok is got.follows is got.one_to_one is None


def test_one_to_one_means_that_every_answer_stands_in_one_fact(cotempqa):
    assert is_one_to_one(cotempqa)
    twice = "David Widder works for Harvard University from 1923 to 1967."
    assert not is_one_to_one(make_question("cotempqa", context=(*cotempqa.context, twice)))


def test_verbatim_quotes_count_in_a_list_that_is_none(cotempqa):
    named = f"['{cotempqa.context[0]}', and {cotempqa.context[2]}"
    text = f"<think>{CLASS}{FACTS}{named}</think> <answer>[]</answer>"
    assert read(cotempqa, text).named == ()
    assert read(cotempqa, text, "quoted").facts_exact


@pytest.mark.parametrize(
    "text",
    [
        f"<think>{CLASS}{FACTS}['A's fact.']\n</think>\n\n <answer>['A's']</answer>",
        f"<think>{CLASS}{FACTS}['A's fact.'] <answer>['A's']</answer",
        f"<think>{CLASS}{FACTS}['A's fact.']</think> ['A's']",
        f"<think>{CLASS.replace('in context', 'in the context')}{FACTS}A's fact.</think> <answer>A's",
    ],
)
def test_a_tolerant_reading_takes_unescaped_quotes_and_missing_tags(text):
    question = make_question("cotempqa", context=("A's fact.",), answers=("A's",), gold_facts=(0,))
    strict, tolerant = read(question, text), read(question, text, "tolerant")
    assert not strict.parsed
    assert tolerant.parsed and tolerant.class_ok and tolerant.facts_exact and tolerant.answer_ok


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
        assert got.facts_all >= got.facts_exact and got.facts_any >= got.facts_all
    score = score_item(question, generation(question, text), "correct")
    main = read(question, text)
    assert (main.answer_ok, main.class_ok, main.facts_exact, main.parsed) == (
        score.answer_ok,
        score.class_ok,
        score.facts_ok,
        score.parsed,
    )


def test_the_file_has_one_line_a_way_and_lists_that_can_be_read_back(tmp_path, cotempqa):
    text = write(cotempqa, [1], ["\\ud800 é"])
    write_readings(derive_readings([cotempqa], [generation(cotempqa, text)]), tmp_path / "r.csv")
    raw = (tmp_path / "r.csv").read_bytes()
    assert raw.isascii()
    rows = list(csv.DictReader(raw.decode().splitlines()))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["way"] for row in rows] == list(WAYS)
    assert json.loads(rows[0]["named"]) == [1] and json.loads(rows[0]["implied"]) == ["hubert yockey"]
    assert (rows[0]["class_ok"], rows[0]["facts_exact"], rows[0]["follows"]) == ("1", "0", "0")


def test_the_script_writes_a_file_for_each_file_of_generations(tmp_path, cotempqa):
    questions, cell = tmp_path / "questions" / "cotempqa.jsonl", "cotempqa/m/correct/seed1"
    source, target = tmp_path / "generations" / f"{cell}.jsonl", tmp_path / "readings" / f"{cell}.csv"
    for path in (questions, source):
        path.parent.mkdir(parents=True)
    write_records([cotempqa], questions)
    write_records([generation(cotempqa, "x")], source)
    inputs = {"questions": [str(questions)], "generations": [str(source)]}
    run_script("derive_readings", inputs, {"readings": [str(target)]}, {}, tmp_path / "log")
    assert len(Path(target).read_text().splitlines()) == 1 + len(WAYS)
