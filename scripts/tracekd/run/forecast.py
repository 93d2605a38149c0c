"""What a run will take, before it starts, and what it has taken so far, beside it.

The forecast is arithmetic on sizes and on two assumed speeds of the device (config section `forecast`). Sizes
are those of a model's own files, else those that the registries state; the forecast says which it lacks. What
finished jobs took comes from the workflow's benchmark files.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tracekd.settings.base import Settings
from tracekd.settings.config import Generation, Speeds
from tracekd.settings.training import TrainingPlan

# floating-point operations for each parameter and token: forward, backward through the activations (the
# weights are frozen), and forward once more where activations are not kept
FORWARD, BACKWARD = 2, 2
# bytes of a float32 adapter weight
WEIGHT_BYTES = 4
COSTS = ("hours", "download_gb", "disk_gb")
COLUMNS = ("stage", "dataset", "model", "jobs", *COSTS)


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

    training: TrainingPlan
    generation: Generation
    forecast: Speeds
    one_job_per: str


@dataclass(frozen=True, slots=True)
class ModelSize:
    """Size of a model, NaN where it is not known: weights, an adapter's weights per rank, GB to download."""

    parameters: float
    lora_per_rank: float
    download_gb: float


def forecast_run(
    cells: Iterable[tuple[str, str, str, int]],
    sizes: Mapping[str, Size],
    models: Mapping[str, ModelSize],
    settings: ForecastSettings,
) -> pd.DataFrame:
    """Forecast downloads, training and generation.

    Args:
        cells: (dataset, model, arm, seed) of the run; the arm `prompt_only` is not trained.
        sizes: of each dataset.
        models: size of each model.
        settings: of the run.

    Returns:
        stage, dataset, model, jobs, hours (of the device), download_gb, disk_gb; a cost is 0 where a stage
        has none and NaN where it is not known.

    """
    table = pd.DataFrame(cells, columns=["dataset", "model", "arm", "seed"])
    rows = [
        {"stage": "fetch_raw", "dataset": name, "jobs": 1, "download_gb": sizes[name].download_mb / 1e3}
        for name in table["dataset"].unique()
    ]
    rows += [
        {"stage": "fetch_model", "model": name, "jobs": 1, "download_gb": models[name].download_gb}
        for name in table["model"].unique()
        if models[name].download_gb
    ]
    for (dataset, model), group in table.groupby(["dataset", "model"], sort=False):
        size, weights = sizes[dataset], models[model]
        place = {"dataset": dataset, "model": model}
        adapters = int((group["arm"] != "prompt_only").sum())
        hours = adapters * training_hours(size, weights.parameters, settings.training, settings.forecast)
        disk = adapters * weights.lora_per_rank * settings.training.lora.rank * WEIGHT_BYTES / 1e9
        together = settings.one_job_per == "model"
        jobs = 1 if together and adapters else adapters
        rows.append({"stage": "train_adapters", **place, "jobs": jobs, "hours": hours, "disk_gb": disk})
        hours = len(group) * generation_hours(size, settings.generation, settings.forecast)
        rows.append({"stage": "generate", **place, "jobs": 1 if together else len(group), "hours": hours})
    free = dict.fromkeys(COSTS, 0.0)
    return pd.DataFrame([free | row for row in rows])[list(COLUMNS)]


def training_hours(size: Size, parameters: float, training: TrainingPlan, speed: Speeds) -> float:
    """Hours of one adapter: all tokens that are trained on at the assumed rate."""
    passes = FORWARD + BACKWARD + (FORWARD if training.gradient_checkpointing else 0)
    epoch = size.train * min(size.tokens, training.max_length)
    # one of the two is given
    tokens = (training.epochs or 0) * epoch + (training.tokens or 0)
    operations = passes * parameters * tokens
    return operations / (speed.training_tflops * 1e12) / 3600


def generation_hours(size: Size, generation: Generation, speed: Speeds) -> float:
    """Hours of one generation file at most: every batch up to its last allowed token."""
    batches = -(-size.test // generation.batch_size)
    return batches * generation.max_new_tokens / speed.decoding_steps_per_s / 3600


def add_measured(table: pd.DataFrame, benchmarks: Path) -> pd.DataFrame:
    """Add `done` (benchmark files) and `hours_taken` (their wall time) to each row.

    Args:
        table: as from `forecast_run`.
        benchmarks: folder of the run's benchmark files, `{rule}/{dataset}.{model}….tsv`.

    """
    files = [sorted(benchmarks.glob(f"{row.stage}/{_start(row)}*.tsv")) for row in table.itertuples()]
    taken = [sum(pd.read_csv(path, sep="\t")["s"].sum() for path in some) / 3600 for some in files]
    return table.assign(done=list(map(len, files)), hours_taken=taken)


def _start(row: Any) -> str:
    """Begin the name of a row's benchmark files."""
    return ".".join(part for part in (row.dataset, row.model) if isinstance(part, str))


def show_forecast(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers, with a last row of sums; `?` is a cost that is not known."""
    return pd.DataFrame(
        {
            "Stage": [*table["stage"], "all"],
            "Dataset": [*table["dataset"].fillna(""), ""],
            "Model": [*table["model"].fillna(""), ""],
            "Jobs": _counts(table["jobs"]),
            "Device hours": _costs(table["hours"]),
            "Download, GB": _costs(table["download_gb"]),
            "Disk, GB": _costs(table["disk_gb"]),
            "Jobs done": _counts(table["done"]),
            "Hours taken": _costs(table["hours_taken"]),
        }
    )


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
