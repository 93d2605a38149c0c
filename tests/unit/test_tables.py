"""Tables: numbers that can be counted by hand, order of the config, the same bytes on every run."""

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from support.examples import ROOT, make_question
from support.run_data import make_baselines, run_script, write_scores
from tracekd.core.checks import read_yaml
from tracekd.core.errors import DataError
from tracekd.core.records import write_records
from tracekd.datasets.rows import Grid
from tracekd.labels import show_number
from tracekd.settings.base import Settings
from tracekd.settings.config import Limit
from tracekd.statistics.intervals import wilson_interval
from tracekd.tables.datasets import datasets_table
from tracekd.tables.hyperparameters import hyperparameters_table
from tracekd.tables.matrix import CELLS, conditionals, pool_seeds, trace_answer_matrix
from tracekd.tables.readable import check_readable
from tracekd.tables.results import classes_table, results_table, show_results
from tracekd.tables.scores import accuracies, read_scores
from tracekd.tables.write import markdown, percent, write_csv, write_table

DATASETS, MODELS = ["cotempqa", "babi"], ["Qwen3-1.7B", "Llama-3.2-1B-Instruct"]
ARMS = ["prompt_only", "none", "class_only", "correct", "incorrect"]
GRID = Grid(DATASETS, MODELS, ARMS)
SMALL = {"cotempqa": 24, "babi": 22}


@pytest.fixture
def paths(tmp_path):
    return write_scores(tmp_path, DATASETS, MODELS, ARMS, [0, 1], items=SMALL)


def write_items(folder, seed, answers, traces, arm="correct"):
    """Score file of one seed from two lists of 0 and 1."""
    path = folder / "scores/babi/m" / arm / f"seed{seed}.aligned.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame({"id": range(len(answers)), "class": "counting", "answer_ok": answers})
    frame.assign(class_ok=traces, facts_ok=traces, trace_ok=traces, readable=1).to_csv(path, index=False)
    return path


def test_results_start_with_the_promised_columns(paths):
    table = results_table(read_scores(paths), make_baselines(DATASETS), GRID)
    assert ",".join(table.columns) == (
        "dataset,model,arm,scorer,seeds,n,answer_acc,class_acc,facts_acc,trace_acc,baseline,"
        "answer_sd,class_sd,facts_sd,trace_sd,answer_low,answer_high,readable,answer_acc_readable,"
        "headline,score,score_sd,score_low,score_high"
    )


def test_accuracy_is_the_mean_over_seeds_and_n_that_of_one_seed(tmp_path):
    paths = [
        write_items(tmp_path, 0, [1, 1, 1, 0], [1, 0, 0, 0]),
        write_items(tmp_path, 1, [1, 0, 0, 0], [0] * 4),
    ]
    row = accuracies(read_scores(paths), ["dataset", "scorer"], GRID.steps).iloc[0]
    assert (row["seeds"], row["n"]) == (2, 4)
    assert row["answer_acc"] == 0.5
    assert row["answer_sd"] == pytest.approx(0.5 / 2**0.5)
    assert row["trace_acc"] == 0.125
    assert (row["answer_low"], row["answer_high"]) == tuple(wilson_interval(0.5, 4))
    # the headline of this scorer is the answer
    headline = row[["headline", "score", "score_sd", "score_low", "score_high"]].tolist()
    assert headline == ["answer_ok", *row[["answer_acc", "answer_sd", "answer_low", "answer_high"]]]


