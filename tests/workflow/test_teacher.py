"""Every arm of a teacher's words through the whole DAG: asked over HTTP, trained on, compared."""

import json

import pandas as pd
import pytest
from support.columns import check_columns
from support.workflow import SMOKE, copy_project, digests, snakemake

pytestmark = pytest.mark.workflow
TEACHER = [*SMOKE, "tests/workflow/teacher.yaml"]
CONTROLS = ["correct_padded", "filler_r1_length"]
ARMS = ["none", "correct", "r1", "r1_summary", "r1_explanation", "r1_swapped", *CONTROLS]
FIGURES = ["trace_types_babi", "trace_value_babi.aligned", "trade_off_babi"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project in which the teacher's arms were asked for, trained on and compared."""
    folder = copy_project(tmp_path_factory.mktemp("teacher") / "project")
    snakemake(folder, *(f"figures/smoke/{name}.pdf" for name in FIGURES), *TEACHER)
    return folder


def read_lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_kinds_of_traces_are_compared_on_the_same_questions(project):
    types = pd.read_csv(project / "results/smoke/tables/trace_types.csv").set_index("arm")
    assert list(types.index) == ARMS
    assert types["n"].nunique() == 1 and types["n"].iloc[0] > 400
    assert types.loc["none", "words"] == 0 and types.loc["r1", "words"] > types.loc["correct", "words"]
    assert (types.loc[["correct", "correct_padded"], "verified"] == 1).all()
    assert types.loc["filler_r1_length", "words"] == types.loc["r1", "words"]
    assert (types.loc[["r1", "r1_summary", "r1_explanation"], "truncated"] < 0.1).all()
    assert types.loc["r1", "truncated"] > 0  # the synthetic teacher's share that is cut off
    value = pd.read_csv(project / "results/smoke/tables/trace_value.csv")
    n = value.groupby("questions")["n"].unique()
    assert n["all"] == [200] and len(n["kept"]) == 1 and n["kept"][0] < 200
    # 8 new tokens hardly finish a trace
    assert (value.query("arm == 'r1'")["cut"] > 0.5).all()
    for name in FIGURES:
        assert (project / f"figures/smoke/{name}.png").stat().st_size > 10_000


def test_every_csv_file_has_the_columns_of_its_page(project):
    assert check_columns(project / "results/smoke") > 10


def test_every_row_is_that_of_its_question(project):
    folder = project / "results/smoke"
    train = {one["id"] for one in read_lines(folder / "questions/babi.jsonl") if one["split"] == "train"}
    responses = {one["id"]: one for one in read_lines(folder / "teacher/babi/r1.jsonl")}
    for arm in ARMS:
        traces = read_lines(folder / f"traces/babi/{arm}.jsonl")
        assert {one["id"] for one in traces} == train and len(traces) == len(train)
        own = [one["text"] == responses[one["id"]]["reasoning"] for one in traces]
        assert all(own) if arm == "r1" else not any(own)
        if arm in CONTROLS:
            lengths = [(one, len(responses[one["id"]]["reasoning"].split())) for one in traces]
            assert all(len(one["text"].split()) >= length for one, length in lengths)


def test_a_second_run_asks_nothing_and_a_lost_file_comes_back_from_the_cache(project):
    tables = [f"figures/smoke/{name}.pdf" for name in FIGURES]
    assert "Nothing to be done" in snakemake(project, *tables, *TEACHER)
    cache = (project / "work/smoke/cache.jsonl").read_bytes()
    before = digests(project, "results/smoke/teacher/babi/*.jsonl")
    (project / "results/smoke/teacher/babi/r1.jsonl").unlink()
    snakemake(project, "results/smoke/teacher/babi/r1.jsonl", *TEACHER)
    assert digests(project, "results/smoke/teacher/babi/*.jsonl") == before
    assert (project / "work/smoke/cache.jsonl").read_bytes() == cache
