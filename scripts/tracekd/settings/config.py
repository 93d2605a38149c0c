"""The configuration of one run: the science; the machine stands in profiles/."""

from typing import Annotated, Literal

from pydantic import Field

from tracekd.settings.base import Count, Distinct, Positive, Seed, Settings, SomeDistinct, Text, TextOrNull
from tracekd.settings.base_model import BaseRecipe
from tracekd.settings.experiment import Experiment
from tracekd.settings.teacher import Teacher
from tracekd.settings.training import TrainingPlan


class Limit(Settings):
    """The part of a dataset that a run takes."""

    train: Count | None = Field(
        None, description="Training questions at most, as many of each class as there are; null for all"
    )
    test: Count | None = Field(
        None, description="Test questions at most, as many of each class as there are; null for all"
    )
    characters: Count | None = Field(
        None, description="Longest context and question that are taken, in characters; null for any"
    )


class Replay(Settings):
    """Released generations, scored in place of our own."""

    released: Text = Field(description="Registry of the released files")
    datasets: SomeDistinct[str] = Field(description="Datasets to replay")
    models: SomeDistinct[str] = Field(description="Models to replay")
    arms: SomeDistinct[str] = Field(description="Arms to replay")
    allow_missing: bool = Field(
        description="List combinations without a file as `data missing` instead of stopping"
    )


class Quantisation(Settings):
    """How the frozen base is loaded."""

    type: Literal["nf4", "fp4"] = Field(description="4-bit data type")
    double: bool = Field(description="Quantise the quantisation constants too")
    compute_dtype: Literal["float32", "bfloat16", "float16"] = Field(
        description="Type of the matrix products; bfloat16 is very slow on a CPU"
    )


class Generation(Settings):
    """How answers are generated."""

    batch_size: Count = Field(description="Prompts per batch: most answers that are written side by side")
    max_new_tokens: Count = Field(description="Most tokens of an answer with its trace")
    sampling: Literal["greedy", "as_published"] = Field(
        description="greedy, or as_published: the model's own sampling settings, seeded"
    )


class Speeds(Settings):
    """Assumed speeds of the device, for the forecast of jobs whose like has not run yet."""

    training_tflops: Positive = Field(description="Training: 1e12 operations per second")
    decoding_steps_per_s: Positive = Field(description="Decoding: new tokens per second of one sequence")
    base_model_steps_per_s: Positive = Field(
        description="Training of the demo's tiny base models: optimiser steps per second"
    )
    preflight_s: Positive = Field(description="Preflight of one model: seconds")
    start_s: Positive = Field(description="Start of a job, its libraries and its base model: seconds")


class Chat(Settings):
    """How conversations are rendered."""

    date: Text = Field(description="Date that chat templates print in place of today's")
    add_generation_prompt: bool = Field(
        description="Open the assistant turn at inference; false as published"
    )


class Config(Settings):
    """Configuration of one run: the science; the machine stands in profiles/."""

    run: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")] = Field(
        description="Name of this run, of letters, digits, - and _: first part of every output path"
    )
    level: Literal["train", "adapters", "outputs"] = Field(
        description="Where the chain starts: from raw data, from adapters or from generations"
    )
    extensions: Distinct[Text] = Field(
        [], description="Folders that bring datasets, arms, scorers and conditions of their own"
    )
    seed: Seed = Field(description="Seed of sampling, corpora and traces")
    registry: Text = Field(description="Dataset registry file")
    mirror: TextOrNull = Field(description="Folder with the registry's files, used in place of downloads")
    datasets: SomeDistinct[str] = Field(description="Datasets to run")
    limit: dict[str, Limit] = Field(
        description="Part of a dataset that is taken, drawn with `seed`, by dataset; {} for all of each"
    )
    models: SomeDistinct[str] = Field(description="Models of config/models.yaml to run")
    arms: SomeDistinct[str] = Field(
        description="What the SFT target holds before the answer; prompt_only is no SFT at all"
    )
    seeds: SomeDistinct[Seed] = Field(description="Training seeds")
    scorers: SomeDistinct[str] = Field(description="Scorers to apply")
    interventions: Distinct[str] = Field(
        description="Traces that a trained model is made to continue from; [] for none"
    )
    experiment: Experiment | None = Field(
        None, description="Set traces crossed with contexts (config/experiment.yaml, docs/experiment.md)"
    )
    replay: Replay | None = Field(
        None, description="Released generations to score in place of our own; needs `level: outputs`"
    )
    teacher: Teacher | None = Field(
        None, description="Where R1 traces, summaries and explanations come from (docs/teacher.md)"
    )
    study: TextOrNull = Field(
        description="Definition of a study of the run's traces (config/study.yaml); null for none"
    )
    claims: TextOrNull = Field(
        description="Ledger of published numbers to hold the run's numbers against (config/claims.yaml); "
        "null for none"
    )
    one_job_per: Literal["adapter", "seeds", "model"] = Field(
        description="What one job does on one loaded base: an adapter; all seeds of an arm; or all arms and "
        "seeds of a dataset and model"
    )
    training: TrainingPlan = Field(description="4-bit LoRA SFT (paper, section 5)")
    quantisation: Quantisation = Field(description="How the frozen base is loaded")
    generation: Generation = Field(description="How answers are generated")
    forecast: Speeds = Field(
        description="Assumed speeds of the device, for the forecast of jobs whose like has not run yet"
    )
    gpus: Count = Field(description="GPUs that are at work at once, for the days of the forecast")
    gpu_hours: Positive | None = Field(
        description="Budget of GPU hours, which the forecast holds the run against; null for none"
    )
    chat: Chat = Field(description="How conversations are rendered")
    base_model: BaseRecipe = Field(
        description="How the demo's tiny base models are trained; models from elsewhere ignore it"
    )
