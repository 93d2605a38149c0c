"""The replay as a user runs it: a mirror in, every table, figure and page out; faults and settings."""

import hashlib
import json
import os
import shlex
import shutil
import subprocess

import pandas as pd
import pytest
from support.columns import check_columns
from support.latex import need_latex
from support.page_run import read_part
from support.redraw import check_figures
from support.released_files import MODEL, outputs, table, write_marco, write_mirror
from support.workflow import SNAKEMAKE, copy_project, digests, snakemake
from tracekd.tables.compile import compile_run, find_faults

pytestmark = pytest.mark.workflow
REPLAY = ["--configfile", "config/replay.yaml"]
TABLES = "results/replay/tables/*"


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    """A project in which a small mirror was replayed, and the mirror."""
    folder = tmp_path_factory.mktemp("replay")
    project, mirror = copy_project(folder / "project"), write_mirror(folder)
    write_marco(mirror)
    snakemake(project, *REPLAY, "--config", f"mirror={mirror}")
    return project, mirror


def copy_replay(replayed, folder):
    """Copy project and mirror, so that a test may damage them."""
    project, mirror = replayed
    shutil.copytree(project, folder / "project", ignore=shutil.ignore_patterns(".snakemake"))
    shutil.copytree(mirror / "Trace_Check_QA", folder / "Trace_Check_QA")
    return folder / "project", folder


def test_every_csv_file_has_the_columns_of_its_page(replayed):
    assert check_columns(replayed[0] / "results/replay") > 20


def test_a_mirror_gives_every_table_figure_and_page(replayed):
    project, _ = replayed
    tables = {path.stem for path in (project / "results/replay/tables").glob("*.csv")}
    assert tables >= {
        "answer_scores",
        "claims",
        "comparisons",
        "contrasts",
        "copying",
        "counterfactual",
        "definitions",
        "follow",
        "inputs",
        "item_differences",
        "mixed_model",
        "scorer_ablation",
        "scorer_differences",
        "statistics",
        "trace_answer_matrix",
    }
    figures = {path.name for path in (project / "figures/replay").glob("*.pdf")}
    assert figures >= {
        "association.pdf",
        "claims_scatter.pdf",
        "confusion_correct.pdf",
        "contrasts.pdf",
        "follow_rate.pdf",
        "forest.pdf",
        "scorer_ablation_cotempqa.pdf",
    }
    assert (project / "results/replay/index.html").is_file()
    scores = pd.read_csv(project / "results/replay/tables/answer_scores.csv")
    columns = "dataset,class,model,arm,seed,scorer,n,acc,f1,precision,recall,avg"
    assert ",".join(scores.columns) == columns
    aligned = scores[(scores["scorer"] == "aligned") & (scores["class"] == "mix")].set_index("arm")
    assert dict(aligned["acc"]) == {"none": 100, "correct": 100, "incorrect": 100}
    assert set(aligned["n"]) == {3}
    marco = scores[(scores["dataset"] == "ms_marco") & (scores["class"] == "all")]
    assert set(zip(marco["model"], marco["arm"], marco["scorer"], strict=True)) == {
        (MODEL, arm, scorer)
        for arm in ("prompt_only", "none", "correct", "incorrect")
        for scorer in ("published", "aligned")
    }


def test_every_figure_can_be_read(replayed, monkeypatch):
    check_figures(replayed[0], "replay", monkeypatch)


def test_every_table_of_a_paper_compiles_and_fits(replayed):
    need_latex()
    project, _ = replayed
    run = project / "results/replay"
    found = compile_run(run)
    assert {one.file for one in found} >= {"results.tex", "statistics.tex", "main_claims.tex"}
    assert not find_faults(run, found), found


def test_the_command_on_the_page_makes_the_same_table_again(replayed, tmp_path):
    project, _ = copy_replay(replayed, tmp_path)
    data = read_part(project / "results/replay/index.html", "data")
    path = "results/replay/tables/trace_answer_matrix.csv"
    place, digest = data["sources"]["files"][path]
    assert data["sources"]["jobs"][place]["rule"] == "tabulate_results"
    (project / path).unlink()
    snakemake(project, *shlex.split(data["call"])[1:], "--force", path)
    assert hashlib.sha256((project / path).read_bytes()).hexdigest() == digest


def test_what_nobody_released_is_listed_as_missing(replayed):
    project, _ = replayed
    inputs = pd.read_csv(project / "results/replay/tables/inputs.csv")
    states = inputs.groupby(["dataset", "model"])["state"].agg(set)
    assert states["ms_marco", "Qwen3-8B"] == {"data missing"}
    assert states["cotempqa", "Llama-3.2-1B-Instruct"] == {"data missing", "differs from the released file"}


