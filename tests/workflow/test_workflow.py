"""A real, minimal DAG through every rule; then the promises that only a whole workflow can keep."""

import hashlib
import json
import os
import re
import shutil

import pandas as pd
import pytest
from support.columns import check_columns
from support.environments import OWN_PLUGINS, read_pins, read_requirements, split_pins
from support.examples import ROOT
from support.latex import need_latex
from support.real_data import mirror_with
from support.redraw import check_figures
from support.workflow import SMOKE, copy_project, digests, snakemake
from tracekd.tables.compile import compile_run, find_faults

pytestmark = pytest.mark.workflow
# the check that stays red: eight tokens are too few for any trace
LAST = {"check_readable"}
# reads whatever the others make
PAGE = {"build_page"}


def copy_up_to_traces(project, folder):
    """Copy a project with what stands before training, so that a test need not make it again."""
    copy_project(folder)
    for stage in ("raw", "questions", "traces", "models"):
        shutil.copytree(project / "results/smoke" / stage, folder / "results/smoke" / stage)
    return folder


@pytest.fixture(scope="module")
def ending(tmp_path_factory):
    """A project in which the smoke run has made everything, and what stood on the screen."""
    folder = copy_project(tmp_path_factory.mktemp("workflow") / "project")
    screen = snakemake(folder, *SMOKE, ok=False)
    assert planned_rules(snakemake(folder, "--dry-run", *SMOKE)) == LAST, screen[-4000:]
    return folder, screen


@pytest.fixture(scope="module")
def project(ending):
    return ending[0]


def test_a_run_whose_trained_arms_write_nothing_readable_stays_red(ending):
    """Eight tokens are too few for any trace; every trained arm is named, now and whenever asked again."""
    project, screen = ending
    results = pd.read_csv(project / "results/smoke/tables/results.csv")
    unreadable = set(results.loc[results["readable"].eq(0), "arm"]) - {"prompt_only"}
    assert {"correct", "incorrect"} <= unreadable
    for text in (screen, snakemake(project, *SMOKE, ok=False)):
        (error,) = [line for line in text.splitlines() if line.startswith("Error: results/smoke")]
        assert unreadable == set(re.findall(r"babi/tiny-qwen3/(\w+) \(scorer", error))


def test_every_table_and_figure_is_there(project):
    tables = {path.name for path in (project / "results/smoke/tables").iterdir()}
    for name in ("results", "classes", "trace_answer_matrix", "datasets", "hyperparameters"):
        assert {f"{name}.csv", f"{name}.md"} <= tables
    figures = {path.name for path in (project / "figures/smoke").iterdir()}
    for name in ("pipeline_babi", "confusion_correct", "confusion_incorrect", "forest", "losses"):
        assert {f"{name}.pdf", f"{name}.svg", f"{name}.png"} <= figures


def test_every_csv_file_has_the_columns_of_its_page(project):
    assert check_columns(project / "results/smoke") > 30


def test_every_figure_can_be_read(project, monkeypatch):
    check_figures(project, "smoke", monkeypatch)


def test_every_table_of_a_paper_compiles_and_fits(project):
    need_latex()
    run = project / "results/smoke"
    found = compile_run(run)
    assert {one.file for one in found} >= {"results.tex", "datasets.tex", "hyperparameters.tex"}
    assert not find_faults(run, found), found


def test_the_experiment_has_its_tables_and_its_figure_under_the_digest_of_its_plan(project):
    items, effects = (
        pd.read_csv(project / f"results/smoke/tables/experiment_{name}.csv", dtype={"seed": str})
        for name in ("items", "effects")
    )
    leading = ["dataset", "model", "arm", "seed", "id", "cluster", "trace", "context", "log_odds", "p_gold"]
    assert list(items.columns) == [*leading, "p_implied", "answer", "true", "follows", "plan"]
    plan = hashlib.sha256((project / "docs/experiment.md").read_bytes()).hexdigest()
    assert set(items["plan"]) == set(effects["plan"]) == {plan}
    arms = ["none", "class_only", "correct", "incorrect"]
    assert list(items["arm"].unique()) == arms and list(effects["arm"].unique()) == arms
    assert set(items.loc[items["arm"] == "none", "trace"]) == {"no_trace"}
    assert {"gold", "wrong_near", "empty"} <= set(items.loc[items["arm"] == "correct", "trace"])
    assert {"0", "all"} == set(effects["seed"])
    assert (project / "figures/smoke/experiment_babi.png").is_file()


