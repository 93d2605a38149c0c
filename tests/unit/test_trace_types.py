"""Kinds of traces compared: every number by hand, both sets of questions, and figures that can be read."""

from dataclasses import replace
from itertools import product

import pandas as pd
import pytest
from support.examples import make_question
from support.figures import DATASETS, MODELS, NOTE, assert_legible
from support.run_data import write_scores
from tracekd.core.records import Generation, Trace, write_records
from tracekd.datasets.rows import Grid
from tracekd.figures.style import PAGE_HEIGHT
from tracekd.figures.trace_types import plot_trace_types
from tracekd.figures.trace_value import plot_trace_value
from tracekd.tables.scores import read_scores
from tracekd.tables.trace_types import (
    read_lengths,
    read_properties,
    show_types,
    show_value,
    trace_types,
    trace_value,
)
from tracekd.teacher.responses import OK, TRUNCATED, Response
from tracekd.teacher.traces import SOURCES
from tracekd.traces.build import build_traces
from tracekd.traces.properties import measure, mentioned_facts, write_properties
from tracekd.traces.verification import verify_traces

TEACHER_ARMS = list(SOURCES)
ARMS = ["none", "class_only", "correct", "incorrect", "incorrect_matched", *TEACHER_ARMS, "filler"]
ARMS += ["correct_padded", "filler_r1_length"]


def make_trace(text, arm="r1", **verdict):
    return Trace("cotempqa-1", arm, {}, text, "", verdict)


def make_response(number, arm, status=OK):
    reason = "length" if status == TRUNCATED else "stop"
    return Response(f"q{number}", SOURCES[arm], "t", None, "a", "b", reason, status, 5, 5)


@pytest.mark.parametrize(
    ("dataset", "text", "facts"),
    [
        ("cotempqa", "The first: David Widder works for Aberdeen Proving Ground from 1918 to 1919.", {0}),
        ("cotempqa", "It was Irving Segal, not Widder.", {3}),
        ("cotempqa", "Nobody, I think.", set()),
        ("babi", "Mary travelled to the hallway, then Daniel.", {2}),
        ("ms_marco", "I read that the population of Vostria is 210!", {0}),
    ],
)
def test_facts_are_mentioned_by_quote_or_by_name(dataset, text, facts):
    assert mentioned_facts(make_question(dataset), text) == facts


def test_a_trace_is_measured():
    text = "David Widder was there. So was Norbert Wiener."
    (one,) = measure([make_question()], [make_trace(text, conclusion=True)], count_tokens=len)
    assert (one.words, one.tokens, one.context, one.facts, one.gold_facts) == (8, len(text), 4, 2, 1.0)
    assert one.verified is True
    # Flesch (1948): 206.835 - 1.015 * 8 words / 2 sentences - 84.6 * 12 syllables / 8 words
    assert one.reading_ease == pytest.approx(206.835 - 1.015 * 4 - 84.6 * 12 / 8, abs=0.01)
    (empty,) = measure([make_question()], [make_trace("", "none")])
    assert (empty.words, empty.tokens, empty.reading_ease, empty.verified) == (0, None, None, None)


def test_one_wrong_step_makes_a_trace_wrong(question):
    verdicts = {}
    for arm in ("correct", "wrong_class", "wrong_facts", "incorrect_matched"):
        traces = verify_traces([question], build_traces([question], arm, seed=0))
        verdicts[arm] = measure([question], traces)[0].verified
    assert verdicts == {
        "correct": True,
        "wrong_class": False,
        "wrong_facts": False,
        "incorrect_matched": False,
    }


def test_arms_are_described(tmp_path):
    question = make_question()
    questions = [replace(question, id=f"q{number}") for number in range(4)]
    texts = ["one", "one two", "one two three", "Irving Segal and nobody else"]
    traces = [
        replace(make_trace(text, conclusion=text.startswith("one")), id=one.id)
        for one, text in zip(questions, texts, strict=True)
    ]
    path = tmp_path / "cotempqa" / "r1.csv"
    path.parent.mkdir()
    write_properties(measure(questions, traces), path)
    cut = [make_response(number, "r1", TRUNCATED if number < 2 else OK) for number in range(10)]
    grid = Grid(["cotempqa"], [], ["r1"])
    table = trace_types(read_properties([path]), {("cotempqa", "r1"): cut}, grid)
    (row,) = table.to_dict("records")
    assert (row["n"], row["words"], row["words_q1"], row["facts"], row["verified"]) == (
        4,
        2.75,
        1.75,
        0.25,
        0.75,
    )
    assert (row["asked"], row["truncated"]) == (10, 0.2)
    # Wilson (1927) of 3 in 4
    assert (row["verified_low"], row["verified_high"]) == pytest.approx((0.3006, 0.9544), abs=1e-4)
    assert pd.isna(row["tokens"])
    # released responses do not tell why they ended
    unknown = [replace(one, finish_reason=None) for one in cut]
    table = trace_types(read_properties([path]), {("cotempqa", "r1"): unknown}, grid)
    assert table["asked"].isna().all()


