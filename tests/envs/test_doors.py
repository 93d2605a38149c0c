"""Every rule in an environment made from its own file alone, in one small run of each door.

Snakemake takes its usual path for `--sdm conda`; the conda that it finds is a stand-in that makes virtual
environments (tests/envs/conda). They stay in .tests/envs, named by Snakemake after the content of their file.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.environments import read_pins, read_requirements, read_rules, split_pins
from support.examples import ROOT
from support.raw_files import OPTIONS, write_cotempqa
from support.released_files import write_mirror
from support.study_files import QUOTING_ARMS as STUDY_ARMS
from support.workflow import SMOKE, copy_project
from tracekd.models.registry import read_models

pytestmark = pytest.mark.envs
BUILT = ROOT / ".tests/envs"
CONDA = Path(__file__).parent / "conda/bin"
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "2", "--sdm", "conda", "--conda-prefix", BUILT]
EVERYTHING = [*SMOKE, "tests/envs/everything.yaml"]
TEACHER = [*SMOKE, "tests/workflow/teacher.yaml", "--config", "run=teacher"]
FETCHED = "Qwen3-1.7B"


def call(folder, *arguments):
    """Run Snakemake in a copy of the project, each job in its own environment; give exit code and screen."""
    path = os.pathsep.join([str(CONDA), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [*SNAKEMAKE, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": path},
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def run(folder, *arguments, ends_red=False):
    """The same, of a call that succeeds.

    A whole run of models that have learnt next to nothing ends red, at its very last job.
    """
    code, screen = call(folder, *arguments)
    assert (code != 0) == ends_red, screen[-6000:]
    assert ("Error in rule check_readable" in screen) == ends_red, screen[-6000:]


def go_through_everything(folder):
    """The smoke run, with the targets that look at a run."""
    run(folder, *EVERYTHING, ends_red=True)
    run(folder, "forecast", *EVERYTHING)
    run(folder, "verify", *EVERYTHING)
    run(folder, "keep_base_models", *EVERYTHING)


def go_to_a_site(folder):
    """There is none here, and no profile: the rule says so, in its environment."""
    code, screen = call(folder, "check_site", *EVERYTHING)
    assert code != 0 and "there is no profile to compare with the site" in screen, screen[-6000:]


def go_through_a_study(folder):
    """Survey and analysis of invented participants, on the traces of the smoke run."""
    study = yaml.safe_load((folder / "config/study.yaml").read_text("utf-8"))
    for condition, arm in zip(study["conditions"], STUDY_ARMS, strict=True):
        condition["arm"] = arm
    (folder / "study.yaml").write_text(yaml.safe_dump({**study, "dataset": "babi"}, sort_keys=False), "utf-8")
    settings = ["--config", "study=study.yaml", f"arms={json.dumps(STUDY_ARMS)}"]
    last = (
        "build_study_pages write_survey_import write_preregistration plot_likert plot_conditions plot_flow "
    )
    last += "plot_study_tasks fit_study_model"
    run(folder, *SMOKE, *settings, "--until", *last.split())


def go_through_own_generations(folder):
    """Generations that lie there, scored again."""
    shutil.copytree(folder / "results/smoke/generations", folder / "results/own/generations")
    tables = [f"results/own/tables/{name}.csv" for name in ("inputs", "results")]
    run(folder, *tables, *EVERYTHING, "--config", "run=own", "level=outputs")


def go_through_a_teacher(folder):
    """A teacher asked, its words trained on and compared."""
    run(folder, *TEACHER, ends_red=True)


def go_through_a_replay(folder):
    """Released generations of a small mirror, and the crate of their run."""
    settings = ["--configfile", "config/replay.yaml", "--config", f"mirror={write_mirror(folder / 'mirror')}"]
    run(folder, *settings)
    run(folder, "write_crate", *settings)


def go_through_a_mirror(folder):
    """What would be downloaded: a dataset, a model and a teacher's released responses."""
    entry = yaml.safe_load((folder / "config/datasets.yaml").read_text("utf-8"))["cotempqa"]
    entry |= {"source": {"kind": "local", "path": "raw"}, "options": OPTIONS["cotempqa"].model_dump()}
    (folder / "registry.yaml").write_text(yaml.safe_dump({"cotempqa": entry}), "utf-8")
    (folder / "raw").mkdir()
    write_cotempqa(folder / "raw")
    model = read_models(folder / "config/models.yaml")[FETCHED].mirror_folder(FETCHED)
    shutil.copytree(folder / "results/smoke/models/tiny-qwen3", folder / "mirror" / model)
    settings = {
        "run": "mirror",
        "registry": "registry.yaml",
        "mirror": "mirror",
        "datasets": ["cotempqa"],
        "models": [FETCHED],
        "teacher": {"source": "released", "released": "config/released.yaml"},
    }
    (folder / "mirror.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    targets = [f"results/mirror/models/{FETCHED}", "results/mirror/teacher/cotempqa/r1.jsonl"]
    run(folder, *targets, *SMOKE, "tests/workflow/teacher.yaml", "mirror.yaml")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project in which every door was gone through."""
    folder = copy_project(tmp_path_factory.mktemp("envs") / "project")
    shutil.copytree(ROOT / "examples", folder / "examples")
    go_through_a_replay(folder)
    go_through_everything(folder)
    go_to_a_site(folder)
    go_through_own_generations(folder)
    go_through_a_study(folder)
    go_through_a_teacher(folder)
    go_through_a_mirror(folder)
    return folder


def read_records(folder):
    """Give the record of every job, by environment."""
    environments = {rule.name: rule.environment for rule in read_rules()}
    for path in sorted((folder / "provenance").glob("*/*/*.json")):
        record = json.loads(path.read_text("utf-8"))
        yield environments[record["rule"]], record


def test_every_rule_ran(project):
    # a log of every job lies in logs/{run}/{rule}/, or in logs/{run}/{rule}.log
    ran = {path.stem for path in (project / "logs").glob("*/*")}
    assert not {rule.name for rule in read_rules()} - ran


def test_every_job_had_the_packages_of_its_file_and_no_other(project):
    known, found = read_requirements(), set()
    for environment, record in read_records(project):
        packages = split_pins(f"{name}=={version}" for name, version in record["packages"].items())
        # beside pip and what a machine with a GPU adds
        held = {name: version for name, version in packages.items() if name in known}
        assert held == read_pins(environment), record["rule"]
        found.add(environment)
    assert found == {rule.environment for rule in read_rules()}


def test_what_an_environment_lacks_is_not_found_in_that_of_snakemake(project):
    environment = next(BUILT.glob("*/bin/python")).parents[1]
    borrow = (
        f"import sys; sys.path.append({str(Path(pytest.__file__).parents[1])!r}); import snakemake, pytest"
    )
    command = f"source {CONDA}/activate {environment}; python -c {shlex.quote(borrow)}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'pytest'"