def test_the_results_table_has_the_columns_that_others_rely_on(project):
    results = pd.read_csv(project / "results/smoke/tables/results.csv")
    leading = [
        "dataset",
        "model",
        "arm",
        "scorer",
        "seeds",
        "n",
        "answer_acc",
        "class_acc",
        "facts_acc",
        "trace_acc",
        "baseline",
    ]
    assert list(results.columns[: len(leading)]) == leading
    arms = ["prompt_only", "none", "class_only", "correct", "incorrect"]
    assert list(results.loc[results["scorer"] == "aligned", "arm"]) == arms
    assert set(results["n"]) == {200} and set(results["seeds"]) == {1}


def test_a_changed_setting_reaches_the_tables_in_one_call(project, tmp_path):
    changed = tmp_path / "changed.yaml"
    changed.write_text("training: {learning_rate: 1.0e-3}\n", "utf-8")
    screen = snakemake(project, "--dry-run", *SMOKE, str(changed))
    assert {"preflight", "train_adapters", "generate", "tabulate_results"} <= planned_rules(screen)


SCORES = {"score_generations", "score_baselines", "derive_readings", "ablate_scorer"}
FROM_SCORES = {
    "plot_ablation",
    "plot_accuracy",
    "plot_association",
    "plot_classes",
    "plot_confusion",
    "plot_contrasts",
    "plot_follow_rate",
    "plot_forest",
    "plot_interventions",
    "show_tables",
    "tabulate_contrasts",
    "tabulate_interventions",
    "tabulate_paper",
    "tabulate_readings",
    "tabulate_results",
    "tabulate_statistics",
}
JUDGED = SCORES | FROM_SCORES
EXPERIMENT = {"measure_answers", "tabulate_experiment", "plot_experiment"}


@pytest.mark.parametrize(
    ("path", "old", "new", "again"),
    [
        ("scoring/aligned.py", "\n", "\n# why\n", set()),
        ("scoring/aligned.py", '"""', '"""In other words: ', set()),
        ("scoring/aligned.py", "\nfrom ", "\nimport os\nfrom ", JUDGED),
        ("figures/losses.py", "\nimport ", "\nimport os\nimport ", {"plot_losses"}),
        (
            "figures/style.py",
            "\nfrom ",
            "\nimport os\nfrom ",
            {"plot_losses", "plot_pipeline", "plot_experiment"}
            | {rule for rule in FROM_SCORES if rule.startswith("plot_")},
        ),
        (
            "adapters/trainer.py",
            "\nimport ",
            "\nimport os\nimport ",
            {
                "preflight",
                "tabulate_lengths",
                "train_adapters",
                "generate",
                "intervene",
                "plot_losses",
                *JUDGED,
                *EXPERIMENT,
            }
            - {"score_baselines"},
        ),
    ],
    ids=["comment", "docstring", "scorer", "one figure", "style of figures", "trainer"],
)
def test_changed_code_makes_exactly_what_it_makes_and_what_follows(project, tmp_path, path, old, new, again):
    other = change_code(project, tmp_path / "project", path, old, new)
    assert planned_rules(snakemake(other, "--dry-run", *SMOKE)) == again | (PAGE if again else set()) | LAST


def test_verify_names_the_rules_whose_code_has_changed(project, tmp_path):
    other = change_code(
        project, tmp_path / "project", "scoring/readings.py", "\nimport ", "\nimport os\nimport "
    )
    screen = snakemake(other, "verify", *SMOKE, ok=False)
    assert (
        "derive_readings: made by other code (changed: scripts/tracekd/scoring/readings.py; files: 3)"
        in screen
    )
    assert "score_generations" not in screen
    assert "made by other code than today's (give the run's command again)" in screen


def change_code(project, folder, path, old, new):
    """Copy a project with all that it has made, and change one line of its package."""
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("work"))
    source = folder / "scripts/tracekd" / path
    text = source.read_text("utf-8")
    assert old in text
    source.write_text(text.replace(old, new, 1), "utf-8")
    return folder


