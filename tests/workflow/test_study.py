"""The study as a user builds it: plan, survey pages, import files and pre-registration of a smoke run."""

import json
import subprocess

import pytest
import yaml
from support.columns import check_columns
from support.rscript import require_ordinal
from support.study_files import QUOTING_ARMS as ARMS
from support.workflow import SMOKE, SNAKEMAKE, copy_project, digests, snakemake

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose smoke run has a study of four arms."""
    project = copy_project(tmp_path_factory.mktemp("study") / "project")
    path = project / "config/study.yaml"
    study = yaml.safe_load(path.read_text("utf-8"))
    for condition, arm in zip(study["conditions"], ARMS, strict=True):
        condition["arm"] = arm
    path.write_text(yaml.safe_dump({**study, "dataset": "babi"}, sort_keys=False), "utf-8")
    return project


def test_study_is_built_from_the_traces_of_a_run(project):
    command = [*SMOKE, "--config", "study=config/study.yaml", f"arms={json.dumps(ARMS)}", "--until"]
    rules = ["build_study_pages", "write_survey_import", "write_preregistration"]
    snakemake(project, *command, *rules)
    folder = "results/smoke/study/*"
    first = digests(project, folder)
    assert len(first) == 2 + 2 * 20
    snakemake(project, *command, *rules, "--forcerun", "build_study_plan")
    assert digests(project, folder) == first


def test_simulated_participants_go_through_to_tables_and_figures(project):
    require_ordinal()
    command = [*SMOKE, "--config", "study=config/study.yaml", f"arms={json.dumps(ARMS)}", "--until"]
    figures = ("likert", "conditions", "flow", "study_tasks")
    snakemake(project, *command, *(f"plot_{name}" for name in figures), "fit_study_model")
    drawn = {path.name for path in (project / "figures/smoke").glob("*.png")}
    assert drawn >= {f"study_SIMULATED_{name.removeprefix('study_')}.png" for name in figures}
    assert check_columns(project / "results/smoke") > 8
    tables = sorted((project / "results/smoke/tables").glob("study_*"))
    assert len(tables) == 10 * 2
    assert all(
        "SIMULATED" in path.name and "SIMULATED" in path.read_text("utf-8")
        for path in tables
        if path.suffix == ".md"
    )


def test_a_study_of_arms_that_the_run_lacks_ends_in_one_sentence(project):
    command = [*SNAKEMAKE, "--dry-run", *SMOKE, "--config", "study=config/study.yaml"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode
    assert "conditions[1]: 'wrong_class' is unknown" in done.stderr
    assert "Traceback" not in done.stderr
