import csv
import json
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from support.examples import ROOT
from support.tiny_models import CHAT, QUANTISATION, TRAINING, adapter_files, make_job
from tracekd.adapters import training
from tracekd.adapters.chat import NO_LOSS, count_tokens, sft_conversations
from tracekd.adapters.trainer import EpochSampler, ResumableTrainer, steps_of
from tracekd.adapters.training import collate, train_adapter, train_adapters
from tracekd.core.checks import read_yaml
from tracekd.core.errors import ModelError
from tracekd.datasets import get_dataset
from tracekd.datasets.registry import read_registry
from tracekd.datasets.simulation import get_simulator
from tracekd.models.loading import load_quantised, load_tokenizer
from tracekd.models.registry import read_models
from tracekd.settings.training import Override, TrainingPlan
from tracekd.traces.build import build_traces

TESTS = Path(__file__).parents[1]
LAST_STEP = 14  # 50 examples in steps of 8, two epochs: 7 steps an epoch, the last of each a short one
KILLED_AT = 11  # in the second epoch, between the two halves of an accumulated step

# trains like the tests below, but dies without warning
VICTIM = """
import json, os, signal, sys
from pathlib import Path
from transformers.trainer_callback import DefaultFlowCallback
from support.tiny_models import QUANTISATION, make_job
from tracekd.models.loading import load_quantised, load_tokenizer
from tracekd.adapters.training import train_adapter

folder, root, step, changes = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])

def on_substep_end(self, args, state, control, **kwargs):
    if state.global_step == step:
        os.kill(os.getpid(), signal.SIGKILL)

DefaultFlowCallback.on_substep_end = on_substep_end
tokenizer = load_tokenizer(folder)
train_adapter(load_quantised(folder, QUANTISATION), tokenizer, make_job(tokenizer, root, **changes))
"""
# spent before the second epoch ends
BUDGET = {"epochs": None, "tokens": 5700}


@pytest.fixture(scope="module")
def reference(base, tokenizer, tmp_path_factory):
    """The files of an adapter (seed 0) that was trained without a break."""
    job = make_job(tokenizer, tmp_path_factory.mktemp("reference"))
    train_adapter(base, tokenizer, job)
    return adapter_files(job.output)


def train_and_kill(model_folder, root, **changes):
    """Train in a process that is killed in the second epoch."""
    victim = subprocess.run(
        [sys.executable, "-c", VICTIM, str(model_folder), str(root), str(KILLED_AT), json.dumps(changes)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent / "scripts")]),
            "PYTHONHASHSEED": "7",
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    assert victim.returncode == -signal.SIGKILL, victim.stderr
    assert not (root / "adapter").exists()


@pytest.fixture(scope="module")
def killed(model_folder, tmp_path_factory):
    """What a process leaves that was killed in the second epoch."""
    root = tmp_path_factory.mktemp("killed")
    train_and_kill(model_folder, root)
    assert {path.name for path in (root / "work/checkpoints").iterdir()} == {"checkpoint-6", "checkpoint-9"}
    return root


@pytest.fixture
def remains(killed, tmp_path):
    """A copy of them that a test may change."""
    return shutil.copytree(killed, tmp_path / "remains")


def read_log(files):
    return list(csv.DictReader(files["training_log.csv"].decode().splitlines()))


def dtypes(weights):
    from safetensors.torch import load

    return {str(tensor.dtype) for tensor in load(weights).values()}


def test_same_seed_gives_the_same_bytes_and_another_seed_another_adapter(
    base, tokenizer, reference, tmp_path
):
    again, other = make_job(tokenizer, tmp_path / "0"), make_job(tokenizer, tmp_path / "1", seed=1)
    train_adapters(base, tokenizer, [other, again])
    assert adapter_files(again.output) == reference
    assert adapter_files(other.output)["adapter_model.safetensors"] != reference["adapter_model.safetensors"]


def test_adapters_of_one_base_are_those_of_separate_bases(base, model_folder, tokenizer, tmp_path, reference):
    alone = make_job(tokenizer, tmp_path / "alone")
    train_adapter(load_quantised(model_folder, QUANTISATION), tokenizer, alone)
    assert adapter_files(alone.output) == reference
    assert not hasattr(base, "peft_config")
    assert not any(parameter.requires_grad for parameter in base.parameters())