def planned_rules(screen):
    """Rules that a dry run would run, from its table of jobs; none where there is nothing to do."""
    _, _, table = screen.partition("Job stats:")
    rows = [line.split() for line in table.partition("total")[0].splitlines()]
    return {row[0] for row in rows if len(row) == 2 and row[1].isdigit()} - {"all"}


def test_the_report_is_one_file_without_outside_references(project):
    snakemake(project, *SMOKE, "--report", "report.html")
    page = (project / "report.html").read_text("utf-8")
    assert 'src="http' not in page and '<link href="http' not in page


def test_one_job_per_adapter_and_more_threads_give_the_same_bytes(project, tmp_path):
    other = copy_up_to_traces(project, tmp_path / "project")
    scores = [f"results/smoke/scores/babi/tiny-qwen3/{arm}/seed0.aligned.csv" for arm in ("none", "correct")]
    threads = ("--set-threads", "train_adapters=2", "generate=2")
    snakemake(
        other, *scores, "--rerun-triggers", "mtime", *SMOKE, "--config", "one_job_per=adapter", *threads
    )
    made = digests(other, "results/smoke/adapters/**/*.safetensors")
    assert len(made) == 2
    for pattern in ("adapters/**/*.safetensors", "adapters/**/training_log.csv", "generations/**/*.jsonl"):
        made |= digests(other, f"results/smoke/{pattern}")
    made |= {path: hashlib.sha256((other / path).read_bytes()).hexdigest() for path in scores}
    assert made == {path: hashlib.sha256((project / path).read_bytes()).hexdigest() for path in made}


def test_generations_are_scored_again_without_models_and_adapters(project, tmp_path):
    other = copy_project(tmp_path / "project")
    for stage in ("raw", "questions", "traces", "generations"):
        shutil.copytree(project / "results/smoke" / stage, other / "results/smoke" / stage)
    tables = ["results/smoke/tables/results.csv", "results/smoke/tables/statistics.csv"]
    level = ["--config", "level=outputs"]
    screen = snakemake(other, *tables, "--rerun-triggers", "mtime", *SMOKE, *level)
    assert "train_adapters" not in screen and "build_base_model" not in screen
    for table in tables:
        assert (other / table).read_bytes() == (project / table).read_bytes()


def test_a_damaged_trace_file_stops_the_run_in_one_sentence(project, tmp_path):
    other = copy_up_to_traces(project, tmp_path / "project")
    traces = other / "results/smoke/traces/babi/correct.jsonl"
    traces.write_bytes(traces.read_bytes()[:-100])
    target = "results/smoke/adapters/babi/tiny-qwen3/correct/seed0/adapter_model.safetensors"
    screen = snakemake(other, target, "--rerun-triggers", "mtime", *SMOKE, ok=False)
    assert "Error: results/smoke/traces/babi/correct.jsonl:640: not a JSON object" in screen
    assert not list((other / "results/smoke/adapters").rglob("*.safetensors"))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("bogus=1", "Error: config: key 'bogus' is unknown"),
        ("seeds=x", "Error: config: seeds: 'x' should be a list"),
        ("datasets=[babi,cotemp]", "did you mean 'cotempqa'?"),
        ("models=[Lama-3.2-1B]", "did you mean 'Llama-3.2-1B-Instruct'?"),
        ("arms=[corect]", "did you mean 'correct'?"),
        ("registry=absent.yaml", "Error: absent.yaml: cannot be read"),
    ],
)
def test_a_wrong_setting_ends_in_one_sentence_before_any_job(project, setting, sentence):
    screen = snakemake(project, "--dry-run", "--config", setting, ok=False)
    assert sentence in screen
    assert "Building DAG" not in screen


def test_the_whole_grid_of_the_paper_is_planned(project):
    screen = snakemake(project, "--dry-run", "--configfile", "config/paper.yaml")
    jobs = dict(
        line.split()[:2] for line in screen.splitlines() if line.startswith(("train_", "generate ", "fetch_"))
    )
    # 3 datasets x 4 models x 5 trained arms x 3 seeds; the arm without SFT has one generation job a cell
    assert jobs == {"fetch_raw": "3", "fetch_model": "4", "train_adapters": "180", "generate": "192"}


