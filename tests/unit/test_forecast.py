"""The forecast: arithmetic that can be done by hand, sizes that are true, finished jobs beside it."""

import json
import math

import pandas as pd
import pytest
from support.examples import ROOT
from tracekd.core.checks import read_yaml
from tracekd.core.errors import ModelError
from tracekd.datasets import get_dataset
from tracekd.datasets.registry import dataset_size, read_registry
from tracekd.datasets.simulation import get_simulator
from tracekd.models.registry import Model, read_models
from tracekd.models.sizes import count_weights, model_size
from tracekd.run.forecast import (
    ForecastSettings,
    ModelSize,
    Size,
    add_measured,
    forecast_run,
    say_unknown,
    show_forecast,
    training_hours,
)
from tracekd.settings.config import Generation, Limit, Speeds
from tracekd.settings.training import LoraPlan, TrainingPlan

SIZE = Size(train=1000, test=100, tokens=500, download_mb=250)
MODELS = {"big": ModelSize(parameters=1e9, lora_per_rank=1e6, download_gb=2.5)}
LORA = LoraPlan(rank=8, alpha=16, dropout=0)
TRAINING = TrainingPlan.model_validate(read_yaml(ROOT / "config/paper.yaml")["training"]).changed(
    gradient_checkpointing=True, epochs=2, max_length=400, lora=LORA
)
SETTINGS = ForecastSettings(
    training=TRAINING,
    generation=Generation(batch_size=16, max_new_tokens=90, sampling="greedy"),
    forecast=Speeds(training_tflops=2, decoding_steps_per_s=7),
    one_job_per="adapter",
)
CELLS = [
    ("babi", "big", arm, seed) for arm, seeds in (("prompt_only", 1), ("none", 3)) for seed in range(seeds)
]


def test_a_budget_of_tokens_takes_the_same_whatever_the_length():
    training = TRAINING.changed(epochs=None, tokens=800_000)
    (hours,) = {
        training_hours(size, 1e9, training, SETTINGS.forecast)
        for size in (SIZE, Size(train=1, test=1, tokens=9, download_mb=1))
    }
    assert hours == pytest.approx(6e9 * 800_000 / 2e12 / 3600)


@pytest.fixture
def table():
    return forecast_run(CELLS, {"babi": SIZE}, MODELS, SETTINGS)


def test_hours_and_sizes_are_those_worked_out_by_hand(table):
    rows = table.set_index("stage")
    # 6 operations x 1e9 parameters x 1000 questions x 2 epochs x 400 tokens at 2e12 a second, three adapters
    assert rows.at["train_adapters", "hours"] == pytest.approx(3 * 6e9 * 1000 * 2 * 400 / 2e12 / 3600)
    # 7 batches of 90 steps at 7 a second, four files
    assert rows.at["generate", "hours"] == pytest.approx(4 * 90 / 3600)
    assert rows.at["train_adapters", "disk_gb"] == pytest.approx(3 * 8 * 1e6 * 4 / 1e9)
    assert list(table["jobs"]) == [1, 1, 3, 4]
    assert table["download_gb"].sum() == pytest.approx(2.75)


def test_without_checkpointing_the_second_forward_pass_is_saved():
    training = TRAINING.changed(gradient_checkpointing=False)
    hours = [
        forecast_run(CELLS, {"babi": SIZE}, MODELS, settings).set_index("stage").at["train_adapters", "hours"]
        for settings in (SETTINGS, SETTINGS.changed(training=training))
    ]
    assert hours[1] / hours[0] == pytest.approx(4 / 6)


def test_one_job_may_take_all_arms_and_seeds():
    table = forecast_run(CELLS, {"babi": SIZE}, MODELS, SETTINGS.changed(one_job_per="model"))
    assert list(table["jobs"]) == [1, 1, 1, 1]


def test_finished_jobs_stand_beside_the_forecast(table, tmp_path):
    for stage, name, seconds in (
        ("train_adapters", "babi.big.none.seed0", 360),
        ("train_adapters", "babi.big.none.seed1", 720),
        ("train_adapters", "babi.other.none.seed1", 9999),
        ("fetch_model", "big", 36),
    ):
        (tmp_path / stage).mkdir(exist_ok=True)
        (tmp_path / stage / f"{name}.tsv").write_text(f"s\th:m:s\n{seconds}\t-\n")
    rows = add_measured(table, tmp_path).set_index("stage")
    assert list(rows["done"]) == [0, 1, 2, 0]
    assert rows.at["train_adapters", "hours_taken"] == pytest.approx(0.3)
    shown = show_forecast(rows.reset_index())
    last = dict(shown.iloc[-1])
    assert (last["Jobs"], last["Jobs done"], last["Hours taken"]) == ("9", "3", "0.31")
    assert (last["Download, GB"], last["Disk, GB"]) == ("2.75", "0.096")


