"""What a run will take, before it starts, and what it has taken so far, beside it.

The forecast is arithmetic: the work of each stage, from sizes, over a speed. Sizes are those of a model's own
files, else those that the registries state; the forecast says which it lacks. Speeds are those at which
earlier jobs of the same kind and model went, by the records of jobs (tracekd.run.provenance), else assumed
ones (config section `forecast`).
"""

import json
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
from pydantic import ValidationError

from tracekd.run.cells import arm_and_seed
from tracekd.run.provenance import read_record
from tracekd.settings.base import Settings
from tracekd.settings.base_model import BaseRecipe
from tracekd.settings.config import Generation, Speeds
from tracekd.settings.training import Training, TrainingPlan

# floating-point operations for each parameter and token: forward, backward through the activations (the
# weights are frozen), and forward once more where activations are not kept
FORWARD, BACKWARD = 2, 2
# bytes of a float32 adapter weight
WEIGHT_BYTES = 4
COSTS = ("hours", "download_gb", "disk_gb")
COLUMNS = ("stage", "dataset", "model", "jobs", *COSTS, "learned_from")
# for the numbers of a training; which layers carry the adapter does not change them
ANY_MODULES: Final = "all-linear"


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a dataset, NaN where it is not known.

    Questions of each split, mean tokens of a conversation with a trace, megabytes to download.
    """

    train: float
    test: float
    tokens: float
    download_mb: float


class ForecastSettings(Settings):
    """Sections and keys of the config on which a forecast rests."""

    level: str
    training: TrainingPlan
    generation: Generation
    interventions: list[str]
    base_model: BaseRecipe
    forecast: Speeds
    one_job_per: str


@dataclass(frozen=True, slots=True)
class ModelSize:
    """Size of a model, NaN where it is not known: weights, an adapter's weights per rank, GB to download."""

    parameters: float
    lora_per_rank: float
    download_gb: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Units of work per second, and the finished jobs that it was learnt from (0: assumed)."""

    per_s: float
    jobs: int = 0


# of a stage and model
Learned = Mapping[tuple[str, str], Speed]


def forecast_run(
    cells: Iterable[tuple[str, str, str, int]],
    sizes: Mapping[str, Size],
    models: Mapping[str, ModelSize],
    settings: ForecastSettings,
    *,
    built: Collection[str] = (),
    thinking_arms: Collection[str] = (),
    learned: Learned | None = None,
) -> pd.DataFrame:
    """Forecast downloads, base models, preflight, training, generation and interventions.

    Args:
        cells: (dataset, model, arm, seed) of the run; the arm `prompt_only` is not trained.
        sizes: of each dataset.
        models: size of each model.
        settings: of the run.
        built: models that the workflow trains itself.
        thinking_arms: arms that answer behind set traces.
        learned: speeds of earlier jobs, as from `learn_speeds`.

    Returns:
        stage, dataset, model, jobs, hours (of the device), download_gb, disk_gb, learned_from (jobs whose
        speed the hours rest on; 0 where it is assumed); a cost is 0 where a stage has none and NaN where it
        is not known.

    """
    table = pd.DataFrame(cells, columns=["dataset", "model", "arm", "seed"])
    trains = settings.level == "train"
    assumed, known = _assumed_speeds(settings.forecast), learned or {}

    def take(stage: str, model: str, units: float) -> dict[str, Any]:
        speed = known.get((stage, model), Speed(assumed[stage]))
        return {
            "stage": stage,
            "model": model,
            "hours": units / speed.per_s / 3600,
            "learned_from": speed.jobs,
        }

    rows: list[dict[str, Any]] = [
        {"stage": "fetch_raw", "dataset": name, "jobs": 1, "download_gb": sizes[name].download_mb / 1e3}
        for name in table["dataset"].unique()
    ]
    rows += [
        {"stage": "fetch_model", "model": name, "jobs": 1, "download_gb": models[name].download_gb}
        for name in table["model"].unique()
        if models[name].download_gb
    ]
    rows += [
        {**take("build_base_model", name, base_steps(settings.base_model)), "jobs": 1}
        for name in table["model"].unique()
        if name in built
    ]
    rows += [{**take("preflight", name, 1), "jobs": 1} for name in table["model"].unique() if trains]
    for (dataset, model), group in table.groupby(["dataset", "model"], sort=False):
        size, weights = sizes[dataset], models[model]
        arms = {
            "train_adapters": [arm for arm in group["arm"] if arm != "prompt_only" and trains],
            "generate": list(group["arm"]),
            "intervene": [arm for arm in group["arm"] if arm in thinking_arms and settings.interventions],
        }
        steps = decoding_steps(size.test, settings.generation)
        behind = decoding_steps(size.test * len(settings.interventions), settings.generation)
        plan = settings.training
        units = {
            "train_adapters": sum(
                training_operations(size, weights.parameters, plan.of(dataset, arm, ANY_MODULES))
                for arm in arms["train_adapters"]
            ),
            "generate": steps * len(arms["generate"]),
            "intervene": behind * len(arms["intervene"]),
        }
        disk = len(arms["train_adapters"]) * weights.lora_per_rank * plan.lora.rank * WEIGHT_BYTES / 1e9
        disks = {"train_adapters": disk}
        for stage, some in arms.items():
            jobs = 1 if settings.one_job_per == "model" else len(some)
            row: dict[str, Any] = {"dataset": dataset, "jobs": jobs, "disk_gb": disks.get(stage, 0.0)}
            rows += [take(stage, model, units[stage]) | row] if some else []
    free = dict.fromkeys(COSTS, 0.0) | {"learned_from": 0}
    return pd.DataFrame([free | row for row in rows]).reindex(columns=list(COLUMNS))


def _assumed_speeds(speeds: Speeds) -> dict[str, float]:
    """Give the assumed speed of each stage, in its units of work per second."""
    return {
        "build_base_model": speeds.base_model_steps_per_s,
        "preflight": 1 / speeds.preflight_s,
        "train_adapters": speeds.training_tflops * 1e12,
        "generate": speeds.decoding_steps_per_s,
        "intervene": speeds.decoding_steps_per_s,
    }


def training_operations(size: Size, parameters: float, training: Training) -> float:
    """Count the floating-point operations of one adapter: all tokens that are trained on."""
    passes = FORWARD + BACKWARD + (FORWARD if training.gradient_checkpointing else 0)
    epoch = size.train * min(size.tokens, training.max_length)
    # one of the two is given
    tokens = (training.epochs or 0) * epoch + (training.tokens or 0)
    return passes * parameters * tokens


def decoding_steps(prompts: float, generation: Generation) -> float:
    """Count the steps of one file of answers at most: every batch up to its last allowed token."""
    return -(-prompts // generation.batch_size) * generation.max_new_tokens


def base_steps(recipe: BaseRecipe) -> float:
    """Count the optimiser steps of a tiny base model at most: later rounds have half of the first one's."""
    return recipe.copy_steps + recipe.document_steps * (recipe.rounds + 1) / 2


