"""What a run will take, before it starts, and what it has taken so far, beside it.

The forecast is arithmetic on sizes that the registries state and on two assumed speeds of the device
(config section `forecast`); what finished jobs took comes from the workflow's benchmark files.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tracekd.settings.base import Settings
from tracekd.settings.config import Generation, Speeds
from tracekd.settings.training import Training, TrainingPlan

# floating-point operations for each parameter and token: forward, backward through the activations (the
# weights are frozen), and forward once more where activations are not kept
FORWARD, BACKWARD = 2, 2
# bytes of a float32 adapter weight
WEIGHT_BYTES = 4
COLUMNS = ("stage", "dataset", "model", "jobs", "hours", "download_gb", "disk_gb", "done", "hours_taken")


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a dataset: questions, mean tokens of a conversation with a trace, megabytes to download."""

    train: int
    test: int
    tokens: int
    download_mb: float


class ForecastSettings(Settings):
    """Sections and keys of the config on which a forecast rests."""

    training: TrainingPlan
    generation: Generation
    forecast: Speeds
    one_job_per: str


def forecast_run(
    cells: Iterable[tuple[str, str, str, int]],
    sizes: Mapping[str, Size],
    models: Mapping[str, Mapping[str, Any]],
    settings: ForecastSettings,
) -> pd.DataFrame:
    """Forecast downloads, training and generation.

    Args:
        cells: (dataset, model, arm, seed) of the run; the arm `prompt_only` is not trained.
        sizes: of each dataset.
        models: registry entries, with `parameters`, `lora_per_rank` and, from a hub, `download_gb`.
        settings: of the run.

    Returns:
        stage, dataset, model, jobs, hours (of the device), download_gb, disk_gb.

    """
    table = pd.DataFrame(cells, columns=["dataset", "model", "arm", "seed"])
    rows = [
        {"stage": "fetch_raw", "dataset": name, "jobs": 1, "download_gb": sizes[name].download_mb / 1e3}
        for name in table["dataset"].unique()
    ]
    rows += [
        {"stage": "fetch_model", "model": name, "jobs": 1, "download_gb": models[name]["download_gb"]}
        for name in table["model"].unique()
        if "download_gb" in models[name]
    ]
    for (dataset, model), group in table.groupby(["dataset", "model"], sort=False):
        size, parameters = sizes[dataset], models[model]["parameters"]
        place = {"dataset": dataset, "model": model}
        adapters = int((group["arm"] != "prompt_only").sum())
        hours = adapters * training_hours(size, parameters, settings.training, settings.forecast)
        weights = models[model]["lora_per_rank"] * settings.training.lora.rank
        disk = adapters * weights * WEIGHT_BYTES / 1e9
        together = settings.one_job_per == "model"
        jobs = 1 if together and adapters else adapters
        rows.append({"stage": "train_adapters", **place, "jobs": jobs, "hours": hours, "disk_gb": disk})
        hours = len(group) * generation_hours(size, settings.generation, settings.forecast)
        rows.append({"stage": "generate", **place, "jobs": 1 if together else len(group), "hours": hours})
    return pd.DataFrame(rows, columns=list(COLUMNS[:7]))


def training_hours(size: Size, parameters: float, training: Training, speed: Speeds) -> float:
    """Hours of one adapter: all tokens of all epochs at the assumed rate."""
    passes = FORWARD + BACKWARD + (FORWARD if training.gradient_checkpointing else 0)
    operations = passes * parameters * size.train * training.epochs * min(size.tokens, training.max_length)
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
    """Write the table for readers, with a last row of sums."""
    numbers = table.drop(columns=["stage", "dataset", "model"]).sum()
    table = pd.concat([table, pd.DataFrame([{"stage": "all", **numbers}])], ignore_index=True)
    shown = pd.DataFrame(
        {
            "Stage": table["stage"],
            "Dataset": table["dataset"].fillna(""),
            "Model": table["model"].fillna(""),
            "Jobs": table["jobs"].astype(int).map(str),
            "Device hours": table["hours"].map(_number),
            "Download, GB": table["download_gb"].map(_number),
            "Disk, GB": table["disk_gb"].map(_number),
            "Jobs done": table["done"].astype(int).map(str),
            "Hours taken": table["hours_taken"].map(_number),
        }
    )
    return shown


def _number(value: float) -> str:
    """Write three significant digits; nothing where a stage has no such cost."""
    return "" if pd.isna(value) or value == 0 else f"{value:.3g}"
