"""What a run will take, before it starts, and what it has taken so far, beside it.

The forecast is arithmetic: the work of each job, from sizes, at assumed speeds (config section `forecast`).
Sizes are those of a model's own files, else those that the registries state; the forecast says which it
lacks. Where jobs of the same stage and model have finished, their records (tracekd.run.provenance) say how
much longer they took than was assumed.
"""

import json
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pandas as pd
from pydantic import ValidationError

from tracekd.run.cells import arm_and_seed, choose_cut
from tracekd.run.provenance import read_record
from tracekd.run.schedule import schedule
from tracekd.run.sizes import ModelSize, Size
from tracekd.settings.base import Settings
from tracekd.settings.base_model import BaseRecipe
from tracekd.settings.config import Generation, Speeds
from tracekd.settings.experiment import Experiment
from tracekd.settings.teacher import Endpoint, Limits, Teacher
from tracekd.settings.training import Training, TrainingPlan

# floating-point operations for each parameter and token: forward, backward through the activations (the
# weights are frozen), and forward once more where activations are not kept
FORWARD, BACKWARD = 2, 2
# bytes of a float32 adapter weight
WEIGHT_BYTES = 4
# tokens a second of one answer of an endpoint
ENDPOINT_TOKENS_PER_S = 50
# for the numbers of a training; which layers carry the adapter does not change them
ANY_MODULES: Final = "all-linear"
# stages that load a base model on the device, each behind those whose files it reads
DEVICE = {
    "preflight": (),
    "train_adapters": ("preflight",),
    "generate": ("train_adapters",),
    "intervene": ("generate",),
    "measure_answers": ("generate",),
}
CUTS = ("adapter", "seeds", "model")

# dataset, model, arm, seed
Cell = tuple[str, str, str, int]
# tokens read and traces written: of an experiment, test questions, tokens of one, whether the arm has tags
Weigh = Callable[[Experiment, float, float, bool], tuple[float, float]]
# of a stage and model
Learned = Mapping[tuple[str, str], "Pace"]


class ForecastSettings(Settings):
    """Sections and keys of the config on which a forecast rests."""

    level: str
    training: TrainingPlan
    generation: Generation
    interventions: list[str]
    experiment: Experiment | None = None
    teacher: Teacher | None = None
    base_model: BaseRecipe
    forecast: Speeds
    one_job_per: str
    gpus: int
    gpu_hours: float | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """What the arithmetic of one job rests on, beside its settings.

    sizes of the datasets and models; arms with think tags; how the experiment is weighed; tokens by which
    the words of a teacher lengthen the conversations of an arm.
    """

    sizes: Mapping[str, Size]
    models: Mapping[str, ModelSize]
    thinking_arms: Collection[str]
    weigh: Weigh
    added: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many times as long as assumed finished jobs took, and how many they are."""

    factor: float = 1.0
    jobs: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One job of the forecast; a cost is NaN where it is not known.

    arm: of all its cells, None for a job of all arms. cells: that it makes something of; empty where it is of
    none. seconds: that it should take; learned_from: finished jobs on which they rest, 0 where speeds are
    assumed.
    """

    stage: str
    dataset: str | None = None
    model: str | None = None
    arm: str | None = None
    cells: frozenset[Cell] = frozenset()
    seconds: float = 0.0
    learned_from: int = 0
    download_gb: float = 0.0
    disk_gb: float = 0.0