@pytest.fixture(params=[(DATASETS, MODELS), (DATASETS[:1], MODELS[:1])], ids=["large", "small"])
def compared(request, tmp_path):
    """Both tables of a made-up run of teacher arms; every third test question is kept."""
    datasets, models = request.param
    items = dict.fromkeys(datasets, 60)
    score_files = write_scores(tmp_path, datasets, models, ARMS, [0, 1], items=items)
    generations = []
    for dataset, model, arm, seed in product(datasets, models, ARMS, [0, 1]):
        path = tmp_path / "generations" / dataset / model / arm / f"seed{seed}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        reasons = ["length" if number < 15 else "stop" for number in range(60)]
        ids = [f"{dataset}-{number}" for number in range(60)]
        write_records(
            [Generation(one, "0" * 64, "", 5, 7, why) for one, why in zip(ids, reasons, strict=True)], path
        )
        generations.append(path)
    properties = []
    for dataset, (place, arm) in product(datasets, enumerate(ARMS)):
        asked = [make_question(dataset, id=f"q{number}") for number in range(12)]
        traces = [
            replace(
                make_trace(" ".join(["word"] * place * (10 + number) * 5), arm),
                id=one.id,
                verdict={"class": None, "facts": None if arm == "none" else number % 4 > 0},
            )
            for number, one in enumerate(asked)
        ]
        path = tmp_path / "properties" / dataset / f"{arm}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_properties(measure(asked, traces, len), path)
        properties.append(path)
    responses = {key: [make_response(0, key[1])] for key in product(datasets, TEACHER_ARMS)}
    grid = Grid(datasets, models, ARMS)
    kept = {dataset: frozenset(f"{dataset}-{number}" for number in range(0, 60, 3)) for dataset in datasets}
    types = trace_types(read_properties(properties), responses, grid)
    scores = read_scores(score_files)
    return grid, scores, types, trace_value(scores, read_lengths(generations), kept, grid)


def test_accuracy_is_given_on_all_and_on_kept_questions(compared):
    grid, scores, _, value = compared
    assert len(value) == 2 * len(grid.datasets) * len(grid.models) * len(ARMS)
    assert dict(value.groupby("questions")["n"].first()) == {"all": 60, "kept": 20}
    assert set(value["cut"]) == {0.25} and set(value["new_tokens"]) == {7}
    cell = scores.query("dataset == @grid.datasets[0] and model == @grid.models[0] and arm == 'r1'")
    kept = cell[[int(name.split("-")[1]) % 3 == 0 for name in cell["id"]]]
    rows = value.query("dataset == @grid.datasets[0] and model == @grid.models[0] and arm == 'r1'")
    rows = rows.set_index("questions")["answer_acc"]
    assert rows["all"] == pytest.approx(cell["answer_ok"].mean())
    assert rows["kept"] == pytest.approx(kept["answer_ok"].mean())


def test_tables_have_no_nan_and_figures_are_legible(compared, monkeypatch):
    grid, _, types, value = compared
    assert "nan" not in show_types(types).to_string() + show_value(value).to_string()
    for dataset in grid.datasets:
        kinds, accuracies = types[types["dataset"] == dataset], value[value["dataset"] == dataset]
        for figure in (
            plot_trace_types(kinds, NOTE),
            plot_trace_value(accuracies, kinds, "aligned", grid, NOTE),
        ):
            words = assert_legible(figure, monkeypatch)
            assert NOTE in words
            assert figure.get_figheight() <= PAGE_HEIGHT
            assert all(map(marks_in_view, figure.axes))


def marks_in_view(axes):
    """Tell whether a panel has marks, all of them within its limits."""
    (left, right), (low, high) = axes.get_xlim(), sorted(axes.get_ylim())
    places = [line.get_xydata()[0] for line in axes.lines]
    return bool(places) and all(left <= x <= right and low <= y <= high for x, y in places)