def test_best_trivial_baseline_stands_beside_every_row(paths):
    table = results_table(read_scores(paths), make_baselines(["babi"]), GRID)
    assert set(table.loc[table["dataset"] == "babi", "baseline"]) == {0.34}
    assert table.loc[table["dataset"] == "cotempqa", "baseline"].isna().all()


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_agrees_with_scipy(counts):
    k, n = counts
    expected = binomtest(k, n).proportion_ci(method="wilson")
    assert wilson_interval(k / n, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_rows_follow_the_config(paths):
    random.Random(0).shuffle(paths)
    table = results_table(read_scores(paths), make_baselines(DATASETS), GRID)
    expected = [(dataset, model, arm) for dataset in DATASETS for model in MODELS for arm in ARMS]
    assert list(table[["dataset", "model", "arm"]].itertuples(index=False, name=None)) == expected


def test_classes_follow_their_dataset_and_add_up(paths):
    scores = read_scores(paths)
    table = classes_table(scores, GRID)
    labels = table[(table["dataset"] == "cotempqa") & (table["arm"] == "none")]["class"]
    assert list(labels) == ["during", "equal", "mix", "overlap"] * 2
    assert table.groupby(["dataset", "model", "arm"])["n"].sum().groupby("dataset").max().to_dict() == SMALL


def test_an_arm_without_a_step_has_an_empty_cell(paths, tmp_path):
    table = results_table(read_scores(paths), make_baselines(DATASETS), GRID)
    outputs = {kind: tmp_path / f"t.{kind}" for kind in ("csv", "md")}
    write_table(table, show_results(table), **outputs, caption="Accuracy.")
    raw = pd.read_csv(outputs["csv"]).set_index("arm")
    assert raw.loc[["none", "prompt_only"], ["class_acc", "facts_acc", "trace_acc"]].isna().all(axis=None)
    assert raw.loc["class_only", "facts_acc"].isna().all()
    assert raw.loc[["correct", "incorrect"], "trace_acc"].notna().all()


def test_seeds_of_different_size_have_the_n_of_the_smallest(tmp_path):
    paths = [write_items(tmp_path, 0, [1, 1], [1, 1]), write_items(tmp_path, 1, [0], [1])]
    row = accuracies(read_scores(paths), ["dataset", "scorer"], GRID.steps).iloc[0]
    assert (row["n"], row["seeds"], row["answer_acc"]) == (1, 2, 0.5)


def test_a_name_that_the_config_lacks_is_refused(paths):
    with pytest.raises(DataError, match="arm 'incorrect'"):
        trace_answer_matrix(read_scores(paths), Grid(DATASETS, MODELS, ARMS[:-1]))


def test_a_foreign_file_is_refused():
    with pytest.raises(DataError, match="not the name of a score file"):
        read_scores(["scores/babi/m/correct/seed0.csv"])


def test_matrix_counts_items(tmp_path):
    path = write_items(tmp_path, 3, [1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 0, 0])
    table = trace_answer_matrix(read_scores([path]), Grid(["babi"], ["m"], ["correct"]))
    assert ",".join(table.columns) == (
        "dataset,class,model,arm,seed,scorer,step,n,both_ok,answer_only_ok,trace_only_ok,neither_ok"
    )
    assert list(table["step"]) == ["class", "facts", "trace"] * 2
    assert list(table["class"]) == ["all"] * 3 + ["counting"] * 3
    assert (table["seed"] == 3).all()
    assert table.loc[0, ["n", *CELLS]].tolist() == [6, 2, 1, 1, 2]
    assert conditionals(table.loc[0]) == (2 / 3, 1 / 3)


def test_matrix_cells_add_up_to_the_classes_and_to_the_accuracies(paths):
    scores = read_scores(paths)
    table = trace_answer_matrix(scores, GRID)
    assert (table[CELLS].sum(axis=1) == table["n"]).all()
    keys = ["dataset", "model", "arm", "seed", "step"]
    whole = table[table["class"] == "all"].groupby(keys)[CELLS].sum()
    parts = table[table["class"] != "all"].groupby(keys)[CELLS].sum()
    pd.testing.assert_frame_equal(whole, parts)
    pooled = pool_seeds(table[table["class"] == "all"]).set_index(["dataset", "model", "arm", "step"])
    results = results_table(scores, make_baselines(DATASETS), GRID).set_index(["dataset", "model", "arm"])
    for key, row in pooled.iterrows():
        right = row["both_ok"] + row["trace_only_ok"]
        assert right / row["n"] == pytest.approx(results.loc[key[:3], f"{key[3]}_acc"])


def test_matrix_leaves_out_steps_that_an_arm_does_not_have(paths):
    table = trace_answer_matrix(read_scores(paths), GRID)
    steps = table.groupby("arm")["step"].unique().map(list).to_dict()
    assert steps == {
        "class_only": ["class", "trace"],
        "correct": ["class", "facts", "trace"],
        "incorrect": ["class", "facts", "trace"],
    }


def test_a_conditional_without_cases_is_undefined():
    row = pd.Series({"both_ok": 0, "trace_only_ok": 0, "answer_only_ok": 3, "neither_ok": 1})
    assert conditionals(row) == (None, 0.75)


def test_datasets_table_counts_questions():
    questions = [
        make_question("babi", id="1"),
        make_question(
            "babi", id="2", split="test", class_label="counting", context=("A.", "B."), gold_facts=(1,)
        ),
    ]
    table = datasets_table(questions, {"babi": "CC BY 3.0"}, {"babi": Limit(train=1, characters=600)})
    assert list(table.columns) == [
        "dataset",
        "class",
        "train",
        "test",
        "facts",
        "gold_facts",
        "answers",
        "limit",
        "licence",
    ]
    assert list(table["class"]) == ["all", "two-supporting-facts", "counting"]
    assert table.loc[0].tolist() == [
        "babi",
        "all",
        1,
        1,
        3.0,
        1.5,
        1.0,
        "train 1, characters 600",
        "CC BY 3.0",
    ]
    whole = datasets_table(questions, {"babi": "CC BY 3.0"}, {"babi": Limit()})
    assert set(whole["limit"]) == {""}


class Inner(Settings):
    r: int
    modules: list[str]


class Outer(Settings):
    learning_rate: float
    inner: Inner
    overrides: list[Inner]


def test_hyperparameters_are_flattened_in_config_order():
    training = Outer(learning_rate=2e-4, inner=Inner(r=16, modules=["q", "k"]), overrides=[])
    again = training.changed(overrides=[Inner(r=1, modules=[])])
    table = hyperparameters_table({"training": training.model_dump(), "again": again.model_dump()})
    assert table.to_records(index=False).tolist()[:5] == [
        ("training.learning_rate", "0.0002"),
        ("training.inner.r", "16"),
        ("training.inner.modules", "q, k"),
        ("training.overrides", "none"),
        ("again.learning_rate", "0.0002"),
    ]
    assert tuple(table.iloc[-1]) == ("again.overrides", '{"r": 1, "modules": []}')


def test_markdown_keeps_bars_in_cells_and_numbers_to_the_right():
    text = markdown(pd.DataFrame({"Key": ["a|b"], "Value": ["1.0"]}))
    assert text == "| Key | Value |\n| :--- | ---: |\n| a\\|b | 1.0 |"


def test_what_never_varies_stands_in_the_caption(tmp_path):
    shown = pd.DataFrame({"Model": ["a", "b"], "Seeds": ["2", "2"], "Answer": ["1.0", "2.0"]})
    outputs = {kind: tmp_path / f"t.{kind}" for kind in ("csv", "md")}
    write_table(shown, shown, **outputs, caption="Accuracy.")
    text = outputs["md"].read_text("utf-8")
    assert text.startswith("Accuracy. Seeds: 2.\n")
    assert "| Model | Answer |" in text


def test_percent_writes_what_is_known():
    assert [percent(0.4465, 0.0113), percent(0.4465), percent(float("nan"))] == ["44.7 ± 1.1", "44.7", "–"]


@pytest.mark.parametrize(
    ("value", "digits", "scale", "written"),
    [
        (14.25, 1, 1, "14.3"),
        (57 / 400, 1, 100, "14.3"),
        # as the CSV has it, which is what figures are made of
        (0.1424996, 1, 100, "14.3"),
        (-0.125, 2, 1, "−0.13"),
        (-0.04, 1, 1, "0.0"),
        (float("nan"), 1, 1, "–"),
    ],
)
def test_there_is_one_rounding_for_tables_and_figures(value, digits, scale, written):
    assert show_number(value, digits, scale) == written
    assert show_number(float(f"{value:.6f}"), digits, scale) == written


def tabulate_all(folder: Path) -> None:
    """Write every table of a made-up run below a folder."""
    tables = folder / "tables"
    questions = []
    for dataset in DATASETS:
        path = folder / f"{dataset}.jsonl"
        pair = [make_question(dataset, id=f"{dataset}-{split}", split=split) for split in ("train", "test")]
        write_records(pair, path)
        questions.append(str(path))
    scores = [str(path) for path in write_scores(folder, DATASETS, MODELS, ARMS, [0, 1], items=SMALL)]
    names = {"datasets": DATASETS, "models": MODELS, "arms": ARMS}
    baselines = str(tables / "baselines.csv")
    log = folder / "log"
    run_script("score_baselines", {"questions": questions}, {"baselines": baselines}, {}, log)
    outputs = {
        f"{name}_{kind}": str(tables / f"{name}.{kind}")
        for name in ("results", "classes", "answer_scores", "matrix")
        for kind in ("csv", "md")
    }
    run_script("tabulate_results", {"scores": scores, "baselines": baselines}, outputs, names, log)
    files = {kind: str(tables / f"datasets.{kind}") for kind in ("csv", "md")}
    params = {"licences": {"babi": "CC BY 3.0"}, "limits": {"babi": {"test": 9}}}
    run_script("tabulate_datasets", {"questions": questions}, files, params, log)
    files = {kind: str(tables / f"hyperparameters.{kind}") for kind in ("csv", "md")}
    demo = read_yaml(ROOT / "config.yaml")
    sections = {name: demo[name] for name in ("training", "quantisation", "generation")}
    sections["models"] = {"tiny": {"persona": None, "target_modules": "all-linear"}}
    run_script("tabulate_hyperparameters", {}, files, sections, log)


def test_tables_have_the_same_bytes_at_any_hash_seed(tmp_path):
    code = (
        "import sys, pathlib\n"
        f"sys.path[:0] = {[str(ROOT / folder) for folder in ('scripts', 'tests', 'tests/unit')]}\n"
        "from test_tables import tabulate_all; tabulate_all(pathlib.Path(sys.argv[1]))"
    )
    for seed in "01":
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / seed)], check=True, env=environment)
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / s / "tables").iterdir()} for s in "01")
    assert len(first) == 13
    assert first == second


def test_tables_and_figures_need_no_model_library():
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'scripts')!r})\n"
        "import tracekd.scoring.baselines, tracekd.tables.matrix, tracekd.tables.results\n"
        "import tracekd.tables.datasets\n"
        "from tracekd.figures import accuracy, classes, confusion, losses, pipeline\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_trained_arm_of_which_nothing_was_readable_is_a_fault(tmp_path):
    table = pd.DataFrame(
        [("prompt_only", 0.0), ("none", 0.0), ("none", 0.0), ("correct", 0.01), ("filler", np.nan)],
        columns=["arm", "readable"],
    ).assign(dataset="babi", model="-m", scorer=["aligned", "aligned", "published", "aligned", "aligned"])
    path = tmp_path / "results.csv"
    write_csv(table, path)
    with pytest.raises(DataError, match=r"no output .*, of babi/-m/none \(scorer aligned, published\) \("):
        check_readable(path)
    write_csv(table[table["arm"] != "none"], path)
    check_readable(path)