def forecast_jobs(
    cells: Sequence[Cell],
    basis: Basis,
    settings: ForecastSettings,
    *,
    built: Collection[str] = (),
    asked: Collection[str] = (),
    learned: Learned | None = None,
) -> list[Job]:
    """List downloads, teacher's calls, base models and everything that loads one.

    Args:
        cells: of the run; the arm `prompt_only` is not trained.
        basis: sizes, arms with think tags, and how the experiment is weighed.
        settings: of the run.
        built: models that the workflow trains itself.
        asked: kinds of responses that a teacher is asked for.
        learned: pace of earlier jobs, as from `learn_pace`.

    """
    known, speeds = learned or {}, settings.forecast

    def take(stage: str, model: str, seconds: float) -> dict[str, Any]:
        pace = known.get((stage, model), Pace())
        return {"model": model, "seconds": seconds * pace.factor, "learned_from": pace.jobs}

    datasets = list(dict.fromkeys(dataset for dataset, *_ in cells))
    models = list(dict.fromkeys(model for _, model, *_ in cells))
    jobs = [Job("fetch_raw", name, download_gb=basis.sizes[name].download_mb / 1e3) for name in datasets]
    jobs += [
        Job("fetch_model", model=name, download_gb=basis.models[name].download_gb)
        for name in models
        if basis.models[name].download_gb
    ]
    jobs += [
        Job(
            "ask_teacher" if kind == "r1" else "ask_follow_up",
            name,
            seconds=asking_seconds(count_calls(basis.sizes[name], kind), endpoint, limits),
        )
        for kind, endpoint, limits in list_asked(settings.teacher, asked)
        for name in datasets
    ]
    building = base_steps(settings.base_model) / speeds.base_model_steps_per_s
    jobs += [
        Job("build_base_model", **take("build_base_model", name, building))
        for name in models
        if name in built
    ]
    if settings.level == "train":
        trained = [cell for cell in cells if cell[2] != "prompt_only"]
        of_model = {name: frozenset(cell for cell in trained if cell[1] == name) for name in models}
        jobs += [
            Job("preflight", **take("preflight", name, speeds.preflight_s), cells=of_model[name])
            for name in models
        ]
    for stage, some in list_stages(cells, basis.thinking_arms, settings).items():
        for arm, together in cut_cells(some, settings.one_job_per):
            dataset, model, *_ = together[0]
            arms = [cell[2] for cell in together]
            seconds = job_seconds(stage, dataset, model, arms, basis, settings)
            adapters = len(together) * (stage == "train_adapters")
            size = basis.models[model].lora_per_rank * settings.training.lora.rank * WEIGHT_BYTES / 1e9
            jobs.append(
                Job(
                    stage,
                    dataset,
                    arm=arm,
                    cells=frozenset(together),
                    disk_gb=adapters * size if adapters else 0.0,
                    **take(stage, model, seconds),
                )
            )
    return jobs


def list_stages(
    cells: Sequence[Cell], thinking_arms: Collection[str], settings: ForecastSettings
) -> dict[str, list[Cell]]:
    """Give the cells of each stage that goes through them, in the order of the stages."""
    adapters = [cell for cell in cells if cell[2] != "prompt_only"]
    return {
        "train_adapters": adapters if settings.level == "train" else [],
        "generate": list(cells),
        "intervene": [cell for cell in cells if cell[2] in thinking_arms and settings.interventions],
        "measure_answers": adapters if settings.experiment else [],
    }


def cut_cells(cells: Sequence[Cell], one_job_per: str) -> Iterator[tuple[str | None, list[Cell]]]:
    """Cut the cells of a stage into those that one job takes; yield its arm, None for all arms, and them."""
    seeds: defaultdict[str, list[int]] = defaultdict(list)
    parts: defaultdict[tuple[object, ...], list[Cell]] = defaultdict(list)
    for _, _, arm, seed in cells:
        seeds[arm] += [seed] * (seed not in seeds[arm])
    length = {"adapter": 4, "seeds": 3, "model": 2}[choose_cut(one_job_per, seeds)]
    for cell in cells:
        parts[cell[:length]].append(cell)
    for some in parts.values():
        yield some[0][2] if length > 2 else None, some