def test_real_data_go_through_the_same_rules(tmp_path):
    mirror = mirror_with("cotempqa", "babi")
    folder = copy_project(tmp_path / "project")
    targets = [f"results/real_small/traces/{name}/incorrect.jsonl" for name in ("cotempqa", "babi")]
    real = ["--configfile", "config/real_small.yaml", "--config", f"mirror={mirror}"]
    snakemake(folder, *targets, *real)
    counts = {
        name: sum(1 for _ in open(folder / f"results/real_small/questions/{name}.jsonl", "rb"))
        for name in ("cotempqa", "babi")
    }
    # 950 released test questions and the 2,399 training questions at hand; the paper's 3,773 + 376
    assert counts == {"cotempqa": 950 + 2399, "babi": 3773 + 376}


def test_provenance_names_every_input_by_its_hash(project):
    adapter = project / "results/smoke/adapters/babi/tiny-qwen3/correct/seed0"
    text = (adapter / "provenance.json").read_text("utf-8")
    for path in ("results/smoke/questions/babi.jsonl", "results/smoke/traces/babi/correct.jsonl"):
        assert hashlib.sha256((project / path).read_bytes()).hexdigest() in text
    assert json.loads(text)["seed"] == 0


def test_every_job_is_recorded_and_one_flipped_byte_is_named(project):
    jobs = {path.name for path in (project / "benchmarks/smoke").iterdir()} - LAST
    assert {path.name for path in (project / "provenance/smoke").iterdir()} == jobs
    assert "are as recorded" in snakemake(project, "verify", *SMOKE)
    generations = project / "results/smoke/generations/babi/tiny-qwen3/none/seed0.jsonl"
    whole, stat = generations.read_bytes(), generations.stat()
    generations.write_bytes(whole[:50] + bytes([whole[50] ^ 1]) + whole[51:])
    os.utime(generations, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    path = "results/smoke/generations/babi/tiny-qwen3/none/seed0.jsonl"
    table = "results/smoke/tables/datasets.csv"
    pointer = project / f"provenance/.makers/smoke/{table}.maker"
    record = project / "provenance/smoke" / pointer.read_text().strip()
    kept = {file: file.read_bytes() for file in (pointer, record)}
    for file in kept:
        file.unlink()
    screen = snakemake(project, "verify", *SMOKE, ok=False)
    assert f"{path}: SHA-256 is" in screen
    assert f"{table}: no record tells who made it" in screen
    for file, content in kept.items():
        file.write_bytes(content)
    scoring = ["--forcerun", "score_generations", "--until", "score_generations"]
    assert f"Error: {path}: SHA-256 is" in snakemake(project, *scoring, *SMOKE, ok=False)
    generations.write_bytes(whole)
    os.utime(generations, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    snakemake(project, "results/smoke/tables/results.csv", *SMOKE)


def test_conda_pins_equal_the_requirements():
    pins = read_requirements()
    for path in sorted((ROOT / "envs").glob("*.yaml")):
        assert read_pins(path.stem).items() <= pins.items(), path.name
    wanted = [line.split("#")[0].strip() for line in (ROOT / "requirements.in").read_text().splitlines()]
    assert split_pins(filter(None, wanted)).items() <= pins.items()
    assert set(OWN_PLUGINS) <= set(wanted) & set((ROOT / "requirements.txt").read_text().split())


def test_requirements_name_no_host_no_path_and_no_local_version():
    text = "\n".join(
        line for line in (ROOT / "requirements.txt").read_text().split() if line not in OWN_PLUGINS
    )
    assert not any(mark in text for mark in ("://", "@", "+", "/"))


def test_the_slurm_executor_overrides_methods_of_the_version_that_is_pinned():
    stock = "snakemake-executor-plugin-slurm==2.8.0"
    plugin = ROOT / "plugins/snakemake-executor-plugin-slurm-tracekd/pyproject.toml"
    assert stock in (ROOT / "requirements.txt").read_text().split() and f'"{stock}"' in plugin.read_text()
