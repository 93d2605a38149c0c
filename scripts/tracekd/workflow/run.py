"""One run as its configuration asks for it: checked, and joined with what registries and study say.

Rules take everything from here. What only one rule file needs stands in the module of its name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from tracekd.core.checks import check_names
from tracekd.core.errors import ConfigError
from tracekd.datasets.registry import Entry, read_registry
from tracekd.models.registry import Model, read_models
from tracekd.released.plan import Plan, ReplayPlan, plan_replay
from tracekd.released.supplied import plan_supplied
from tracekd.run.cells import choose_cut
from tracekd.settings.study import Study
from tracekd.study.definition import check_study, read_study
from tracekd.traces.arms import NO_TRACE, PROMPT_ONLY, get_arm
from tracekd.workflow.config import check_claims, check_config
from tracekd.workflow.paths import SCORES, fill


@dataclass(frozen=True)
class Run:
    """What a run is to do.

    Attributes:
        config: as merged, with numbers where they are meant; the grid of a replay is that of the released
            files that were found.
        dataset_entries: registry entries of the run's datasets; none in a replay.
        model_entries: registry entries of the run's models; none in a replay.
        replay: the released generations that are scored in place of our own, if any.
        supplied: the user's generations that are, if any.
        study: the study in which people rate the run's traces, if any.

    """

    config: Mapping[str, Any]
    dataset_entries: Mapping[str, Entry]
    model_entries: Mapping[str, Model]
    replay: ReplayPlan | None
    supplied: Plan | None
    study: Study | None

    @property
    def name(self) -> str:
        """First part of every path of the run."""
        return str(self.config["run"])

    @property
    def given(self) -> Plan | None:
        """Generations that this run scores and has not made."""
        return self.replay or self.supplied

    @property
    def level(self) -> str:
        """Where the run starts: `train`, `adapters` or `outputs`."""
        return str(self.config["level"])

    @property
    def datasets(self) -> list[str]:
        """Names of the datasets."""
        return list(self.config["datasets"])

    @property
    def models(self) -> list[str]:
        """Names of the models."""
        return list(self.config["models"])

    @property
    def arms(self) -> list[str]:
        """All arms."""
        return list(self.config["arms"])

    @property
    def scorers(self) -> list[str]:
        """Names of the scorers."""
        return list(self.config["scorers"])

    @cached_property
    def sft_arms(self) -> list[str]:
        """Arms with SFT: these have traces and adapters."""
        return [arm for arm in self.arms if arm != PROMPT_ONLY]

    @cached_property
    def traced_arms(self) -> list[str]:
        """Arms whose traces state every step, so that trace and answer can be held against each other."""
        return [arm for arm in self.sft_arms if get_arm(arm).is_whole]

    @property
    def baseline_arms(self) -> list[str]:
        """Arm without traces, if the run has it: what answers after traces are held against."""
        return [arm for arm in self.sft_arms if arm == NO_TRACE]

    @property
    def read_arms(self) -> list[str]:
        """Arms whose answers are read one by one."""
        return [*self.traced_arms, *self.baseline_arms]

    @property
    def has_both_scorers(self) -> bool:
        """Whether the published scorer can be held against ours."""
        return {"published", "aligned"} <= set(self.scorers)

    @property
    def has_teacher(self) -> bool:
        """Whether a teacher settles, before anything is trained, which questions are kept."""
        return self.replay is None and "teacher" in self.config

    @cached_property
    def simulated_datasets(self) -> list[str]:
        """Datasets whose raw files the workflow itself writes."""
        return [name for name, entry in self.dataset_entries.items() if entry.source.kind == "simulate"]

    @cached_property
    def demo_models(self) -> list[str]:
        """Tiny base models that the workflow trains."""
        return [name for name, entry in self.model_entries.items() if entry.source.kind == "demo"]

    @cached_property
    def read_datasets(self) -> list[str]:
        """Datasets whose questions the workflow makes of raw files; others lie in the run's folder."""
        return [name for name in self.dataset_entries if not is_supplied(self, name)]

    @property
    def limits(self) -> dict[str, dict[str, int]]:
        """Part of each dataset that is read (`settings.config.Limit`), {} for all of it."""
        return {name: self.config["limit"].get(name, {}) for name in self.read_datasets}

    @cached_property
    def made_up(self) -> list[str]:
        """What of the run is neither real model nor real data."""
        endpoints = self.config["teacher"].get("endpoints", {}).values() if self.has_teacher else ()
        parts = {
            "simulated corpora": set(self.simulated_datasets) & set(self.read_datasets),
            "tiny models": self.demo_models,
            "synthetic teacher": [one for one in endpoints if one["base_url"] == "local"],
        }
        return [part for part, found in parts.items() if found]

    @property
    def note(self) -> str:
        """What is not real in this run's numbers, or not of its making; it stands in every figure of them."""
        return ", ".join([*self.made_up, *["supplied generations"] * (self.supplied is not None)])

    @cached_property
    def model_settings(self) -> dict[str, dict[str, Any]]:
        """How each model is spoken to and which of its layers carry an adapter."""
        fields = {"persona", "target_modules"}
        return {name: entry.model_dump(include=fields) for name, entry in self.model_entries.items()}

    def settings(self, *keys: str) -> dict[str, Any]:
        """Give settings of the config by their keys, as parameters of a rule."""
        return {key: self.config[key] for key in keys}

    def get_seeds(self, arm: str) -> list[int]:
        """Seeds of an arm; without SFT there is nothing to seed, so one is enough."""
        seeds: list[int] = self.config["seeds"]
        return seeds[:1] if arm == PROMPT_ONLY else seeds

    def get_cells(self, arms: Iterable[str]) -> list[tuple[str, str, str, int]]:
        """(dataset, model, arm, seed) of these arms; of given generations those that there are."""
        if self.given:
            return [cell for cell in self.given.cells if cell[2] in arms]
        return [
            (dataset, model, arm, seed)
            for arm in arms
            for seed in self.get_seeds(arm)
            for dataset in self.datasets
            for model in self.models
        ]

    def cut(self, arms: Iterable[str]) -> str:
        """Say what one job of a rule for these arms takes (`tracekd.run.cells.choose_cut`)."""
        return choose_cut(self.config["one_job_per"], {arm: self.get_seeds(arm) for arm in arms})

    def per_cell(self, pattern: str, arms: Sequence[str], cut: str = "") -> list[str]:
        """Files of one job: the pattern of a cell, or filled in for all that the job takes (`one_job_per`).

        Loading a base can cost more than training on it, so a job may take all seeds of an arm, or all arms
        and seeds of a dataset and model; each is a file of its own either way. A pattern without {seed} is
        given once per arm.

        Args:
            pattern: of a file.
            arms: that have such a file.
            cut: what one job takes; as for a rule for these arms if empty.

        """
        match cut or self.cut(arms):
            case "adapter":
                return [pattern]
            case "seeds":
                filled = [fill(pattern, seed=seed) for seed in self.get_seeds(arms[0])]
            case _:
                filled = [fill(pattern, arm=arm, seed=seed) for arm in arms for seed in self.get_seeds(arm)]
        return list(dict.fromkeys(filled))

    def per_run(self, pattern: str, arms: Iterable[str]) -> list[str]:
        """Files of the whole run: the pattern for every cell of these arms; other wildcards stay."""
        return [
            fill(pattern, dataset=dataset, model=model, arm=arm, seed=seed)
            for dataset, model, arm, seed in self.get_cells(arms)
        ]

    def every(self, *patterns: str, **values: Sequence[str]) -> list[str]:
        """Files of the whole run: patterns filled in with its datasets, models, arms and scorers.

        Args:
            patterns: of paths; wildcards that are no such names stay.
            values: of other wildcards, or of fewer names.

        Nothing where generations are to be given and there are none: one table then says where to put them.

        """
        if self.given and not self.given.found:
            return []
        known: dict[str, Sequence[str]] = {
            "run": [self.name],
            "dataset": self.datasets,
            "model": self.models,
            "arm": self.arms,
            "scorer": self.scorers,
            **values,
        }
        return [
            fill(pattern, **dict(zip(names, chosen, strict=True)))
            for pattern in patterns
            for names in [[name for name in known if f"{{{name}}}" in pattern]]
            for chosen in product(*(known[name] for name in names))
        ]

    def get_scores(self, arms: Iterable[str]) -> list[str]:
        """Score files of these arms of the whole run, by every scorer."""
        return [fill(file, scorer=scorer) for file in self.per_run(SCORES, arms) for scorer in self.scorers]


