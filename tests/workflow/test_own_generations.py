"""Own generations as a user scores them: `id` and `text`, some of the questions, a model of any name."""

import hashlib
import json

import pandas as pd
import pytest
import yaml
from support.workflow import copy_project, snakemake
from tracekd.core.literals import render_list

pytestmark = pytest.mark.workflow
OWN = ["--configfile", "config/own.yaml", "mine.yaml"]
MINE = {"registry": "config/datasets_demo.yaml", "models": ["my_model.v2"], "arms": ["correct"]}
PATH = "results/own/generations/cotempqa/my_model.v2/correct/seed0.jsonl"
N = 20


def write_generations(folder, questions):
    """Answer these questions, every other one wrongly."""
    path = folder / PATH
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, one in enumerate(questions):
        facts = [one["context"][place] for place in one["gold_facts"]]
        answers = one["answers"] if number % 2 else ["nobody"]
        text = (
            f"<think>The event in context is: {one['class']}. I need to use the following facts to answer "
            f"the question: {render_list(facts)}</think> <answer>{render_list(answers)}</answer>"
        )
        lines.append(json.dumps({"id": one["id"], "text": text}) + "\n")
    path.write_text("".join(lines), "utf-8")


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """A project in which some of the test questions were answered and scored; its screen."""
    folder = copy_project(tmp_path_factory.mktemp("supplied") / "project")
    (folder / "mine.yaml").write_text(yaml.safe_dump(MINE), "utf-8")
    screen = snakemake(folder, *OWN, ok=False)
    assert "results/own/generations: holds no generations that the config names" in screen
    assert f"put them at paths like {PATH}" in screen
    questions = map(json.loads, open(folder / "results/own/questions/cotempqa.jsonl", encoding="utf-8"))
    test = [one for one in questions if one["split"] == "test"]
    write_generations(folder, test[:N])
    return folder, snakemake(folder, *OWN), len(test)


def test_a_part_of_the_questions_is_scored_and_counted(scored):
    folder, screen, n_test = scored
    assert f"Note: {PATH}: {N} of {n_test} test questions" in screen
    results = pd.read_csv(folder / "results/own/tables/results.csv").set_index("scorer")
    assert set(results["model"]) == {"my_model.v2"} and set(results["n"]) == {N}
    assert results.loc["aligned", ["answer_acc", "trace_acc", "readable"]].tolist() == [0.5, 1.0, 1.0]
    inputs = pd.read_csv(folder / "results/own/tables/inputs.csv")
    assert inputs[["items", "questions"]].to_numpy().tolist() == [[N, n_test]]
    assert inputs["sha256"][0] == hashlib.sha256((folder / PATH).read_bytes()).hexdigest()


def test_no_published_number_is_judged_and_no_setting_claimed(scored):
    folder, _, _ = scored
    names = {path.stem for place in ("tables", "figures") for path in folder.glob(f"results/own/{place}/*")}
    assert not {"claims", "main_claims", "findings", "hyperparameters"} & names
    assert not list(folder.glob("figures/own/claims*"))
    screen = snakemake(folder, *OWN, "--config", "claims=config/claims.yaml", "--dry-run", ok=False)
    assert "config: claims: published numbers are of real models and data, not of simulated corpora" in screen


def test_the_report_says_whose_generations_they_are(scored):
    folder, _, _ = scored
    snakemake(folder, *OWN, "--report", "report.html")
    page = (folder / "report.html").read_text("utf-8")
    assert "supplied under results/own/generations" in page
    assert "released by the paper" not in page and "that it trained" not in page


def test_a_fault_is_named_by_its_line_and_the_file_stays(scored):
    folder, _, _ = scored
    path = folder / PATH
    whole = path.read_text("utf-8")
    path.write_text(whole + json.dumps({"id": "mix-7", "text": ""}) + "\n", "utf-8")
    screen = snakemake(folder, *OWN, "--keep-going", ok=False)
    assert f"{PATH}:{N + 1}: id 'mix-7' is no test question's (ids look like 'cotempqa-" in screen
    assert "delete" not in screen.casefold() and "unexpected" not in screen
    path.write_text(whole, "utf-8")


def test_questions_by_hand_are_not_written_over(scored, tmp_path):
    folder, _, _ = scored
    other = copy_project(tmp_path / "project")
    (other / "mine.yaml").write_text(yaml.safe_dump(MINE), "utf-8")
    source, target = (place / "results/own/questions/cotempqa.jsonl" for place in (folder, other))
    records = [json.loads(line) for line in open(source, encoding="utf-8")]
    test = [one | {"id": f"mine-{number}"} for number, one in enumerate(records) if one["split"] == "test"]
    target.parent.mkdir(parents=True)
    target.write_text("".join(json.dumps(one) + "\n" for one in test), "utf-8")
    content = target.read_bytes()
    write_generations(other, test)
    screen = snakemake(other, "results/own/tables/results.csv", *OWN)
    assert target.read_bytes() == content and "simulate_raw" not in screen
    results = pd.read_csv(other / "results/own/tables/results.csv")
    assert set(results["n"]) == {len(test)} and results["baseline"].isna().all()