def job_seconds(
    stage: str, dataset: str, model: str, arms: Iterable[str], basis: Basis, settings: ForecastSettings
) -> float:
    """Give the seconds, at assumed speeds, of a job for one adapter of each of these arms."""
    size, weights, speeds = basis.sizes[dataset], basis.models[model], settings.forecast
    operations = speeds.training_tflops * 1e12

    def decode(prompts: float) -> float:
        return decoding_steps(prompts, settings.generation) / speeds.decoding_steps_per_s

    @cache
    def take(arm: str) -> float:
        match stage:
            case "train_adapters":
                plan = settings.training.of(dataset, arm, ANY_MODULES)
                longer = replace(size, tokens=size.tokens + basis.added.get(arm, 0.0))
                return training_operations(longer, weights.parameters, plan) / operations
            case "generate":
                return decode(size.test)
            case "intervene":
                return decode(size.test * len(settings.interventions))
        assert settings.experiment is not None
        has_tags = arm in basis.thinking_arms
        tokens, written = basis.weigh(settings.experiment, size.test, size.tokens, has_tags)
        return FORWARD * weights.parameters * tokens / operations + decode(written)

    return speeds.start_s + sum(map(take, arms))


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


def list_asked(teacher: Teacher | None, kinds: Collection[str]) -> Iterator[tuple[str, Endpoint, Limits]]:
    """Yield each kind of response that is asked for, with its endpoint and how fast that is asked."""
    if teacher and teacher.source == "ask" and teacher.endpoints and teacher.requests:
        for kind in kinds:
            yield kind, teacher.endpoints[kind], teacher.requests


def count_calls(size: Size, kind: str) -> float:
    """Count the calls for a dataset at most: traces of all questions, all else of those for training."""
    return size.train + size.test * (kind == "r1")


def asking_seconds(calls: float, endpoint: Endpoint, limits: Limits) -> float:
    """Give the seconds of so many calls, by the pace that is allowed and the usual length of an answer."""
    answer = endpoint.typical_tokens / ENDPOINT_TOKENS_PER_S / limits.concurrency
    return calls * max(answer, 60 / limits.per_minute if limits.per_minute else 0.0)


def learn_pace(folder: Path, basis: Basis, settings: ForecastSettings) -> dict[tuple[str, str], Pace]:
    """Give the pace of finished jobs by stage and model, over all runs.

    A job teaches where its work can be told: its model is one of the run's, and its questions are still there
    and as many as the registry says, so that no demo speaks for real data of the same name. Of jobs on
    several devices those on the device of the last one count.

    Args:
        folder: of the records of all runs, `{run}/{rule}/{job}.json`.
        basis: sizes and arms of the run to forecast.
        settings: of that run, for its assumed speeds.

    """
    jobs: dict[tuple[str, str], list[tuple[str, str, float, float]]] = defaultdict(list)
    count = cache(_count_questions)
    for stage in ("build_base_model", *DEVICE):
        for path in sorted(folder.glob(f"*/{stage}/*.json")):
            record = read_record(path)
            assumed = _assume(record, basis, settings, count)
            if assumed:
                key = stage, record["wildcards"]["model"]
                jobs[key].append((record["finished"], record["device"], assumed, record["wall_s"]))
    learned = {}
    for key, found in jobs.items():
        last = max(found)[1]
        same = [(assumed, seconds) for _, device, assumed, seconds in found if device == last]
        expected, taken = (sum(column) for column in zip(*same, strict=True))
        learned[key] = Pace(taken / expected, len(same))
    return learned


def _assume(
    record: Mapping[str, Any],
    basis: Basis,
    settings: ForecastSettings,
    count: Callable[[str], tuple[int, int] | None],
) -> float | None:
    """Give the seconds that a finished job should have taken; None where its work cannot be told."""
    params, wildcards, rule = record["params"], record["wildcards"], record["rule"]
    model, dataset, speeds = wildcards["model"], wildcards.get("dataset"), settings.forecast
    if model not in basis.models:
        return None
    try:
        match rule:
            case "build_base_model":
                recipe = BaseRecipe.model_validate(params["options"])
                return base_steps(recipe) / speeds.base_model_steps_per_s
            case "preflight":
                return speeds.preflight_s
        size = basis.sizes.get(dataset)
        asked = next((path for path in record["inputs"] if path.endswith(f"/questions/{dataset}.jsonl")), "")
        if size is None or count(asked) != (size.train, size.test):
            return None
        own = {key: params[key] for key in ("training", "generation", "experiment") if key in params}
        own |= {"interventions": params["conditions"]} if "conditions" in params else {}
        arms = [arm for arm, _ in sorted({arm_and_seed(path) for path in record["outputs"]})]
        seconds = job_seconds(rule, dataset, model, arms, basis, settings.changed(**own))
        return None if math.isnan(seconds) else seconds
    except ValidationError:  # a record of another version of the settings
        return None