def read_run(config: Mapping[str, Any]) -> Run:
    """Check a configuration and read what it refers to; ConfigError at the first fault."""
    models = read_models()
    settings = check_config(config, models)
    config = settings.model_dump(exclude_unset=True)
    datasets: dict[str, Entry] = {}
    entries: dict[str, Model] = {}
    replay = supplied = None
    if settings.replay is not None:
        if settings.teacher is not None:
            raise ConfigError(
                "a replay asks no teacher", where="config: teacher", hint="leave the section out"
            )
        replay = plan_replay(settings.replay, settings.seeds, models, settings.mirror)
        # everything after the scores works on the grid that was found
        config = {**config, **replay.grid}
    else:
        registry = read_registry(settings.registry)
        check_names(settings.datasets, registry, "config: datasets", f"see {settings.registry}")
        datasets = {name: registry[name] for name in config["datasets"]}
        entries = {name: models[name] for name in config["models"] if name in models}
        supplied = plan_supplied(settings) if settings.level == "outputs" else None
        if supplied and supplied.found:
            config = {**config, **supplied.grid}
    study = read_study(settings.study) if settings.study else None
    if study:
        check_study(study, settings)
    run = Run(config, datasets, entries, replay, supplied, study)
    check_claims(settings, run.made_up)
    return run


def is_supplied(run: Run, dataset: str) -> bool:
    """Tell whether a dataset's questions lie in the run's folder without raw files they could come from."""
    folder = Path("results") / run.name
    questions, raw = folder / f"questions/{dataset}.jsonl", folder / f"raw/{dataset}"
    return run.supplied is not None and questions.is_file() and not raw.is_dir()