def test_a_second_replay_has_nothing_to_do_and_a_changed_mirror_is_read_again(replayed):
    project, mirror = replayed
    settings = [*REPLAY, "--config", f"mirror={mirror}"]
    assert "Nothing to be done" in snakemake(project, *settings)
    path = mirror / "Trace_Check_QA" / outputs("mix", "correct")
    whole = path.read_text("utf-8")
    path.write_text(whole + "\n", "utf-8")
    assert "fetch_released" in snakemake(project, *settings, "--dry-run")
    path.write_text(whole, "utf-8")


@pytest.fixture
def german_locale():
    """A locale with a decimal comma; in CI it must be installed, elsewhere its name alone has to do."""
    name = "de_DE.UTF-8"
    installed = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout.lower()
    assert "de_de.utf8" in installed or os.environ.get("CI") != "true"
    return name


def test_tables_do_not_depend_on_order_hash_seed_locale_time_zone_or_cores(replayed, tmp_path, german_locale):
    """A run in which all of these are others; the tables are those of the first run, byte for byte."""
    project, _ = replayed
    wanted = digests(project, TABLES)
    other, mirror = copy_replay(replayed, tmp_path)
    shutil.rmtree(other / "results")
    for path in (mirror / "Trace_Check_QA/results").rglob("*.json"):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text(
            "".join(sorted(lines, key=lambda line: hashlib.sha256(line.encode()).digest())), "utf-8"
        )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV_")}
    environment |= {"PYTHONHASHSEED": "1", "LC_ALL": german_locale, "TZ": "America/Lima"}
    targets = ["results/replay/tables/claims.csv", "results/replay/tables/inputs.csv"]
    command = [*SNAKEMAKE[:-1], "1", *targets, *REPLAY, "--config", f"mirror={mirror}"]
    run = subprocess.run(command, cwd=other, capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    # the checksums of shuffled files are others
    for path in (other / "results/replay/tables").glob("inputs.*"):
        path.unlink()
    found = digests(other, TABLES)
    assert found == {name: wanted[name] for name in found} and len(found) >= 33


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda line: line[:50], ":2: not a JSON object"),
        (lambda line: line.replace('"gold"', '"golden"'), ":2: "),
        (lambda line: line.replace("Who at", "Who is at"), ":2: the question is not one of"),
        (lambda line: "", ":1: holds no generation"),
    ],
)
def test_a_damaged_file_stops_the_replay_in_one_sentence_without_a_table(
    replayed, tmp_path, damage, sentence
):
    project, mirror = copy_replay(replayed, tmp_path)
    shutil.rmtree(project / "results")
    path = mirror / "Trace_Check_QA" / outputs("mix", "correct")
    lines = path.read_text("utf-8").splitlines(keepends=True)
    changed = damage(lines[1])
    path.write_text(lines[0] + changed if changed else "", "utf-8")
    screen = snakemake(project, *REPLAY, "--config", f"mirror={mirror}", ok=False)
    assert f"{outputs('mix', 'correct')}{sentence}" in screen
    assert not list(project.glob("results/replay/tables/*"))


def test_a_second_config_file_chooses_what_is_replayed(replayed, tmp_path):
    project, mirror = copy_replay(replayed, tmp_path)
    choice = {"replay": {"datasets": ["babi"], "arms": ["correct"], "models": ["Llama-3.2-1B-Instruct"]}}
    (project / "mine.yaml").write_text(json.dumps({**choice, "run": "mine", "mirror": str(mirror)}))
    screen = snakemake(project, *REPLAY, "mine.yaml", "--dry-run")
    assert "generations/babi/Llama-3.2-1B-Instruct/correct/seed42.jsonl" in screen
    assert "cotempqa" not in screen
    missing = {"allow_missing": False}
    (project / "mine.yaml").write_text(json.dumps({"replay": missing, "mirror": str(mirror)}))
    assert "no released file for" in snakemake(project, *REPLAY, "mine.yaml", "--dry-run", ok=False)


def test_a_replay_from_another_level_or_of_nothing_is_refused(replayed, tmp_path):
    project, _ = replayed
    screen = snakemake(project, *REPLAY, "--config", "level=train", "--dry-run", ok=False)
    assert "Error: config: level: replay starts from outputs, not from 'train' (set level: outputs)" in screen
    screen = snakemake(project, *REPLAY, "--config", f"mirror={tmp_path}", "--dry-run", ok=False)
    assert "holds none of the generations asked for" in screen


def test_a_damaged_test_split_is_named(replayed, tmp_path):
    project, mirror = copy_replay(replayed, tmp_path)
    path = mirror / "Trace_Check_QA" / table("equal")
    path.write_text(path.read_text("utf-8").replace("triple_element", "triple"), "utf-8")
    screen = snakemake(project, *REPLAY, "--config", f"mirror={mirror}", ok=False)
    assert f"{table('equal')}:1: column 'triple_element' is missing" in screen
