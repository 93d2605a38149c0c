import json
import runpy
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.tiny_models import CHAT, PLAN, QUANTISATION, TARGET_MODULES, save_model
from tracekd.core.records import Question, Source, read_generations, write_records
from tracekd.traces.build import build_traces

SCRIPTS = Path(__file__).parents[2] / "scripts"
ARMS = ("none", "correct")
CODE = "0" * 64
PLACES = ("kitchen", "garden", "office", "bathroom")


def make_question(number, split):
    here, there = PLACES[number % 4], PLACES[(number + 1) % 4]
    return Question(
        id=f"babi-{split}-{number}",
        dataset="babi",
        split=split,
        class_label="single-supporting-fact",
        context=(f"Mary went to the {here}.", f"John went to the {there}."),
        question="Where is Mary?",
        answers=(here,),
        gold_facts=(0,),
        source=Source("raw.txt", number + 1, "0" * 64),
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A project folder after both scripts have run over two arms and one seed."""
    root = tmp_path_factory.mktemp("project")
    questions = [make_question(number, split) for split in ("train", "test") for number in range(8)]
    write_records(questions, root / "questions.jsonl")
    for arm in ARMS:
        traces = [
            replace(trace, verdict={"class": None, "facts": None})
            for trace in build_traces(questions[:8], arm, seed=0)
        ]
        write_records(traces, root / f"traces/babi/{arm}.jsonl")
    save_model(root / "models/tiny-qwen3", "Qwen3")
    train(root)
    generate(root)
    return root


def adapters(root):
    return [str(root / f"adapters/babi/tiny-qwen3/{arm}/seed0/adapter_model.safetensors") for arm in ARMS]


def run(script, root, **snakemake):
    log = root / "logs" / f"{script}.log"
    log.parent.mkdir(exist_ok=True)
    runpy.run_path(
        str(SCRIPTS / script), init_globals={"snakemake": SimpleNamespace(log=[str(log)], **snakemake)}
    )


def train(root, code=CODE):
    traces = [str(root / f"traces/babi/{arm}.jsonl") for arm in ARMS]
    plan = PLAN | {
        "max_length": 1024,
        "overrides": [{"dataset": "babi", "arms": ["none"], "epochs": 1}],
    }
    run(
        "train_adapters.py",
        root,
        input=SimpleNamespace(
            questions=str(root / "questions.jsonl"), traces=traces, model=str(root / "models/tiny-qwen3")
        ),
        output=SimpleNamespace(weights=adapters(root)),
        params=SimpleNamespace(
            training=plan,
            quantisation=QUANTISATION.model_dump(),
            chat=CHAT.model_dump(),
            persona="Qwen",
            target_modules=TARGET_MODULES,
            work=str(root / "work/train"),
            code=code,
        ),
        wildcards=SimpleNamespace(dataset="babi"),
    )


def generate(root, code=CODE):
    run(
        "generate.py",
        root,
        input=SimpleNamespace(
            questions=str(root / "questions.jsonl"),
            model=str(root / "models/tiny-qwen3"),
            adapters=adapters(root),
        ),
        output=[
            str(root / f"generations/babi/tiny-qwen3/{arm}/seed0.jsonl") for arm in ("prompt_only", *ARMS)
        ],
        params=SimpleNamespace(
            generation={"batch_size": 4, "max_new_tokens": 8, "sampling": "greedy"},
            quantisation=QUANTISATION.model_dump(),
            chat=CHAT.model_dump(),
            persona="Qwen",
            work=str(root / "work/generate"),
            code=code,
        ),
    )


def provenance(root, arm):
    return json.loads((root / f"adapters/babi/tiny-qwen3/{arm}/seed0/provenance.json").read_text())


def test_each_adapter_is_trained_on_the_traces_and_options_of_its_arm(root):
    none, correct = (provenance(root, arm) for arm in ARMS)
    assert (none["arm"], correct["arm"]) == ARMS
    assert (none["training"]["epochs"], correct["training"]["epochs"]) == (1, 2)
    assert none["inputs"]["traces"] != correct["inputs"]["traces"]
    assert none["inputs"]["model"] == correct["inputs"]["model"]
    assert "model.safetensors" in none["inputs"]["model"]


def test_every_arm_answers_the_test_questions(root):
    for arm in ("prompt_only", *ARMS):
        records = read_generations(root / f"generations/babi/tiny-qwen3/{arm}/seed0.jsonl")
        assert [record.id for record in records] == [f"babi-test-{number}" for number in range(8)]


@pytest.mark.parametrize(
    "change", [{"lora_alpha": 4000}, {"use_rslora": True}, {"alpha_pattern": {"q_proj": 900}}]
)
def test_another_scale_of_an_adapter_is_no_old_text(root, tmp_path, change):
    """With the part files of the first call still there."""
    copy = shutil.copytree(root, tmp_path / "copy")
    generations = copy / "generations/babi/tiny-qwen3"
    before = {arm: (generations / f"{arm}/seed0.jsonl").read_bytes() for arm in ("prompt_only", *ARMS)}
    path = copy / "adapters/babi/tiny-qwen3/correct/seed0/adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    generate(copy)
    after = {arm: (generations / f"{arm}/seed0.jsonl").read_bytes() for arm in before}
    assert {arm for arm in before if after[arm] != before[arm]} == {"correct"}


def test_only_the_prompt_without_sft_is_raw(root):
    first = {
        arm: read_generations(root / f"generations/babi/tiny-qwen3/{arm}/seed0.jsonl")[0]
        for arm in ("prompt_only", *ARMS)
    }
    assert first["none"].prompt_sha256 == first["correct"].prompt_sha256
    assert first["prompt_only"].prompt_sha256 != first["none"].prompt_sha256
    assert first["prompt_only"].n_prompt_tokens < first["none"].n_prompt_tokens


def test_outputs_that_snakemake_has_deleted_come_back_from_the_work_folder(root):
    def snapshot():
        folders = (root / "adapters", root / "generations")
        return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}

    before = snapshot()
    assert len(before) == 2 * 5 + 3
    shutil.rmtree(root / "adapters")
    shutil.rmtree(root / "generations")
    train(root)
    generate(root)
    assert snapshot() == before
    for name in ("train_adapters", "generate"):
        log = (root / f"logs/{name}.py.log").read_text()
        assert "resume" not in log and "deleted" not in log


def test_what_other_code_left_in_the_work_folder_does_not_count(root):
    train(root, code="1" * 64)
    generate(root, code="1" * 64)
    logs = {name: (root / f"logs/{name}.py.log").read_text() for name in ("train_adapters", "generate")}
    assert (
        logs["train_adapters"].count("is deleted") == logs["train_adapters"].count("trained for") == len(ARMS)
    )
    assert "already trained" not in logs["train_adapters"]
    assert logs["generate"].count("is started anew") == 1 + len(ARMS)
    assert {provenance(root, arm)["code"] for arm in ARMS} == {"1" * 64}


def test_trace_of_an_unknown_question_ends_the_job_with_one_sentence(root, capsys):
    path = root / "traces/babi/none.jsonl"
    content = path.read_text()
    path.write_text(content.replace("babi-train-0", "babi-train-99"))
    with pytest.raises(SystemExit):
        train(root)
    path.write_text(content)
    assert "babi-train-99: the trace has no training question" in capsys.readouterr().err