def test_killed_run_resumes_to_the_same_bytes(base, tokenizer, reference, remains, caplog):
    job = make_job(tokenizer, remains)
    with caplog.at_level(logging.INFO):
        train_adapter(base, tokenizer, job)
    assert "resume from" in caplog.text and "checkpoint-9" in caplog.text
    assert adapter_files(job.output) == reference


def test_a_budget_of_tokens_is_spent_to_the_step_and_resumes_to_the_same_bytes(
    base, model_folder, tokenizer, tmp_path, monkeypatch
):
    spent, original = [], ResumableTrainer.training_step

    def count(self, model, inputs, *arguments):
        spent.append((self.state.global_step, int(inputs["attention_mask"].sum())))
        return original(self, model, inputs, *arguments)

    monkeypatch.setattr(ResumableTrainer, "training_step", count)
    job = make_job(tokenizer, tmp_path / "whole", **BUDGET)
    train_adapter(base, tokenizer, job)
    files = adapter_files(job.output)
    steps = [sum(tokens for step, tokens in spent if step == number) for number in range(spent[-1][0] + 1)]
    assert sum(steps[:-1]) < BUDGET["tokens"] <= sum(steps)
    assert LAST_STEP > len(steps) == len(read_log(files)) > KILLED_AT
    train_and_kill(model_folder, tmp_path / "killed", **BUDGET)
    again = make_job(tokenizer, tmp_path / "killed", **BUDGET)
    train_adapter(base, tokenizer, again)
    assert adapter_files(again.output) == files
    provenance = json.loads(files["provenance.json"])["training"]
    assert provenance["tokens"] == BUDGET["tokens"] and provenance["epochs"] is None


@settings(max_examples=50, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=40),
    tokens=st.integers(1, 3000),
    size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    seed=st.integers(0, 9),
)
def test_the_last_step_of_a_budget_is_the_first_one_that_reaches_it(lengths, tokens, size, seed):
    training = TRAINING.changed(batch_size=size[0], accumulation=size[1])
    steps, group = steps_of(tokens, lengths, training, seed), size[0] * size[1]
    per_epoch = -(-len(lengths) // group)
    seen = []
    for number in range(steps):
        sampler = EpochSampler(lengths, group, seed)
        sampler.set_epoch(number // per_epoch)
        start = number % per_epoch * group
        seen.append(sum(lengths[place] for place in list(sampler)[start : start + group]))
    assert sum(seen[:-1]) < tokens <= sum(seen)


def test_adapter_weights_are_float32_in_checkpoints_and_at_the_end(reference, killed):
    checkpoint = killed / "work/checkpoints/checkpoint-9/adapter_model.safetensors"
    for weights in (checkpoint.read_bytes(), reference["adapter_model.safetensors"]):
        assert dtypes(weights) == {"torch.float32"}


def cut(checkpoint):
    path = checkpoint / "optimizer.pt"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        lambda checkpoint: (checkpoint / "rng_state.pth").unlink(),
        lambda c: (c / "manifest.json").unlink(),
        lambda c: (c / "manifest.json").write_bytes(b'{"adapter_config.json": "\xff'),
    ],
    ids=["truncated file", "missing file", "never sealed", "damaged seal"],
)
def test_only_whole_checkpoints_count(base, tokenizer, reference, remains, caplog, damage):
    checkpoints = remains / "work/checkpoints"
    (checkpoints / "checkpoint-999").mkdir()
    damage(checkpoints / "checkpoint-9")
    job = make_job(tokenizer, remains)
    with caplog.at_level(logging.INFO):
        train_adapter(base, tokenizer, job)
    assert "checkpoint-999 is not whole" in caplog.text
    assert "checkpoint-9 is not whole" in caplog.text
    assert "resume from" in caplog.text and "checkpoint-6" in caplog.text
    assert adapter_files(job.output) == reference


def test_a_damaged_finished_adapter_is_not_handed_out(base, tokenizer, reference, tmp_path):
    job = make_job(tokenizer, tmp_path)
    train_adapter(base, tokenizer, job)
    weights = job.work / "adapter/adapter_model.safetensors"
    damaged = bytearray(weights.read_bytes())
    damaged[-1] ^= 1
    weights.write_bytes(damaged)
    train_adapter(base, tokenizer, job)
    assert adapter_files(job.output) == reference