def test_the_forecast_says_what_it_does_not_know(table):
    unknown = ModelSize(math.nan, math.nan, math.nan)
    row = forecast_run(CELLS, {"babi": SIZE}, {"big": unknown}, SETTINGS).set_index("stage")
    assert math.isnan(row.at["train_adapters", "hours"]) and math.isnan(row.at["train_adapters", "disk_gb"])
    # how long generation takes depends on the dataset alone
    assert row.at["generate", "hours"] == table.set_index("stage").at["generate", "hours"]
    shown = show_forecast(row.reset_index().assign(done=0, hours_taken=0.0))
    stages = shown.set_index("Stage")
    assert stages.at["fetch_model", "Download, GB"] == stages.at["train_adapters", "Device hours"] == "?"
    assert (stages.at["all", "Download, GB"], stages.at["all", "Disk, GB"]) == ("≥ 0.25", "?")
    assert say_unknown({"babi": SIZE}, {"big": unknown}).startswith(
        "?: sizes of big are not known; state them"
    )
    assert say_unknown({"babi": SIZE}, MODELS) == ""


def test_every_registry_and_model_of_this_repository_states_its_sizes():
    entries = [
        entry
        for name in ("datasets", "datasets_demo", "datasets_real_small")
        for entry in read_registry(ROOT / f"config/{name}.yaml").values()
    ]
    models = read_models(ROOT / "config/models.yaml")
    sizes = {number: dataset_size(entry, Limit()) for number, entry in enumerate(entries)}
    assert (
        say_unknown(sizes, {name: model_size(model, ROOT / "absent") for name, model in models.items()}) == ""
    )


def test_a_forecast_counts_no_more_questions_than_the_run_takes():
    entry = read_registry(ROOT / "config/datasets.yaml")["babi"]
    size = dataset_size(entry, Limit(train=240, test=1000))
    assert (size.train, size.test) == (240, entry.expected.test)


def test_sizes_are_read_from_the_files_of_a_model(model_folder):
    from support.tiny_models import TARGET_MODULES

    config = json.loads((model_folder / "config.json").read_text())
    hidden, inner, layers = (config[key] for key in ("hidden_size", "intermediate_size", "num_hidden_layers"))
    heads, key_value = (
        config[key] * config["head_dim"] for key in ("num_attention_heads", "num_key_value_heads")
    )
    attention = (hidden + heads) + 2 * (hidden + key_value) + (heads + hidden)
    parameters, per_rank = count_weights(model_folder, "all-linear")
    assert per_rank == layers * (attention + 3 * (hidden + inner))
    some = layers * ((hidden + heads) + (hidden + key_value) + (hidden + inner))
    assert count_weights(model_folder, TARGET_MODULES) == (parameters, some)
    model = Model.model_validate({"source": {"kind": "local", "path": str(model_folder)}})
    assert model_size(model, model_folder / "absent") == ModelSize(parameters, per_rank, 0.0)


def test_the_sizes_of_a_model_s_files_are_those_of_the_loaded_model(model_folder):
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(str(model_folder))
    parameters = model.num_parameters()
    adapted = get_peft_model(model, LoraConfig(r=3, target_modules="all-linear", task_type="CAUSAL_LM"))
    lora = sum(weights.numel() for weights in adapted.parameters() if weights.requires_grad)
    assert count_weights(model_folder, "all-linear") == (parameters, lora / 3)


def test_damaged_weights_are_named(tmp_path):
    (tmp_path / "config.json").write_text('{"vocab_size": 3}')
    (tmp_path / "model.safetensors").write_bytes(b"\x08")
    with pytest.raises(ModelError, match=r"model\.safetensors: is no safetensors file"):
        count_weights(tmp_path, "all-linear")


@pytest.mark.parametrize("name", ["cotempqa", "ms_marco", "babi"])
def test_the_stated_sizes_of_the_demo_are_true(name, tmp_path):
    entry, dataset = read_registry(ROOT / "config/datasets_demo.yaml")[name], get_dataset(name)
    get_simulator(name).write_raw(tmp_path, entry.source.sizes, 0)
    options = dataset.Options.model_validate(entry.options)
    splits = pd.Series([question.split for question in dataset.read(tmp_path, options, 0)])
    assert dict(splits.value_counts()) == {key: getattr(entry.expected, key) for key in ("train", "test")}