def learn_speeds(
    folder: Path, sizes: Mapping[str, Size], models: Mapping[str, ModelSize]
) -> dict[tuple[str, str], Speed]:
    """Give the speed of finished jobs by stage and model, over all runs.

    A job teaches where its work can be told: its model is one of `models`, and its questions are still there
    and as many as the registry says, so that no demo speaks for real data of the same name. Of jobs on
    several devices those on the device of the last one count.

    Args:
        folder: of the records of all runs, `{run}/{rule}/{job}.json`.
        sizes: of each dataset of the run to forecast.
        models: size of each of its models.

    """
    jobs: dict[tuple[str, str], list[tuple[str, str, float, float]]] = defaultdict(list)
    for stage in ("build_base_model", "preflight", "train_adapters", "generate", "intervene"):
        for path in sorted(folder.glob(f"*/{stage}/*.json")):
            record = read_record(path)
            units = _units_of(record, sizes, models)
            if units:
                key = stage, record["wildcards"]["model"]
                jobs[key].append((record["finished"], record["device"], units, record["wall_s"]))
    speeds = {}
    for key, found in jobs.items():
        last = max(found)[1]
        same = [(units, seconds) for _, device, units, seconds in found if device == last]
        done, taken = (sum(column) for column in zip(*same, strict=True))
        speeds[key] = Speed(done / taken, len(same))
    return speeds


