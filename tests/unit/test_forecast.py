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
from tracekd.experiment.effort import count_effort
from tracekd.models.registry import Model, read_models
from tracekd.models.sizes import count_weights, model_size
from tracekd.run.forecast import (
    Basis,
    ForecastSettings,
    add_measured,
    compare_cuts,
    forecast_jobs,
    learn_pace,
    tabulate_jobs,
    training_operations,
)
from tracekd.run.provenance import write_record
from tracekd.run.sizes import ModelSize, Size
from tracekd.settings.base_model import BaseRecipe
from tracekd.settings.config import Generation, Limit, Speeds
from tracekd.settings.experiment import Experiment
from tracekd.settings.teacher import Teacher
from tracekd.settings.training import LoraPlan, TrainingPlan
from tracekd.tables.forecast import say_plan, say_teacher, say_unknown, show_cuts, show_jobs

SIZE = Size(train=1000, test=100, tokens=500, download_mb=250)
MODELS = {"big": ModelSize(parameters=1e9, lora_per_rank=1e6, download_gb=2.5)}
LORA = LoraPlan(rank=8, alpha=16, dropout=0)
TRAINING = TrainingPlan.model_validate(read_yaml(ROOT / "config/paper.yaml")["training"]).changed(
    gradient_checkpointing=True, epochs=2, max_length=400, lora=LORA
)
CONDITIONS = ["own", "gold", "empty"]
SETTINGS = ForecastSettings(
    level="train",
    training=TRAINING,
    generation=Generation(batch_size=16, max_new_tokens=90, sampling="greedy"),
    interventions=CONDITIONS,
    base_model=BaseRecipe(copy_steps=100, document_steps=80, rounds=3, shares={}, pass_marks={}),
    forecast=Speeds(
        training_tflops=2, decoding_steps_per_s=7, base_model_steps_per_s=4, preflight_s=36, start_s=30
    ),
    one_job_per="adapter",
    gpus=2,
)
START_H = 30 / 3600
CELLS = [
    ("babi", "big", arm, seed)
    for arm, seeds in (("prompt_only", 1), ("none", 3), ("correct", 2))
    for seed in range(seeds)
]


BASIS = Basis({"babi": SIZE}, MODELS, ["correct"], count_effort)


def forecast(settings=SETTINGS, models=MODELS, **changes):
    """The forecast of CELLS: five adapters, two of them with think tags."""
    basis = Basis({"babi": SIZE}, models, ["correct"], count_effort)
    return tabulate_jobs(forecast_jobs(CELLS, basis, settings, **changes))


def write_job(root, run, rule, finished="1", device="cpu", wall_s=360.0, outputs=(), inputs=(), **params):
    """Write the record of a finished job of model `big`."""
    wildcards = {"run": run, "model": "big"} | ({} if rule in ("preflight",) else {"dataset": "babi"})
    record = {
        "rule": rule,
        "wildcards": wildcards,
        "params": params,
        "inputs": dict.fromkeys(inputs, "0" * 64),
        "outputs": {path: {} for path in outputs},
        "device": device,
        "finished": finished,
        "wall_s": wall_s,
    }
    number = len(list(root.rglob("*.json")))
    write_record(record, root / run / rule / f"{number}.json")


def write_questions(path, train=1000, test=100):
    """Write as many questions as the registry says; only their split is looked at."""
    path.parent.mkdir(parents=True)
    path.write_text("".join(f'{{"split": "{split}"}}\n' for split in ["train"] * train + ["test"] * test))
    return str(path)


def test_a_budget_of_tokens_takes_the_same_whatever_the_length():
    training = TRAINING.changed(epochs=None, tokens=800_000).of("babi", "none", "all-linear")
    (operations,) = {
        training_operations(size, 1e9, training)
        for size in (SIZE, Size(train=1, test=1, tokens=9, download_mb=1))
    }
    assert operations == pytest.approx(6e9 * 800_000)


