"""What the reviewer's page holds: verdicts as flags, steps in order, jobs of its files, the same bytes."""

import re
from contextlib import chdir

import pandas as pd
import pytest
from support.examples import make_question
from support.own_datasets import add_own_datasets, kept_registries, make_own
from support.page_run import COMMIT, FOLDER, RUN, WALL_S, build, make_questions, read_part
from tracekd.core.records import Generation
from tracekd.core.tables import read_table
from tracekd.datasets import get_dataset
from tracekd.page.build import Part, pack, write_page
from tracekd.page.data import Facts, list_limits, say_arm, write_caption
from tracekd.page.items import Cell, describe_cell, flags, read_score, show_value
from tracekd.page.sources import describe_jobs, find_jobs
from tracekd.scoring import Scorer, add_scorer, aligned, get_scorer
from tracekd.scoring.score import write_scores
from tracekd.traces.arms import get_arm
from tracekd.traces.build import build_traces

TEMPLATE = """<title>{{ title }}</title>
{% for id, text in parts %}<script id="part.{{ id }}">{{ text }}</script>{% endfor %}"""
FACTS = Facts("r", "snakemake", "made up", [], False, {}, {}, [0], {})


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    questions = {"cotempqa": make_questions("cotempqa", 6)}
    return build(tmp_path_factory.mktemp("page"), questions, ["published", "aligned"])


def test_a_verdict_that_is_undefined_is_neither_right_nor_wrong():
    assert flags(pd.Series([1.0, 0.0, None, 1.0])) == "10-1"


def test_facts_of_the_context_are_indices_and_other_texts_stay():
    question = make_question()
    step = get_dataset("cotempqa").step("facts")
    stated = frozenset({question.context[2], "Nobody works here.", question.context[0]})
    assert show_value(question, step, stated) == [0, 2, "Nobody works here."]
    assert show_value(question, step, None) is None


def test_a_fact_that_stands_twice_is_named_by_its_first_place():
    question = make_question(context=("A.", "B.", "A."), gold_facts=(0,))
    assert show_value(question, get_dataset("cotempqa").step("facts"), frozenset({"A."})) == [0]


def test_the_flags_of_an_item_are_those_of_its_score_file(page):
    cells = read_part(page, "items.cotempqa.m")
    for cell in cells:
        for scorer, judged in cell["judged"].items():
            table = read_table(page.parent / f"scores/cotempqa/m/{cell['arm']}/seed0.{scorer}.csv")
            assert judged["answer"] == flags(table["answer_ok"])
            assert judged["parts"]["trace"] == flags(table["trace_ok"])
            assert len(cell["rows"]) == len(table) == 6


def test_three_steps_and_an_own_scorer_need_no_list_of_names(tmp_path):
    with kept_registries():
        add_own_datasets()
        add_scorer(Scorer("own", aligned.score, ("f1",)))
        questions = [make_own("sums", number) for number in range(4)]
        steps = [step.name for step in get_dataset("sums").steps]
        traces = build_traces(questions, "correct", 0)
        generations = [Generation(one.id, None, one.target, None, None, None) for one in traces]
        scorer = get_scorer("own")
        path = tmp_path / "sums/m/correct/seed0.own.csv"
        write_scores(scorer.score(questions, generations, "correct"), path, scorer.measures, steps)
        scores = {"own": read_score(str(path), [one.id for one in generations])}
        places = {one.id: (place, one) for place, one in enumerate(questions)}
        cell = describe_cell(Cell("sums", "m", "correct", 0, generations, scores), places)
    judged = cell["judged"]["own"]
    assert list(judged["parts"]) == [*steps, "trace"] and len(steps) == 3
    assert set(judged["parts"].values()) == {"1111"} and judged["measures"] == {"f1": [1.0] * 4}
    assert all(len(row[2]) == 3 and None not in row[2] for row in cell["rows"])


