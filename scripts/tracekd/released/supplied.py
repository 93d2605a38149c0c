"""Generations that the user supplied: `results/{run}/generations/{dataset}/{model}/{arm}/seed{n}.jsonl`."""

import re
from pathlib import Path

from tracekd.core.checks import clip
from tracekd.core.errors import ConfigError
from tracekd.datasets.rows import ALL
from tracekd.released.plan import Plan
from tracekd.released.registry import Generations
from tracekd.settings.config import Config
from tracekd.traces.arms import PROMPT_ONLY

# what can be a folder, a part of a file name and a wildcard
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


def plan_supplied(settings: Config) -> Plan:
    """Find out which of the generations that the config names lie in the folder of its run.

    `present` also holds the JSON-lines files there that the config does not name.

    Raises ConfigError on a model name that cannot be part of a path.
    """
    folder = get_folder(settings.run)
    for number, model in enumerate(settings.models):
        if not _MODEL.fullmatch(model):
            raise ConfigError(
                f"{clip(repr(model))} cannot be part of a path",
                where=f"config: models[{number}]",
                hint="use letters, digits, dots, hyphens, underscores and plus signs",
            )
    wanted = [
        read_cell(f"{folder}/{dataset}/{model}/{arm}/seed{seed}.jsonl")
        for dataset in settings.datasets
        for model in settings.models
        for arm in settings.arms
        for seed in (settings.seeds[:1] if arm == PROMPT_ONLY else settings.seeds)
    ]
    return Plan(wanted, {path.as_posix() for path in Path(folder).rglob("*.jsonl")})


def get_folder(run: str) -> str:
    """Folder of a run's generations."""
    return f"results/{run}/generations"


def read_cell(path: str) -> Generations:
    """Read dataset, model, arm and seed from the path of a file of generations."""
    dataset, model, arm, file = Path(path).parts[-4:]
    return Generations(dataset, model, arm, int(Path(file).stem.removeprefix("seed")), {ALL: path})


def find_others(plan: Plan) -> list[str]:
    """Files that lie there but that the config does not name."""
    return sorted(plan.present - {path for cell in plan.wanted for path in cell.paths.values()})