@pytest.fixture
def table():
    return forecast()


def test_hours_and_sizes_are_those_worked_out_by_hand(table):
    rows = table.set_index("stage")
    # 6 operations x 1e9 parameters x 1000 questions x 2 epochs x 400 tokens at 2e12 a second, five adapters
    assert rows.at["train_adapters", "hours"] == pytest.approx(
        5 * (START_H + 6e9 * 1000 * 2 * 400 / 2e12 / 3600)
    )
    # 7 batches of 90 steps at 7 a second, six files
    assert rows.at["generate", "hours"] == pytest.approx(6 * (START_H + 90 / 3600))
    # 300 prompts in 19 batches, two files
    assert rows.at["intervene", "hours"] == pytest.approx(2 * (START_H + 19 * 90 / 7 / 3600))
    assert rows.at["intervene", "longest"] == pytest.approx(START_H + 19 * 90 / 7 / 3600)
    assert rows.at["preflight", "hours"] == pytest.approx(0.01)
    assert rows.at["train_adapters", "disk_gb"] == pytest.approx(5 * 8 * 1e6 * 4 / 1e9)
    jobs = {
        "fetch_raw": 1,
        "fetch_model": 1,
        "preflight": 1,
        "train_adapters": 5,
        "generate": 6,
        "intervene": 2,
    }
    assert dict(rows["jobs"]) == jobs
    assert table["download_gb"].sum() == pytest.approx(2.75)
    assert not table["learned_from"].any()


def test_a_model_that_the_run_builds_itself_is_forecast_too():
    rows = forecast(built=["big"]).set_index("stage")
    # 100 steps of copying, 80 + 40 + 40 of reading, at 4 a second
    assert rows.at["build_base_model", "hours"] == pytest.approx(260 / 4 / 3600)


def test_an_arm_with_more_epochs_takes_longer():
    override = {"dataset": "babi", "arms": ["correct"], "epochs": 6}
    plan = TrainingPlan.model_validate(TRAINING.model_dump() | {"overrides": [override]})
    row = forecast(SETTINGS.changed(training=plan)).set_index("stage").loc["train_adapters"]
    assert row["longest"] == pytest.approx(START_H + 6 * 6e9 * 1000 * 400 / 2e12 / 3600)
    assert row["hours"] == pytest.approx(5 * START_H + (3 * 2 + 2 * 6) * 6e9 * 1000 * 400 / 2e12 / 3600)


def test_a_run_that_starts_from_adapters_trains_none():
    stages = set(forecast(SETTINGS.changed(level="adapters"))["stage"])
    assert stages == {"fetch_raw", "fetch_model", "generate", "intervene"}


def test_what_a_run_took_teaches_the_next_one(tmp_path):
    asked = [write_questions(tmp_path / "results/first/questions/babi.jsonl")]
    records = tmp_path / "provenance"
    weights = [f"a/correct/seed{seed}/{name}" for seed in (0, 1) for name in ("weights", "training_log.csv")]
    write_job(
        records, "first", "train_adapters", outputs=weights, inputs=asked, training=TRAINING.model_dump()
    )
    answers = ["g/none/seed0.jsonl", "g/none/seed1.jsonl"]
    decoding = SETTINGS.generation.model_dump()
    write_job(records, "first", "generate", outputs=answers, inputs=asked, generation=decoding)
    write_job(
        records,
        "first",
        "intervene",
        outputs=answers[:1],
        inputs=asked,
        generation=decoding,
        conditions=["own"],
    )
    write_job(records, "first", "preflight", wall_s=72.0)
    learned = learn_pace(records, BASIS, SETTINGS)
    rows, assumed = (forecast(learned=some).set_index("stage")["hours"] for some in (learned, {}))
    # a job of two adapters took 360 s in place of 30 s and 2 x 2,400
    assert rows["train_adapters"] == pytest.approx(assumed["train_adapters"] * 360 / (30 + 2 * 2400))
    # a job of two files of 90 s
    assert rows["generate"] == pytest.approx(assumed["generate"] * 360 / (30 + 2 * 90))
    # one file of one condition in 7 batches
    assert rows["intervene"] == pytest.approx(assumed["intervene"] * 360 / (30 + 90))
    assert rows["preflight"] == pytest.approx(72 / 3600)
    rows = forecast(learned=learned).set_index("stage")
    assert rows.at["generate", "learned_from"] == 1