def test_checkpoints_of_another_configuration_are_deleted(base, tokenizer, remains, tmp_path, caplog):
    changed, fresh = (make_job(tokenizer, root, learning_rate=1e-4) for root in (remains, tmp_path / "fresh"))
    train_adapter(base, tokenizer, changed)
    assert "belongs to another configuration" in caplog.text
    train_adapter(base, tokenizer, fresh)
    assert adapter_files(changed.output) == adapter_files(fresh.output)


def test_finished_adapter_is_handed_out_again_without_training(base, tokenizer, tmp_path, monkeypatch):
    job = make_job(tokenizer, tmp_path, epochs=1)
    train_adapter(base, tokenizer, job)
    files = adapter_files(job.output)
    shutil.rmtree(job.output)
    monkeypatch.setattr(training, "_run", lambda *arguments: pytest.fail("trained a second time"))
    train_adapter(base, tokenizer, job)
    assert adapter_files(job.output) == files
    assert not (job.work / "checkpoints").exists()


def test_adapter_folder_holds_these_files_without_machine_or_clock(reference, model_folder):
    names = ["adapter_config.json", "adapter_model.safetensors", "provenance.json", "training_log.csv"]
    assert sorted(reference) == ["README.md", *names]
    assert not any(str(model_folder.parent).encode() in content for content in reference.values())
    config = json.loads(reference["adapter_config.json"])
    assert config["base_model_name_or_path"] == "tiny"
    assert config["target_modules"] == ["down_proj", "q_proj", "v_proj"]
    provenance = json.loads(reference["provenance.json"])
    assert provenance["training"] == TRAINING.model_dump()
    assert (provenance["seed"], provenance["arm"]) == (0, "correct")
    assert provenance["packages"]["torch"][0].isdigit() and "+" not in provenance["packages"]["torch"]


def test_the_model_card_says_how_the_adapter_was_made(reference):
    card = reference["README.md"].decode()
    provenance, rows = json.loads(reference["provenance.json"]), read_log(reference)
    assert card.startswith("---\nlibrary_name: peft\n") and "# tiny, toy, correct, seed 0\n" in card
    assert f"{rows[-1]['step']} steps of {TRAINING.batch_size} x {TRAINING.accumulation} examples" in card
    assert f", {float(rows[-1]['loss']):.4f} in the last step |" in card
    assert provenance["inputs"]["traces"] in card


def test_log_has_every_step_and_the_rate_warms_up_and_falls(reference):
    rows = read_log(reference)
    assert [int(row["step"]) for row in rows] == list(range(1, LAST_STEP + 1))
    rates = [float(row["learning_rate"]) for row in rows]
    assert rates[:3] == pytest.approx([0, 1.5e-3, 3e-3])  # warm-up of 0.1 x 14 steps, rounded up
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])


@pytest.mark.parametrize(("batch_size", "accumulation"), [(8, 1), (2, 4)])
def test_loss_is_the_mean_over_label_tokens_however_a_step_is_split(
    base, tokenizer, tmp_path, batch_size, accumulation
):
    import torch

    lora = TRAINING.lora.changed(dropout=0.0)
    job = make_job(tokenizer, tmp_path, epochs=1, batch_size=batch_size, accumulation=accumulation, lora=lora)
    del job.examples[8:]
    batch = collate(job.examples, tokenizer.pad_token_id)
    logits = base(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    log_p = logits[:, :-1].log_softmax(-1)
    labels = batch["labels"][:, 1:]
    kept = labels != NO_LOSS
    expected = -log_p.gather(-1, labels.where(kept, torch.tensor(0))[..., None])[..., 0][kept].mean()
    train_adapter(base, tokenizer, job)
    (row,) = read_log(adapter_files(job.output))
    assert float(row["loss"]) == pytest.approx(float(expected), rel=1e-5)


def test_logits_are_made_for_labels_only_and_loss_and_gradient_are_those_of_the_whole(
    base, tokenizer, tmp_path
):
    import torch

    job = make_job(tokenizer, tmp_path)
    model = training.add_lora(base, job.training.lora, seed=0).eval()
    lora = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    for name, weight in lora.items():
        if "lora_B" in name:  # zero at the start: nothing would reach matrix A
            torch.nn.init.normal_(weight, std=0.1)
    trainer = training.make_trainer(model, tokenizer, job, tmp_path)
    batch = collate(job.examples[:5], tokenizer.pad_token_id)
    labels = batch["labels"]
    count = (labels[:, 1:] != NO_LOSS).sum()

    def gradients(loss):
        return torch.autograd.grad(loss, list(lora.values()))

    whole = model(**batch, num_items_in_batch=count).loss
    expected = gradients(whole)
    seen = []
    hook = base.lm_head.register_forward_hook(lambda head, hidden, logits: seen.append(logits.shape))
    loss = trainer.compute_loss(model, batch, num_items_in_batch=count)
    found = gradients(loss)
    hook.remove()
    assert seen == [(count, 320)] and count < labels.numel() / 3
    assert loss.item() == pytest.approx(whole.item(), rel=1e-5)
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-7)
    # one place too far would be seen
    shifted = {**batch, "labels": labels.roll(1, dims=1)}
    assert trainer.compute_loss(model, shifted, num_items_in_batch=count).item() != pytest.approx(
        whole.item(), rel=1e-3
    )
    model.unload()