def _count_questions(path: str) -> tuple[int, int] | None:
    """Count the train and test questions of a file; None where it is gone."""
    if not Path(path).is_file():
        return None
    with open(path, encoding="utf-8") as stream:
        splits = [json.loads(line)["split"] for line in stream]
    return splits.count("train"), splits.count("test")


def on_device(jobs: Iterable[Job]) -> list[Job]:
    """Pick the jobs that hold a device: each loads a base model."""
    return [job for job in jobs if job.stage in DEVICE]


def find_hours(jobs: Sequence[Job], devices: int) -> float:
    """Give the hours that a run's jobs on the device take on so many; NaN where one is not known.

    Downloads, teacher and base models come before and are not in it.
    """
    held = on_device(jobs)
    makers: defaultdict[tuple[str, Cell], set[int]] = defaultdict(set)
    for number, job in enumerate(held):
        for cell in job.cells:
            makers[job.stage, cell].add(number)
    after = [
        set().union(*(makers[stage, cell] for stage in DEVICE[job.stage] for cell in job.cells))
        for job in held
    ]
    lengths = [job.seconds for job in held]
    return math.nan if any(map(math.isnan, lengths)) else schedule(lengths, after, devices) / 3600


def tabulate_jobs(jobs: Iterable[Job]) -> pd.DataFrame:
    """Add up the jobs of each stage, dataset and model.

    Columns stage, dataset, model, jobs, hours (of all), longest (hours of one job), download_gb, disk_gb,
    learned_from (jobs on whose pace the hours rest; 0 where speeds are assumed).
    """
    parts: defaultdict[tuple[str, str | None, str | None], list[Job]] = defaultdict(list)
    for job in jobs:
        parts[job.stage, job.dataset, job.model].append(job)
    rows = [
        {
            "stage": stage,
            "dataset": dataset,
            "model": model,
            "jobs": len(some),
            "hours": sum(job.seconds for job in some) / 3600,
            "longest": max(job.seconds for job in some) / 3600,
            "download_gb": sum(job.download_gb for job in some),
            "disk_gb": sum(job.disk_gb for job in some),
            "learned_from": some[0].learned_from,
        }
        for (stage, dataset, model), some in parts.items()
    ]
    return pd.DataFrame(rows)


def compare_cuts(jobs_by_cut: Mapping[str, Sequence[Job]], devices: Collection[int]) -> pd.DataFrame:
    """Hold the choices of `one_job_per` against each other.

    Columns one_job_per, jobs (all of the forecast), loads (of a base model), longest (hours of one job on the
    device), gpu_hours (of all), and hours_{n} on n devices.
    """
    rows = []
    for cut, jobs in jobs_by_cut.items():
        held = [job.seconds / 3600 for job in on_device(jobs)]
        rows.append(
            {
                "one_job_per": cut,
                "jobs": len(jobs),
                "loads": len(held),
                "longest": max(held, default=0.0),
                "gpu_hours": sum(held),
                **{f"hours_{count}": find_hours(jobs, count) for count in sorted(devices)},
            }
        )
    return pd.DataFrame(rows)


def add_measured(table: pd.DataFrame, records: Path) -> pd.DataFrame:
    """Add `done` (records of finished jobs) and `hours_taken` (their wall time) to each row.

    Args:
        table: as from `tabulate_jobs`.
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
