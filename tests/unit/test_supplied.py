"""The user's own generations: which there are, how many questions they answer, whose they are said to be."""

import re

import pandas as pd
import pytest
from support.examples import ROOT, make_question
from support.run_data import run_script
from tracekd.core.checks import read_yaml
from tracekd.core.errors import ConfigError
from tracekd.core.records import Generation, write_records
from tracekd.released.plan import Plan
from tracekd.released.supplied import find_others, plan_supplied, read_cell
from tracekd.settings.config import Config
from tracekd.tables.inputs import inputs_table, say_inputs
from tracekd.workflow.config import check_claims
from tracekd.workflow.ending import list_notes, say_end, say_origin, say_part_end
from tracekd.workflow.run import Run, is_supplied

CONFIG = read_yaml(ROOT / "config.yaml") | {
    "run": "own",
    "level": "outputs",
    "mirror": None,
    "datasets": ["cotempqa"],
    "models": ["my-model", "gpt_4.1+tools"],
    "arms": ["prompt_only", "correct"],
    "seeds": [0, 1],
    "scorers": ["published", "aligned"],
    "claims": None,
}
FOLDER = "results/own/generations"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory, in which `put` makes files of generations."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(**changes):
    """Typed settings with other values of some keys."""
    return Config.model_validate(CONFIG | changes)


def make_run(replay=None, **changes):
    """A run of supplied generations, or one with other values of some keys."""
    supplied = None if replay or "level" in changes else plan_supplied(settings(**changes))
    return Run(CONFIG | changes, {}, {}, replay, supplied, None)