def test_jobs_of_another_device_or_of_other_questions_teach_nothing(tmp_path):
    records = tmp_path / "provenance"
    decoding = SETTINGS.generation.model_dump()
    same = [write_questions(tmp_path / "results/same/questions/babi.jsonl")]
    fewer = [write_questions(tmp_path / "results/fewer/questions/babi.jsonl", train=999)]
    gone = ["results/gone/questions/babi.jsonl"]
    jobs = (("same", "1", "cpu", 9.0), ("same", "2", "gpu", 90.0), ("fewer", "3", "gpu", 1.0))
    for run, finished, device, wall_s in (*jobs, ("gone", "4", "gpu", 1.0)):
        write_job(
            records,
            run,
            "generate",
            finished,
            device,
            wall_s,
            ["g/none/seed0.jsonl"],
            {"same": same, "fewer": fewer, "gone": gone}[run],
            generation=decoding,
        )
    (pace,) = learn_pace(records, BASIS, SETTINGS).values()
    assert (pace.factor, pace.jobs) == (pytest.approx(90 / (30 + 90)), 1)
    assert learn_pace(records, Basis({"babi": SIZE}, {}, [], count_effort), SETTINGS) == {}


def test_without_checkpointing_the_second_forward_pass_is_saved():
    training = TRAINING.changed(gradient_checkpointing=False)
    hours = [
        forecast(settings).set_index("stage").at["train_adapters", "hours"] - 5 * START_H
        for settings in (SETTINGS, SETTINGS.changed(training=training))
    ]
    assert hours[1] / hours[0] == pytest.approx(4 / 6)


@pytest.mark.parametrize(
    ("cut", "jobs"),
    [
        ("adapter", {"train_adapters": 5, "generate": 6, "intervene": 2}),
        # arms with other seeds than `prompt_only` has: their answers are made with its own
        ("seeds", {"train_adapters": 1, "generate": 1, "intervene": 1}),
        ("model", {"train_adapters": 1, "generate": 1, "intervene": 1}),
    ],
)
def test_one_job_may_take_more_than_one_adapter(cut, jobs):
    table = forecast(SETTINGS.changed(one_job_per=cut)).set_index("stage")
    assert {stage: table.at[stage, "jobs"] for stage in jobs} == jobs
    # the work is the same; a job starts once
    work = forecast().set_index("stage")["hours"] - START_H * forecast().set_index("stage")["jobs"]
    starts = START_H * jobs["train_adapters"]
    assert table.at["train_adapters", "hours"] - starts == pytest.approx(work["train_adapters"])


def test_seeds_of_an_arm_go_together_where_all_arms_have_the_same():
    cells = [("babi", "big", arm, seed) for arm in ("none", "correct") for seed in (0, 1)]
    jobs = forecast_jobs(cells, BASIS, SETTINGS.changed(one_job_per="seeds"))
    assert [(job.stage, job.arm, len(job.cells)) for job in jobs if job.stage == "generate"] == [
        ("generate", "none", 2),
        ("generate", "correct", 2),
    ]


EXPERIMENT = Experiment(
    plan="plan.md",
    items=10,
    contexts=["intact", "gold_removed"],
    traces=["own", "gold", "empty"],
    battery=["cue"],
    battery_items=4,
    margins={"log_odds": 1.0, "share": 0.05},
)


