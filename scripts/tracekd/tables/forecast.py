"""What a run will take, in words and tables for the screen (rule forecast)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple

import pandas as pd

from tracekd.core.times import say_hours, say_time
from tracekd.run.forecast import DEVICE, ForecastSettings, count_calls, list_asked
from tracekd.run.sizes import ModelSize, Size
from tracekd.teacher.settings import Spend, cost

# a head job is given so many times the hours that its jobs should take
HEAD_MARGIN = 2


def show_jobs(table: pd.DataFrame) -> pd.DataFrame:
    """Write the stages for readers, with a last row of sums; `?` is a cost that is not known."""
    return pd.DataFrame(
        {
            "Stage": [*table["stage"], "all"],
            "Dataset": [*table["dataset"].fillna(""), ""],
            "Model": [*table["model"].fillna(""), ""],
            "Jobs": _counts(table["jobs"]),
            "Time": _hours(table["hours"]),
            "Mean job": [*map(say_hours, table["hours"] / table["jobs"]), ""],
            "Longest job": [*map(say_hours, table["longest"]), say_hours(table["longest"].max())],
            "Speed of": [*map(_basis, table["learned_from"], table["hours"]), ""],
            "Download, GB": _costs(table["download_gb"]),
            "Disk, GB": _costs(table["disk_gb"]),
            "Jobs done": _counts(table["done"]),
            "Time taken": _hours(table["hours_taken"]),
        }
    )


def show_cuts(table: pd.DataFrame) -> pd.DataFrame:
    """Write the choices of `one_job_per`, as from `compare_cuts`, for readers."""
    shown = {
        "One job per": table["one_job_per"],
        "Jobs": table["jobs"].map(str),
        "Loads of a base": table["loads"].map(str),
        "Longest job": table["longest"].map(say_hours),
        "GPU hours": table["gpu_hours"].map(say_hours),
    }
    for column in table.columns:
        if column.startswith("hours_"):
            count = column.removeprefix("hours_")
            shown[f"{count} GPU{'s' * (count != '1')}"] = table[column].map(_say_wall)
    return pd.DataFrame(shown)


def say_plan(table: pd.DataFrame, cuts: pd.DataFrame, settings: ForecastSettings) -> list[str]:
    """Say GPU hours beside their budget, the days on the run's GPUs, and what a head job asks for."""
    row = cuts.set_index("one_job_per").loc[settings.one_job_per]
    taken = table.loc[table["stage"].isin(DEVICE), "hours_taken"].sum()
    said = f"GPU hours: {say_hours(row['gpu_hours'])} expected, {say_hours(taken) or 'none'} taken"
    if settings.gpu_hours is not None:
        said += f", of a budget of {say_hours(settings.gpu_hours)} (`gpu_hours`)"
        said += "; it will probably end before" * bool(row["gpu_hours"] > settings.gpu_hours)
    hours = row[f"hours_{settings.gpus}"]
    if math.isnan(hours):
        return [f"{said}."]
    gpus = f"{settings.gpus} GPU{'s' * (settings.gpus != 1)}"
    days = math.ceil(HEAD_MARGIN * hours / 24)
    return [
        f"{said}.",
        f"On {gpus} (`gpus`): {_say_wall(hours)}, once downloads, teacher and base models are there. "
        f"Time for the head job on a cluster, twice as long: `--time={days}-0`.",
    ]


def say_teacher(sizes: Mapping[str, Size], kinds: Sequence[str], settings: ForecastSettings) -> list[str]:
    """Say how many calls a teacher will get, and what they will probably cost; nothing without one."""
    calls, spend = 0, Spend()
    for kind, endpoint, _ in list_asked(settings.teacher, kinds):
        for size in sizes.values():
            number = count_calls(size, kind)
            if math.isnan(number + size.tokens):
                return ["Teacher: the number of calls is not known."]
            calls += int(number)
            spend += cost(endpoint, int(number * size.tokens), int(number * endpoint.typical_tokens))
    if not calls or settings.teacher is None or settings.teacher.budget is None:
        return []
    limit = settings.teacher.budget
    money = f", {spend.money:,.2f} {limit.currency}" * bool(spend.money)
    of = f" of a budget of {limit.money:,.2f}" if limit.money is not None and spend.money else ""
    return [f"Teacher: at most {calls:,} calls, about {spend.tokens:,} tokens{money}{of}."]


def say_unknown(sizes: Mapping[str, Size], models: Mapping[str, ModelSize]) -> list[str]:
    """Say in one sentence what the forecast does not know; nothing where it knows all."""
    known: dict[str, Size | ModelSize] = {**sizes, **models}
    names = [name for name, size in known.items() if any(map(math.isnan, astuple(size)))]
    if not names:
        return []
    return [
        f"?: sizes of {', '.join(names)} are not known; state them in the registry (`expected` of a dataset, "
        "`sizes` of a model), or, for a model, ask again when its files are there."
    ]


def _say_wall(hours: float) -> str:
    return "?" if math.isnan(hours) else say_time(hours * 3600)


def _basis(jobs: int, hours: float) -> str:
    """Say what the hours of a stage rest on."""
    if hours == 0:
        return ""
    return f"{jobs} finished {'job' if jobs == 1 else 'jobs'}" if jobs else "assumed"


def _counts(column: pd.Series) -> list[str]:
    """Write counts and their sum."""
    return [*map(str, column.astype(int)), str(int(column.sum()))]


def _hours(column: pd.Series) -> list[str]:
    """Write hours and their sum."""
    return [*map(say_hours, column), _bound(say_hours(column.sum()), column)]


def _costs(column: pd.Series) -> list[str]:
    """Write costs and their sum."""
    return [*map(_number, column), _bound(_number(column.sum()), column)]


def _bound(total: str, column: pd.Series) -> str:
    """Mark a sum as a lower bound where a part of it is not known."""
    if not column.isna().any():
        return total
    return f"≥ {total}" if total else "?"


def _number(value: float) -> str:
    """Write three significant digits; nothing where a stage has no such cost, `?` where it is not known."""
    if pd.isna(value):
        return "?"
    return "" if value == 0 else f"{value:.3g}"