def put(folder, *paths, ids=("a",)):
    for path in paths:
        (folder / FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        write_records([Generation(name, None, "", None, None, None) for name in ids], folder / FOLDER / path)


def test_the_grid_is_what_the_files_hold(folder):
    put(folder, "cotempqa/gpt_4.1+tools/correct/seed1.jsonl")
    plan = plan_supplied(settings())
    # one seed of the arm without training
    assert len(plan.wanted) == 2 * (1 + 2)
    assert plan.cells == [("cotempqa", "gpt_4.1+tools", "correct", 1)]
    assert plan.grid == {"datasets": ["cotempqa"], "models": ["gpt_4.1+tools"], "arms": ["correct"]}
    assert find_others(plan) == []


@pytest.mark.parametrize(
    "path",
    [
        "cotempqa/another/correct/seed0.jsonl",
        "cotempqa/my-model/corect/seed0.jsonl",
        "cotempqa/my-model/correct/seed_0.jsonl",
        "cotempqa/my-model/correct.jsonl",
    ],
)
def test_a_file_that_the_config_does_not_name_is_told(folder, path):
    put(folder, path)
    run = make_run()
    assert run.supplied.found == []
    assert list_notes(run) == [f"{FOLDER}/{path}: the config does not name it"]
    assert list_notes(make_run(level="adapters")) == []


def test_the_end_of_a_run_says_what_is_missing(folder):
    run = make_run()
    table = inputs_table(run.supplied.wanted, {}, {})
    (folder / "results/own/tables").mkdir(parents=True)
    table.to_csv("results/own/tables/inputs.csv", index=False)
    assert list_notes(run) == say_inputs(table) == ["6 of 6 files that the config names are missing"]


def end_of_run(folder, rows):
    """Lines at the end of a run whose table of results has these rows."""
    (folder / "results/own/tables").mkdir(parents=True)
    names = ["dataset", "model", "arm", "scorer", "answer_acc", "readable"]
    pd.DataFrame(rows, columns=names).to_csv("results/own/tables/results.csv", index=False)
    return say_end(make_run(arms=["none", "correct"]), ".venv/bin/snakemake --cores 2")


def test_a_finished_run_ends_with_its_main_result_and_what_to_open(folder):
    cell = ("cotempqa", "my-model")
    rows = [(*cell, "none", "aligned", 0.375, 1.0), (*cell, "correct", "aligned", 0.0, 0.0)]
    _, result, opened, *_, last = end_of_run(folder, [*rows, (*cell, "correct", "published", 1.0, 1.0)])
    assert result.startswith("right answers by the aligned scorer")
    assert result.endswith(
        "mean of datasets and models: no trace 37.5 %, correct 0.0 % (no output of the form asked for)"
    )
    assert "results/own/index.html" in opened and last.endswith(".venv/bin/snakemake --cores 2 -- verify")


@pytest.mark.parametrize(("jobs", "words"), [(0, "no jobs"), (1, "1 job"), (2, "2 jobs")])
def test_a_part_of_a_run_ends_with_its_number_of_jobs(folder, jobs, words):
    assert say_part_end(make_run(), jobs) == f"Finished {words}, a part of the run own"


def test_arms_are_compared_over_the_datasets_and_models_that_all_of_them_have(folder):
    rows = [("cotempqa", "a", "none", 0.25), ("cotempqa", "a", "correct", 0.5), ("babi", "a", "none", 1.0)]
    rows = [(*cell, "aligned", answers, 1.0) for *cell, answers in rows]
    _, result, *_ = end_of_run(folder, rows)
    assert result.endswith(
        "mean of the 1 of 2 pairs of dataset and model that have every arm: no trace 25.0 %, correct 50.0 %"
    )


def test_arms_without_anything_in_common_are_not_compared(folder):
    rows = [("cotempqa", "a", "none", "aligned", 0.25, 1.0), ("babi", "a", "correct", "aligned", 0.5, 1.0)]
    _, result, *_ = end_of_run(folder, rows)
    assert "no dataset and model has all arms" in result and "%" not in result


@pytest.mark.parametrize("name", ["a/b", "", "a b", "{x}", "../x", ".hidden", "a\n"])
def test_a_model_name_must_be_able_to_be_a_folder(folder, name):
    with pytest.raises(ConfigError, match=r"config: models\[1\]: .*cannot be part of a path") as caught:
        plan_supplied(settings(models=["my-model", name]))
    assert "\n" not in str(caught.value)


def count(folder, generations, **params):
    """Run the script on two test questions; returns the table of inputs."""
    questions = folder / "results/own/questions/cotempqa.jsonl"
    questions.parent.mkdir(parents=True, exist_ok=True)
    write_records([make_question(id=name, split="test") for name in ("a", "b")], questions)
    inputs = {"questions": [str(questions)], "generations": generations}
    outputs = {f"inputs_{kind}": str(folder / f"inputs.{kind}") for kind in ("csv", "md")}
    wanted = [path for cell in plan_supplied(settings()).wanted for path in cell.paths.values()]
    run_script(
        "count_supplied",
        inputs,
        outputs,
        {"wanted": wanted, "others": [], **params},
        folder / "log",
        run="own",
    )
    return pd.read_csv(outputs["inputs_csv"])


def test_what_is_scored_is_counted_against_the_test_questions(folder):
    put(folder, "cotempqa/my-model/correct/seed0.jsonl")
    put(folder, "cotempqa/my-model/correct/seed1.jsonl", ids=("b", "a"))
    table = count(folder, [f"{FOLDER}/cotempqa/my-model/correct/seed{seed}.jsonl" for seed in (0, 1)])
    rows = table[table["state"] == "supplied"]
    assert list(rows[["items", "questions"]].itertuples(index=False, name=None)) == [(1, 2), (2, 2)]
    lines = [
        f"{FOLDER}/cotempqa/my-model/correct/seed0.jsonl: 1 of 2 test questions",
        "4 of 6 files that the config names are missing",
    ]
    assert say_inputs(table) == lines
    log = (folder / "log").read_text("utf-8")
    assert all(line in log for line in lines)


def test_without_any_generations_the_sentence_says_where_they_go(folder, capsys):
    with pytest.raises(SystemExit):
        count(folder, [], others=[f"{FOLDER}/cotempqa/another/correct/seed0.jsonl"])
    screen = capsys.readouterr().err
    assert f"Error: {FOLDER}: holds no generations that the config names (put them at paths" in screen
    assert f"{FOLDER}/cotempqa/my-model/prompt_only/seed0.jsonl" in screen
    assert "results/own/questions/cotempqa.jsonl" in screen and "there is" in screen
    assert not (folder / "inputs.csv").exists()


def test_a_cell_is_read_back_from_its_path():
    cell = read_cell(f"{FOLDER}/babi/a.b/mixed_50/seed12.jsonl")
    assert (cell.dataset, cell.model, cell.arm, cell.seed) == ("babi", "a.b", "mixed_50", 12)


def test_questions_are_the_users_where_no_raw_files_lie(folder):
    questions = folder / "results/own/questions/babi.jsonl"
    assert not is_supplied(make_run(), "babi")
    questions.parent.mkdir(parents=True)
    questions.touch()
    assert is_supplied(make_run(), "babi")
    assert not is_supplied(make_run(level="train"), "babi")
    (folder / "results/own/raw/babi").mkdir(parents=True)
    assert not is_supplied(make_run(), "babi")


def test_whose_generations_they_are(folder):
    replay = Plan([], set())
    said = [
        say_origin(make_run(**change))
        for change in (
            {"replay": replay},
            {"replay": replay, "mirror": "x"},
            {},
            {"level": "adapters"},
            {"level": "train"},
        )
    ]
    words = ["released by", "in the form", f"supplied under {FOLDER}", "was given", "it trained"]
    assert all(word in text for word, text in zip(words, said, strict=True))
    assert len(set(said)) == 5


def test_every_caption_of_scored_generations_says_whose_they_are():
    """The others show questions, traces, settings or ratings."""
    others = {
        "datasets",
        "hyperparameters",
        "lengths",
        "losses",
        "pipeline",
        "preregistration",
        "trace_types",
        "claims_summary",
    }
    for path in (ROOT / "resources/captions").glob("*.rst"):
        text = path.read_text("utf-8")
        silent = path.stem in others or path.stem.startswith("study_")
        assert ('snakemake.config["origin"]' in text) != silent, path.stem
        assert not re.search(r"authors released|released by", text), path.stem


@pytest.mark.parametrize(
    ("change", "made_up", "sentence"),
    [
        ({"claims": "absent.yaml"}, [], "config: claims: absent.yaml is no file"),
        (
            {},
            ["simulated corpora", "tiny models"],
            "not of simulated corpora, tiny models (set claims: null)",
        ),
        ({"scorers": ["aligned"]}, [], "published numbers need the scorer 'published' too"),
    ],
)
def test_claims_are_checked_before_any_job(change, made_up, sentence):
    published = {"claims": str(ROOT / "config/claims.yaml")}
    with pytest.raises(ConfigError) as caught:
        check_claims(settings(**published | change), made_up)
    assert sentence in str(caught.value)
    check_claims(settings(**change | {"claims": None}), made_up)
    check_claims(settings(**change | published | {"scorers": CONFIG["scorers"]}), [])