def test_the_experiment_is_read_and_written_as_it_is_designed():
    row = forecast(SETTINGS.changed(experiment=EXPERIMENT)).set_index("stage").loc["measure_answers"]
    # with tags: a question of 500 tokens and traces of 70 with two answers of 8, in each context; with the
    # cue a third context of three traces, and a trace to write behind it
    read = 6 * 2 * (500 + 3 * 86) + 4 * 3 * (500 + 3 * 86)
    # without: no trace, in the same contexts
    plain = (6 * 2 + 4 * 3) * (500 + 86)
    written = 90 / 7
    reading = (2 * read + 3 * plain) * 2e9 / 2e12
    assert row["jobs"] == 5
    assert row["hours"] == pytest.approx(5 * START_H + (reading + 2 * written) / 3600)


TEACHER = {
    "source": "ask",
    "keep": "all",
    "target": "gold",
    "endpoints": {
        kind: {
            "base_url": "https://api.example.org",
            "model": "m",
            "api_key_env": None,
            "parameters": {},
            "most_tokens": 1000,
            "typical_tokens": 200,
            "price": {"input": 1, "output": 2},
        }
        for kind in ("r1", "r1_summary")
    },
    "requests": {"concurrency": 4, "per_minute": 30, "timeout_s": 9, "attempts": 2},
    "budget": {"tokens": None, "money": 3.0, "currency": "USD"},
    "cache": "cache.jsonl",
}


def test_the_words_of_a_teacher_are_trained_on_too():
    long = SETTINGS.changed(training=TRAINING.changed(max_length=4096))
    basis = Basis({"babi": SIZE}, MODELS, ["correct"], count_effort, {"correct": 900})
    row = tabulate_jobs(forecast_jobs(CELLS, basis, long)).set_index("stage").loc["train_adapters"]
    hours = [6e9 * 1000 * 2 * tokens / 2e12 / 3600 for tokens in (500, 1400)]
    assert row["longest"] == pytest.approx(START_H + hours[1])
    assert row["hours"] == pytest.approx(5 * START_H + 3 * hours[0] + 2 * hours[1])


def test_calls_of_a_teacher_are_counted_timed_and_priced():
    settings = SETTINGS.changed(teacher=Teacher.model_validate(TEACHER))
    rows = forecast(settings, asked=["r1", "r1_summary"]).set_index("stage")
    # thirty calls a minute: of all 1,100 questions, and of those for training
    assert rows.at["ask_teacher", "hours"] == pytest.approx(1100 / 30 / 60)
    assert rows.at["ask_follow_up", "hours"] == pytest.approx(1000 / 30 / 60)
    # 2,100 calls of 500 tokens and 200 new ones
    assert say_teacher({"babi": SIZE}, ["r1", "r1_summary"], settings) == [
        "Teacher: at most 2,100 calls, about 1,470,000 tokens, 1.89 USD of a budget of 3.00."
    ]
    assert say_teacher({"babi": SIZE}, [], SETTINGS) == []


def test_choices_of_one_job_per_are_held_against_each_other():
    settings = SETTINGS.changed(gpu_hours=4)
    jobs = {
        cut: forecast_jobs(CELLS, BASIS, settings.changed(one_job_per=cut)) for cut in ("adapter", "model")
    }
    cuts = compare_cuts(jobs, {1, 2})
    one, many = (cuts.set_index("one_job_per").loc[cut] for cut in ("adapter", "model"))
    # preflight, five adapters, six files of answers, two of interventions
    assert (one["jobs"], one["loads"], many["loads"]) == (16, 14, 4)
    assert one["hours_1"] == pytest.approx(one["gpu_hours"])
    # all adapters in one job leave the second GPU idle
    assert one["hours_2"] < one["hours_1"] and many["hours_2"] == pytest.approx(many["hours_1"])
    assert list(show_cuts(cuts)["Longest job"]) == ["40 min", "3.3 h"]
    table = tabulate_jobs(jobs["adapter"]).assign(hours_taken=0.25)
    assert say_plan(table, cuts, settings) == [
        "GPU hours: 3.7 h expected, 60 min taken, of a budget of 4.0 h (`gpu_hours`).",
        "On 2 GPUs (`gpus`): 2.1 h, once downloads, teacher and base models are there. "
        "Time for the head job on a cluster, twice as long: `--time=1-0`.",
    ]
    assert "it will probably end before." in say_plan(table, cuts, settings.changed(gpu_hours=3))[0]


