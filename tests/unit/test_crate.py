"""The crate of a run: what it says, what it MUST have, and of which runs there is none."""

import hashlib
import json
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate
from support.crate_musts import METADATA, MUSTS, get, list_broken
from support.examples import ROOT
from support.recorded import ADAPTER, MODEL, QUESTIONS, make_job, run_chain, train_job, write
from support.run_data import run_script
from tracekd.core.errors import DataError
from tracekd.core.files import sha256_file
from tracekd.run import provenance
from tracekd.run.crate import PARTS, write_crate
from tracekd.run.jobs import rule_job
from tracekd.run.provenance import read_record

CALL = ".venv/bin/snakemake --cores 2"
OWN = ("Snakefile", "CITATION.cff", "LICENSE", "README.md", "config.yaml", *PARTS)
TRAIN = "#train_adapters/babi.3"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The workflow in a folder of its own, with three jobs of a run."""
    place = tmp_path / "clone"
    place.mkdir()
    for name in OWN:
        (place / name).symlink_to(ROOT / name)
    monkeypatch.chdir(place)
    run_chain()
    return place


def describe(folder, targets=(ADAPTER,), configs=("config.yaml",)):
    """Write the crate of the run and read it back."""
    write_crate("demo", CALL, configs, targets)
    return ROCrate(folder)


def ids(entity, name):
    return [one.id for one in get(entity, name)]


def test_the_crate_has_all_that_it_must_have(folder):
    describe(folder)
    assert list_broken(folder) == []


def replace(graph, identifier, **values):
    """Give an entity other values; None takes a value away."""
    entity = next(one for one in graph if one["@id"] == identifier)
    entity |= {f"@{name[1:]}" if name.startswith("_") else name: value for name, value in values.items()}
    for name in [name for name, value in entity.items() if value is None]:
        del entity[name]


FAULTS = {
    "root: name": ("./", {"license": None}),
    "root: datePublished": ("./", {"datePublished": "yesterday"}),
    "data entities: hasPart": ("./", {"hasPart": [{"@id": "Snakefile"}]}),
    "data entities: a path": (ADAPTER, {"_id": "results/demo/no_such_file"}),
    "a workflow that is a file": ("Snakefile", {"_type": ["File", "SoftwareSourceCode"]}),
    "workflow's language": ("Snakefile", {"programmingLanguage": None}),
    "Process Run Crate: conformsTo": ("https://w3id.org/ro/wfrun/process/0.5", {"_type": "Thing"}),
    "Workflow Run Crate: conformsTo": ("https://w3id.org/ro/wfrun/workflow/0.5", {"_type": "Thing"}),
    "Provenance Run Crate: conformsTo": ("https://w3id.org/ro/wfrun/provenance/0.5", {"_type": "Thing"}),
    "an action names what ran": (TRAIN, {"instrument": {"@id": "LICENSE"}}),
    "run of the main workflow": ("#run", {"instrument": {"@id": "scripts/train_adapters.py"}}),
    "its tools as parts": ("Snakefile", {"hasPart": {"@id": "LICENSE"}}),
    "of each tool an action tells": (TRAIN, {"instrument": {"@id": "scripts/read_questions.py"}}),
    "is a HowTo": ("Snakefile", {"_type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"]}),
    "a step is one of the workflow": ("Snakefile", {"step": {"@id": "Snakefile#train_adapters"}}),
    "a step names its tool": ("Snakefile#train_adapters", {"workExample": None}),
    "names the step": ("#train_adapters", {"instrument": {"@id": "Snakefile"}}),
    "names its actions": ("#train_adapters", {"object": {"@id": "Snakefile"}}),
}


def plant(folder, identifier, values):
    """Change an entity of the crate in a folder, or its @id wherever it is named."""
    text = (folder / METADATA).read_text("utf-8")
    if "_id" in values:
        text = text.replace(f'"{identifier}"', f'"{values["_id"]}"')
    crate = json.loads(text)
    if "_id" not in values:
        replace(crate["@graph"], identifier, **values)
    (folder / METADATA).write_text(json.dumps(crate), "utf-8")


@pytest.mark.parametrize("must", FAULTS)
def test_a_planted_fault_breaks_what_it_should(folder, must):
    describe(folder)
    plant(folder, *FAULTS[must])
    (expected,) = [one for one in MUSTS if must in one]
    assert expected in list_broken(folder)


@pytest.mark.parametrize(
    ("identifier", "values", "said"),
    [
        (METADATA, {"_type": "Thing"}, 'metadata descriptor must be of type "CreativeWork"'),
        (METADATA, {"about": {"@id": "LICENSE"}}, "the @id of the root ends with /"),
        ("./", {"_type": "Thing"}, 'root entity must have "Dataset" among its types'),
        ("LICENSE", {"_id": "README.md"}, "an @id occurs once"),
    ],
)
def test_a_crate_that_cannot_be_read_is_none(folder, identifier, values, said):
    describe(folder)
    plant(folder, identifier, values)
    assert list_broken(folder) == [said]


def test_every_must_has_a_planted_fault():
    assert all(any(fault in must for fault in FAULTS) for must in MUSTS)


def test_a_job_says_what_it_read_and_wrote_when_and_with_what(folder):
    crate = describe(folder)
    record = read_record(Path("provenance/demo/train_adapters/babi.3.json"))
    job = crate.get(TRAIN)
    assert ids(job, "object") == [f"{MODEL}/deep/config.json", f"{MODEL}/model.safetensors", QUESTIONS]
    assert ids(job, "result") == [ADAPTER] and job["description"] == "dataset babi, seed 3; on cpu"
    assert record["started"].startswith(job["startTime"][:23]) and job["startTime"].endswith("+00:00")
    assert record["finished"].startswith(job["endTime"][:23])
    adapter = crate.get(ADAPTER)
    assert adapter["sha256"] == hashlib.sha256((folder / ADAPTER).read_bytes()).hexdigest()
    assert adapter["contentSize"] == str((folder / ADAPTER).stat().st_size)
    software = job["instrument"]["softwareRequirements"]
    assert software["softwareVersion"] == record["python"]
    assert f"pkg:pypi/snakemake@{record['packages']['snakemake']}" in ids(software, "softwareRequirements")
    told = crate.get("provenance/demo/train_adapters/babi.3.json")
    assert told["about"] is job and told["sha256"] == sha256_file(told.id)


def test_the_run_says_how_it_was_made_of_what_and_what_came_out(folder):
    crate = describe(folder)
    run = crate.get("#run")
    assert run["description"] == CALL and run["instrument"] is crate.mainEntity
    assert ids(run, "object") == ["config.yaml"] and ids(run, "result") == [ADAPTER]
    jobs = ["#build_base_model/tiny", "#read_questions/babi", TRAIN]
    assert ids(crate.root_dataset, "mentions") == ["#run", *jobs]
    assert run["startTime"] == min(crate.get(job)["startTime"] for job in jobs)
    assert crate.license.id.endswith("/MIT") and "keep their own" in crate.license["description"]
    assert crate.root_dataset["citation"].id == "https://arxiv.org/abs/2505.13792"
    assert crate.mainEntity["programmingLanguage"]["name"] == "Snakemake"


def test_the_same_run_gives_the_same_bytes(folder, monkeypatch):
    describe(folder)
    before = (folder / METADATA).read_bytes()
    monkeypatch.setattr("rocrate.model.root_dataset.iso_now", lambda: "2001-01-01T00:00:00+00:00")
    describe(folder)
    assert (folder / METADATA).read_bytes() == before


def test_what_a_later_job_has_written_anew_is_its_result_alone(folder):
    with rule_job(make_job("fetch_raw", {}, {"questions": QUESTIONS}, dataset="babi")):
        write(QUESTIONS, b"other words\n")
    with rule_job(train_job()):
        write(ADAPTER)
    crate = describe(folder)
    assert ids(crate.get("#fetch_raw/babi"), "result") == [QUESTIONS]
    assert crate.get("#read_questions/babi") is None and crate.get("scripts/read_questions.py") is None
    assert crate.get(QUESTIONS)["contentSize"] == "12"


def test_a_file_outside_of_the_folder_is_named_by_its_digest_and_not_by_its_place(folder):
    outside = folder.parent / "mirror file.csv"
    outside.write_bytes(b"id,text\n")
    with rule_job(make_job("fetch_raw", {"raw": str(outside)}, {"raw": "results/demo/raw.csv"})):
        write("results/demo/raw.csv")
    crate = describe(folder)
    (named,) = ids(crate.get("#fetch_raw/all"), "object")
    assert named == "ni:///sha-256;PZV9bTtLnhogA5TvCMrGxlIW8zwrfljPtBVwiSrE354"
    assert crate.get(named)["name"] == "mirror file.csv" and named in ids(crate.get("#run"), "object")
    assert str(folder.parent) not in (folder / METADATA).read_text("utf-8")
    assert list_broken(folder) == []


def test_a_path_with_blanks_is_a_uri(folder):
    with rule_job(make_job("fetch_raw", {}, {"raw": "results/demo/raw/a file, 50 %.csv"})):
        write("results/demo/raw/a file, 50 %.csv")
    crate = describe(folder)
    assert crate.get("results/demo/raw/a%20file%2C%2050%20%25.csv")["name"].endswith("a file, 50 %.csv")
    assert list_broken(folder) == []


def test_a_run_that_is_not_finished_has_no_crate(folder):
    figure = "figures/demo/losses.pdf"
    with pytest.raises(DataError, match="1 of its 2 files are missing") as error:
        describe(folder, [ADAPTER, figure])
    assert error.value.where == figure and CALL in str(error.value)
    assert not (folder / METADATA).exists()


def test_a_run_that_is_not_as_recorded_has_no_crate(folder, capsys):
    write(QUESTIONS, b"changed")
    params = {"run": "demo", "extensions": (), "outputs": [], "call": CALL, "configs": [], "targets": []}
    with pytest.raises(SystemExit):
        run_script("write_crate", {}, {}, params, folder / "log")
    assert f"{QUESTIONS}: SHA-256 is" in capsys.readouterr().err
    assert not (folder / METADATA).exists()


def test_the_version_is_the_commit_of_the_jobs(folder, monkeypatch):
    monkeypatch.setattr(provenance, "code_version", lambda: {"commit": "c0ffee", "dirty": False})
    with rule_job(train_job()):
        pass
    crate = describe(folder)
    assert "c0ffee" in crate.mainEntity["version"].split(", ")