def test_accumulation_equals_a_large_batch(base, tokenizer, tmp_path):
    import torch
    from safetensors.torch import load_file

    lora = TRAINING.lora.changed(dropout=0.0)
    weights = []
    for batch_size, accumulation in ((8, 1), (4, 2), (1, 8)):
        job = make_job(
            tokenizer,
            tmp_path / str(batch_size),
            epochs=1,
            batch_size=batch_size,
            accumulation=accumulation,
            lora=lora,
        )
        train_adapter(base, tokenizer, job)
        weights.append(load_file(job.output / "adapter_model.safetensors"))
    for other in weights[1:]:
        for name, tensor in weights[0].items():
            assert torch.allclose(tensor, other[name], atol=1e-5), name


def test_gradient_checkpointing_changes_memory_and_not_the_adapter(base, tokenizer, reference, tmp_path):
    job = make_job(tokenizer, tmp_path, gradient_checkpointing=True)
    train_adapter(base, tokenizer, job)
    assert adapter_files(job.output)["training_log.csv"] == reference["training_log.csv"]
    assert not base.is_gradient_checkpointing


def test_the_published_optimiser_runs(base, tokenizer, tmp_path):
    job = make_job(tokenizer, tmp_path, epochs=1, optimizer="paged_adamw_8bit")
    train_adapter(base, tokenizer, job)
    assert len(read_log(adapter_files(job.output))) == LAST_STEP // 2


def test_training_stops_when_the_loss_is_no_number(model_folder, tokenizer, tmp_path):
    broken = load_quantised(model_folder, QUANTISATION)
    broken.model.norm.weight.data.fill_(float("nan"))
    job = make_job(tokenizer, tmp_path, save_steps=1)
    with pytest.raises(ModelError, match="the loss is nan at step 1"):
        train_adapter(broken, tokenizer, job)
    assert not list(job.work.glob("checkpoints/checkpoint-*")), "a diverged state is not worth keeping"
    assert not job.output.exists()