def test_finished_jobs_stand_beside_the_forecast(table, tmp_path):
    write_job(tmp_path, "run", "train_adapters", wall_s=360)
    write_job(tmp_path, "run", "train_adapters", wall_s=720)
    write_job(tmp_path, "run", "preflight", wall_s=36)
    other = add_measured(table.assign(model="other"), tmp_path / "run").set_index("stage")
    assert other.at["train_adapters", "done"] == 0
    rows = add_measured(table, tmp_path / "run").set_index("stage")
    assert dict(rows["done"]) == dict.fromkeys(rows.index, 0) | {"train_adapters": 2, "preflight": 1}
    assert rows.at["train_adapters", "hours_taken"] == pytest.approx(0.3)
    shown = show_jobs(rows.reset_index().assign(learned_from=[0, 0, 0, 1, 12, 0]))
    last = dict(shown.iloc[-1])
    assert (last["Jobs"], last["Jobs done"], last["Time taken"]) == ("16", "3", "19 min")
    assert list(shown["Mean job"]) == ["", "", "40 s", "40 min", "2 min", "5 min", ""]
    assert (last["Download, GB"], last["Disk, GB"]) == ("2.75", "0.16")
    basis = ["", "", "assumed", "1 finished job", "12 finished jobs", "assumed", ""]
    assert list(shown["Speed of"]) == basis


def test_the_forecast_says_what_it_does_not_know(table):
    unknown = ModelSize(math.nan, math.nan, math.nan)
    row = forecast(models={"big": unknown}).set_index("stage")
    assert math.isnan(row.at["train_adapters", "hours"]) and math.isnan(row.at["train_adapters", "disk_gb"])
    # how long generation takes depends on the dataset alone
    assert row.at["generate", "hours"] == table.set_index("stage").at["generate", "hours"]
    shown = show_jobs(row.reset_index().assign(done=0, hours_taken=0.0))
    stages = shown.set_index("Stage")
    assert stages.at["fetch_model", "Download, GB"] == stages.at["train_adapters", "Time"] == "?"
    assert (stages.at["all", "Download, GB"], stages.at["all", "Disk, GB"]) == ("≥ 0.25", "?")
    (said,) = say_unknown({"babi": SIZE}, {"big": unknown})
    assert said.startswith("?: sizes of big are not known; state them")
    assert say_unknown({"babi": SIZE}, MODELS) == []
    cuts = compare_cuts(
        {
            "adapter": forecast_jobs(
                CELLS, Basis({"babi": SIZE}, {"big": unknown}, [], count_effort), SETTINGS
            )
        },
        {2},
    )
    assert show_cuts(cuts)["2 GPUs"].item() == "?"
    assert say_plan(row.reset_index().assign(hours_taken=0.0), cuts, SETTINGS) == [
        "GPU hours: ? expected, none taken."
    ]


def test_every_registry_and_model_of_this_repository_states_its_sizes():
    entries = [
        entry
        for name in ("datasets", "datasets_demo", "datasets_real_small")
        for entry in read_registry(ROOT / f"config/{name}.yaml").values()
    ]
    models = read_models(ROOT / "config/models.yaml")
    sizes = {number: dataset_size(entry, Limit()) for number, entry in enumerate(entries)}
    assert (
        say_unknown(sizes, {name: model_size(model, ROOT / "absent") for name, model in models.items()}) == []
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