def _units_of(
    record: Mapping[str, Any], sizes: Mapping[str, Size], models: Mapping[str, ModelSize]
) -> float | None:
    """Count the units of work of a finished job; None where they cannot be told."""
    params, wildcards = record["params"], record["wildcards"]
    model, dataset = models.get(wildcards["model"]), wildcards.get("dataset")
    if model is None:
        return None
    try:
        match record["rule"]:
            case "build_base_model":
                return base_steps(BaseRecipe.model_validate(params["options"]))
            case "preflight":
                return 1
        size = sizes.get(dataset)
        if size is None or _count_questions(record["inputs"], dataset) != (size.train, size.test):
            return None
        cells = {arm_and_seed(path) for path in record["outputs"]}
        if record["rule"] == "train_adapters":
            plan = TrainingPlan.model_validate(params["training"])
            units = sum(
                training_operations(size, model.parameters, plan.of(dataset, arm, ANY_MODULES))
                for arm, _ in cells
            )
            return None if math.isnan(units) else units
        steps = decoding_steps(
            size.test * len(params.get("conditions", ["none"])),
            Generation.model_validate(params["generation"]),
        )
        return steps * len(cells)
    except ValidationError:  # a record of another version of the settings
        return None


def _count_questions(inputs: Iterable[str], dataset: str) -> tuple[int, int] | None:
    """Count the train and test questions that a job has read; None where the file is gone."""
    path = next((Path(one) for one in inputs if one.endswith(f"/questions/{dataset}.jsonl")), None)
    if path is None or not path.is_file():
        return None
    with open(path, encoding="utf-8") as stream:
        splits = [json.loads(line)["split"] for line in stream]
    return splits.count("train"), splits.count("test")


def add_measured(table: pd.DataFrame, records: Path) -> pd.DataFrame:
    """Add `done` (records of finished jobs) and `hours_taken` (their wall time) to each row.

    Args:
        table: as from `forecast_run`.
        records: folder of the run's records, `{rule}/{job}.json`.

    """
    finished = [
        [
            record["wall_s"] / 3600
            for path in sorted((records / row.stage).glob("*.json"))
            for record in [read_record(path)]
            if all(
                record["wildcards"].get(name) == value
                for name, value in (("dataset", row.dataset), ("model", row.model))
                if isinstance(value, str)
            )
        ]
        for row in table.itertuples()
    ]
    return table.assign(done=list(map(len, finished)), hours_taken=list(map(sum, finished)))


def show_forecast(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers, with a last row of sums; `?` is a cost that is not known."""
    return pd.DataFrame(
        {
            "Stage": [*table["stage"], "all"],
            "Dataset": [*table["dataset"].fillna(""), ""],
            "Model": [*table["model"].fillna(""), ""],
            "Jobs": _counts(table["jobs"]),
            "Device hours": _costs(table["hours"]),
            "Speed of": [*map(_basis, table["learned_from"], table["hours"]), ""],
            "Download, GB": _costs(table["download_gb"]),
            "Disk, GB": _costs(table["disk_gb"]),
            "Jobs done": _counts(table["done"]),
            "Hours taken": _costs(table["hours_taken"]),
        }
    )


def _basis(jobs: int, hours: float) -> str:
    """Say what the hours of a stage rest on."""
    if hours == 0:
        return ""
    return f"{jobs} finished {'job' if jobs == 1 else 'jobs'}" if jobs else "assumed"


def _counts(column: pd.Series) -> list[str]:
    """Write counts and their sum."""
    return [*map(str, column.astype(int)), str(int(column.sum()))]


def _costs(column: pd.Series) -> list[str]:
    """Write costs and their sum, which is a lower bound where one is not known."""
    total = _number(column.sum())
    if column.isna().any():
        total = f"≥ {total}" if total else "?"
    return [*map(_number, column), total]


def say_unknown(sizes: Mapping[str, Size], models: Mapping[str, ModelSize]) -> str:
    """Say in one sentence what the forecast does not know; empty where it knows all."""
    known: dict[str, Size | ModelSize] = {**sizes, **models}
    names = [name for name, size in known.items() if any(map(math.isnan, astuple(size)))]
    if not names:
        return ""
    return (
        f"?: sizes of {', '.join(names)} are not known; state them in the registry (`expected` of a dataset, "
        "`sizes` of a model), or, for a model, ask again when its files are there."
    )


def _number(value: float) -> str:
    """Write three significant digits; nothing where a stage has no such cost, `?` where it is not known."""
    if pd.isna(value):
        return "?"
    return "" if value == 0 else f"{value:.3g}"
