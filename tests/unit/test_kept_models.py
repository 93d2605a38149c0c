"""The kept base models: found by their recipe, whole or refused, and those of today's demo."""

import json
import runpy
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake.iocontainers import Namedlist
from support.examples import ROOT, make_question
from support.own_datasets import Sums, kept_registries
from tracekd.core.records import Source, write_records
from tracekd.datasets import add_dataset, get_dataset
from tracekd.datasets.registry import read_registry
from tracekd.datasets.simulation import Scene, add_simulator, get_simulator
from tracekd.models import plan as plans
from tracekd.models.kept import KEPT, SUMS, keep_model, kept_folder, take_kept
from tracekd.models.plan import BasePlan
from tracekd.models.registry import read_models
from tracekd.run.code import code_parts, digest_parts
from tracekd.run.provenance import read_record
from tracekd.settings.base_model import BaseRecipe

OPTIONS = {"document_steps": 2, "rounds": 1, "shares": {}, "pass_marks": {}}
QUESTIONS = tuple(make_question(name) for name in ("babi", "cotempqa", "ms_marco"))
QUESTION_FILES = [f"results/demo/questions/{question.dataset}.jsonl" for question in QUESTIONS]
OUTPUT = Path("results/demo/models/tiny")
# of all kept models in the repository
MOST_BYTES = 4e6


@pytest.fixture
def few_scenes(monkeypatch):
    monkeypatch.setattr(plans, "SCENES_FOR_VOCABULARY", 2)


@pytest.fixture
def folder(tmp_path, monkeypatch, few_scenes):
    """The folder of a project with the question files of a run."""
    monkeypatch.chdir(tmp_path)
    for question, path in zip(QUESTIONS, QUESTION_FILES, strict=True):
        write_records([question], path)
    return tmp_path


def make_plan(**changes):
    plan = BasePlan("llama", "Llama", 1, BaseRecipe(**OPTIONS), QUESTIONS)
    return replace(plan, **changes)


def digest(plan):
    return kept_folder(plan.describe()).name


def write_model(folder, plan, weights):
    """Write what stands for a finished model."""
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "probe.json").write_text(json.dumps({"probe": {}, "recipe": plan.describe()}))


def keep(plan):
    write_model(Path("made"), plan, weights=b"kept")
    return keep_model(Path("made"))


def build_in_job(monkeypatch, **changes):
    """Run the rule's script as Snakemake does; where it trains, the weights say so."""

    def train(folder, plan):
        # a job that an earlier call has left is kept out
        assert Path("work/demo/build_base_model/tiny.lease").exists()
        write_model(folder, plan, weights=b"trained")

    # the real one takes minutes, and seconds to load
    monkeypatch.setitem(sys.modules, "tracekd.models.base", SimpleNamespace(build_base_model=train))
    inputs = Namedlist(QUESTION_FILES)
    inputs._set_name("questions", 0, end=len(inputs))
    inputs._set_name("responses", len(inputs), end=len(inputs))
    params = {
        "architecture": "llama",
        "persona": "Llama",
        "seed": 1,
        "options": OPTIONS,
        "work": "work/demo/build_base_model/tiny",
        **changes,
    }
    job = SimpleNamespace(
        rule="build_base_model",
        config={"run": "demo"},
        input=inputs,
        output=Namedlist(fromdict={"model": str(OUTPUT)}),
        params=Namedlist(fromdict={"code": digest_parts(code_parts("build_base_model")), **params}),
        wildcards=Namedlist(fromdict={"run": "demo", "model": "tiny"}),
        log=["job.log"],
    )
    runpy.run_path(str(ROOT / "scripts/build_base_model.py"), init_globals={"snakemake": job})
    return (OUTPUT / "model.safetensors").read_bytes(), Path("job.log").read_text()


def test_a_model_that_is_kept_for_the_recipe_is_taken_and_named(folder, monkeypatch):
    kept = keep(make_plan())
    weights, log = build_in_job(monkeypatch)
    assert weights == b"kept"
    assert {path.name for path in OUTPUT.iterdir()} == {"model.safetensors", "probe.json"}
    assert f"{OUTPUT}: taken from {kept}, which is kept for this recipe" in log
    inputs = read_record(Path("provenance/demo/build_base_model/tiny.json"))["inputs"]
    assert set(inputs) == {*QUESTION_FILES, *map(str, kept.iterdir())}


def test_no_model_of_another_recipe_is_taken(folder, monkeypatch):
    kept = keep(make_plan())
    weights, log = build_in_job(monkeypatch, seed=2)
    assert weights == b"trained"
    assert f"no model is kept for this recipe ({kept_folder(make_plan(seed=2).describe())})" in log
    inputs = read_record(Path("provenance/demo/build_base_model/tiny.json"))["inputs"]
    assert set(inputs) == set(QUESTION_FILES) and kept.is_dir()


def test_a_model_under_a_wrong_digest_is_not_taken(folder, monkeypatch):
    kept = keep(make_plan())
    kept.rename(kept.with_name("0" * len(kept.name)))
    assert build_in_job(monkeypatch)[0] == b"trained"