def test_an_answer_in_a_teachers_words_is_read_as_the_aligned_scorer_reads_it():
    question = make_question()
    text = "<think>Two overlap.</think> <answer>They were David Widder and Norbert Wiener.</answer>"
    cell = Cell("cotempqa", "m", "r1", 0, [Generation(question.id, None, text, None, None, None)], {})
    (row,) = describe_cell(cell, {question.id: (0, question)})["rows"]
    assert row[3] == ["david widder", "norbert wiener"]


def test_a_number_leads_to_the_job_that_made_it(page):
    sources = read_part(page, "data")["sources"]
    path = f"{FOLDER}/tables/trace_answer_matrix.csv"
    place, digest = sources["files"][path]
    job = sources["jobs"][place]
    assert (job["rule"], job["commit"], job["wall_s"]) == ("tabulate_results", COMMIT, WALL_S)
    assert f"{FOLDER}/scores/cotempqa/m/correct/seed0.aligned.csv" in job["inputs"]
    assert digest == find_digest(page, path)
    assert [row[:2] for row in sources["sums"]] == [
        ["generate", 3],
        ["score_generations", 6],
        ["tabulate_results", 1],
    ]


def find_digest(page, path):
    """What the record says of a file."""
    with chdir(page.parents[2]):
        return find_jobs(RUN, [path])[f"provenance/{RUN}/tabulate_results/all.json"].outputs[path]


def test_files_without_a_record_are_no_error(tmp_path):
    with chdir(tmp_path):
        assert find_jobs(RUN, ["config.yaml"]) == {}
    assert describe_jobs([], ["config.yaml"]) == {"jobs": [], "files": {}, "sums": [], "where": None}


def test_a_caption_becomes_plain_text_with_the_parameters_of_its_job(page):
    captions = {one["caption"] for one in read_part(page, "data")["tables"]}
    assert captions == {"Every number by the aligned scorer."}
    source = "See `the paper <https://example.org>`_: **Run {{ snakemake.config['run'] }}**,\n*all* of it.\n"
    assert write_caption(source, None, {"run": "r"}) == "See the paper: Run r, all of it."


def test_what_is_made_up_and_what_one_seed_cannot_tell_is_said():
    assert len(list_limits(FACTS)) == 2
    limits = " ".join(list_limits(Facts("r", "", "", ["tiny models"], True, {}, {}, [0, 1], {})))
    assert "Not real in this run: tiny models." in limits and "One training seed" not in limits


@pytest.mark.parametrize(
    ("arm", "words"),
    [
        ("correct", "a trace of rule-checkable steps: steps right"),
        ("class_only", "a trace of rule-checkable steps, class right"),
        ("wrong_facts", "a trace of rule-checkable steps: steps right, facts wrong"),
        ("wrong_far", "a trace of rule-checkable steps: steps right, facts wrong (far ones)"),
        ("none", "the answer alone, without a trace"),
        ("filler", "words that have nothing to do with the question, as many as in the trace of correct"),
        (
            "filler_r1_length",
            "words that have nothing to do with the question, as many as in the trace of r1",
        ),
    ],
)
def test_an_arm_is_told_in_words(arm, words):
    assert say_arm(get_arm(arm)) == words


def test_the_same_run_gives_the_same_bytes(page, tmp_path):
    again = build(tmp_path, {"cotempqa": make_questions("cotempqa", 6)}, ["published", "aligned"])
    assert again.read_bytes() == page.read_bytes()


def test_no_text_of_a_model_can_end_a_tag_or_break_the_page(tmp_path):
    text = "</script><script>alert(1)</script> \u2028 \ud800 \x00"
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", pack({"text": text}))
    write_page(
        [Part("data", {"text": text})],
        tmp_path / "index.html",
        tmp_path / "page",
        title="</title><script>",
        template=TEMPLATE,
        style="",
        program="",
        in_one_file=True,
    )
    assert (tmp_path / "index.html").read_text("utf-8").count("<script") == 1
    assert read_part(tmp_path / "index.html", "data") == {"text": text}
    assert list((tmp_path / "page").iterdir()) == []