def test_padding_carries_no_loss_and_no_attention():
    batch = collate(
        [{"input_ids": [5, 6, 7], "labels": [NO_LOSS, 6, 7]}, {"input_ids": [8], "labels": [8]}], 0
    )
    assert batch["input_ids"].tolist() == [[5, 6, 7], [8, 0, 0]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch["labels"].tolist() == [[NO_LOSS, 6, 7], [8, NO_LOSS, NO_LOSS]]


def test_order_of_an_epoch_depends_on_seed_and_epoch_only():
    import torch

    lengths = [number * 7 % 100 for number in range(100)]
    sampler = EpochSampler(lengths, 8, seed=3)
    first = list(sampler)
    torch.rand(5)
    assert list(sampler) == first
    assert sorted(first) == list(range(100))
    sampler.set_epoch(1)
    assert list(sampler) != first
    sampler.set_epoch(0)
    assert list(sampler) == first
    assert list(EpochSampler(lengths, 8, seed=4)) != first
    spreads = [
        max(group) - min(group)
        for group in ([lengths[i] for i in first[start : start + 8]] for start in range(8, 96, 8))
    ]
    assert sum(spreads) / len(spreads) < 40, "batches are not of similar length"


def padding_share(order, lengths, size):
    """Give the share of token places that are padding in batches of this order."""
    batches = [
        [lengths[place] for place in order[start : start + size]] for start in range(0, len(order), size)
    ]
    return 1 - sum(lengths) / sum(max(batch) * len(batch) for batch in batches)


DEMO = read_yaml(ROOT / "config.yaml")


@pytest.mark.parametrize("dataset", DEMO["datasets"])
def test_less_than_3_percent_of_the_demos_batches_are_padding(dataset, tmp_path):
    """docs/performance.md takes the bound as the reason why conversations are not packed."""
    entry = read_registry(ROOT / "config/datasets_demo.yaml")[dataset]
    get_simulator(dataset).write_raw(tmp_path, entry.source.sizes, DEMO["seed"])
    reader = get_dataset(dataset)
    questions = reader.read(tmp_path, reader.Options.model_validate(entry.options), DEMO["seed"])
    train = [question for question in questions if question.split == "train"]
    conversations = sft_conversations(train, build_traces(train, "correct", DEMO["seed"]), "Llama")
    tokenizer = load_tokenizer(min((ROOT / "resources/models").iterdir()))
    lengths = [count_tokens(tokenizer, conversation, CHAT) for conversation in conversations]
    size = DEMO["training"]["batch_size"]
    step = size * DEMO["training"]["accumulation"]
    for seed in DEMO["seeds"]:
        assert padding_share(list(EpochSampler(lengths, step, seed)), lengths, size) < 0.03
        shuffled = random.Random(seed).sample(range(len(lengths)), len(lengths))
        assert padding_share(shuffled, lengths, size) > 0.06


MODULES = TRAINING.lora.target_modules
PLAN = TrainingPlan(
    **TRAINING.changed(warmup_ratio=0.03, epochs=3).model_dump(exclude={"lora": {"target_modules"}}),
    max_cut=0,
    overrides=[
        Override(dataset="cotempqa", arms=["correct", "incorrect"], warmup_ratio=0.1),
        Override(dataset="babi", arms=["none", "correct"], epochs=1),
        Override(dataset="babi", arms=["correct"], max_length=512),
    ],
)


@pytest.mark.parametrize(
    ("dataset", "arm", "changes"),
    [
        ("cotempqa", "correct", {"warmup_ratio": 0.1}),
        ("cotempqa", "none", {}),
        ("ms_marco", "correct", {}),
        ("babi", "none", {"epochs": 1}),
        ("babi", "correct", {"epochs": 1, "max_length": 512}),
    ],
)
def test_overrides_hold_for_their_dataset_and_arms(dataset, arm, changes):
    assert PLAN.of(dataset, arm, MODULES) == TRAINING.changed(**{"warmup_ratio": 0.03, "epochs": 3} | changes)


def test_the_longest_examples_of_a_plan_are_those_of_its_overrides():
    assert PLAN.longest(MODULES) == TRAINING.changed(warmup_ratio=0.03, epochs=3, max_length=512)


def test_each_model_carries_adapters_on_its_own_layers():
    for modules in ("all-linear", ["c_attn"]):
        assert PLAN.of("babi", "none", modules).lora == TRAINING.lora.changed(target_modules=modules)
        assert PLAN.longest(modules).lora == TRAINING.lora.changed(target_modules=modules)


def test_what_an_adapter_depends_on_is_written_as_config_and_registry_have_it():
    """Digests of adapters that lie on a disk must not change because a number is typed."""
    section = read_yaml(ROOT / "config/paper.yaml")["training"]
    modules = read_models(ROOT / "config/models.yaml")["Llama-3.2-1B-Instruct"].target_modules
    written = TrainingPlan.model_validate(section).of("cotempqa", "none", modules).model_dump()
    as_before = {key: value for key, value in section.items() if key not in ("max_cut", "overrides")}
    as_before["lora"] = {**section["lora"], "target_modules": modules}
    assert json.dumps(written) == json.dumps(as_before)


@pytest.mark.parametrize("changes", [{"tokens": 9}, {"epochs": None}, {"epochs": None, "tokens": 0}])
def test_a_training_has_one_length(changes):
    with pytest.raises(ValidationError, match=r"either epochs or tokens|greater than or equal to 1"):
        TRAINING.changed(**changes)