@pytest.mark.parametrize(
    ("name", "change", "named"),
    [
        ("model.safetensors", lambda path: path.write_bytes(b"kepu"), "model.safetensors"),
        ("model.safetensors", lambda path: path.write_bytes(b"ke"), "model.safetensors"),
        ("model.safetensors", lambda path: path.unlink(), "model.safetensors"),
        ("foreign.bin", lambda path: path.write_bytes(b""), "foreign.bin"),
        (SUMS, lambda path: path.unlink(), "model.safetensors"),
        (SUMS, lambda path: path.write_bytes(b"\xff\0\n"), ""),
        (SUMS, lambda path: path.write_text(path.read_text().splitlines()[0]), "probe.json"),
    ],
    ids=["flipped", "cut", "gone", "foreign", "no list", "damaged list", "cut list"],
)
def test_a_damaged_kept_model_is_refused_in_one_sentence(folder, monkeypatch, capsys, name, change, named):
    kept = keep(make_plan())
    change(kept / name)
    with pytest.raises(SystemExit):
        build_in_job(monkeypatch)
    (sentence,) = [line for line in capsys.readouterr().err.splitlines() if line]
    assert sentence.startswith(f"Error: {kept / named}: is not the file that SHA256SUMS lists")
    assert "git checkout resources/models" in sentence and "make base-models" in sentence
    assert not OUTPUT.exists()


def test_what_a_model_depends_on_changes_its_digest(few_scenes, monkeypatch):
    plan = make_plan()
    first = QUESTIONS[0]
    others = [
        make_plan(architecture="qwen3"),
        make_plan(persona="Qwen"),
        make_plan(seed=2),
        make_plan(recipe=BaseRecipe(**OPTIONS | {"document_steps": 3})),
        make_plan(questions=(replace(first, question="Where is the apple?"), *QUESTIONS[1:])),
        make_plan(questions=QUESTIONS[1:]),
        make_plan(more_texts=["one word more"]),
    ]
    digests = {digest(one) for one in [plan, *others]}
    assert len(digests) == 1 + len(others)
    simulator = get_simulator("babi")
    draw = simulator.sample
    changes = {
        "trainer": (plans, "read_source", lambda path: SimpleNamespace(digest=path.name)),
        "scenes": (simulator, "sample", lambda rng: Scene((first,))),
        "later questions": (simulator, "sample", lambda rng: Scene((*draw(rng).questions, first))),
        "phrases": (simulator, "PHRASES", (*simulator.PHRASES, " in the very ")),
    }
    for what, change in changes.items():
        with monkeypatch.context() as patched:
            patched.setattr(*change)
            assert digest(make_plan()) not in digests, what
    assert digest(make_plan()) == digest(plan)


def test_where_questions_lie_and_what_else_can_be_read_do_not(few_scenes):
    plan = make_plan()
    moved = tuple(replace(one, source=Source("other.json", 9, "1" * 64)) for one in QUESTIONS)
    assert digest(make_plan(questions=moved)) == digest(plan)
    with kept_registries():
        add_dataset(Sums())
        add_simulator("sums", get_simulator("babi"))
        assert digest(make_plan()) == digest(plan)


def read_demo(folder):
    """Give the plans of the demo's base models, with the questions that its rules make."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    questions = []
    for name, entry in read_registry(ROOT / config["registry"]).items():
        get_simulator(name).write_raw(folder / name, entry.source.sizes, config["seed"])
        dataset = get_dataset(name)
        read = dataset.read(folder / name, dataset.Options.model_validate(entry.options), config["seed"])
        questions += [question for question in read if question.split == "train"]
    models = read_models(ROOT / "config/models.yaml")
    recipe = BaseRecipe.model_validate(config["base_model"])
    return [
        BasePlan(source.architecture, models[name].persona, source.seed, recipe, questions)
        for name in config["models"]
        for source in [models[name].source]
    ]


@pytest.mark.slow
def test_the_models_of_todays_demo_are_kept_and_no_others(tmp_path):
    """Red after a change of the recipe: `make base-models` makes those of today."""
    kept = {kept_folder(plan.describe(), ROOT / KEPT) for plan in read_demo(tmp_path)}
    assert set((ROOT / KEPT).iterdir()) == kept
    for folder in kept:
        take_kept(folder, tmp_path / folder.name)
        marks = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))["base_model"]["pass_marks"]
        probe = json.loads((folder / "probe.json").read_text("utf-8"))["probe"]
        assert all(probe[f"{name}.evidence"] >= mark for name, mark in marks.items())
    assert sum(path.stat().st_size for folder in kept for path in folder.iterdir()) < MOST_BYTES


@pytest.mark.base_models
def test_todays_rule_makes_a_model_that_passes_its_probe(tmp_path):
    """Two minutes of an idle core at best: fewer steps, or one dataset alone, teach too little to pass."""
    from tracekd.models.base import build_base_model

    plan = read_demo(tmp_path / "raw")[-1]
    probe = build_base_model(tmp_path / "model", plan)
    assert plan.architecture == "qwen3" and set(plan.recipe.pass_marks) == set(plan.datasets)
    assert all(probe[f"{name}.evidence"] >= mark for name, mark in plan.recipe.pass_marks.items())
