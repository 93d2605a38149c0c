"""The rules as Snakemake reads them, under shipped configurations that together have all of them."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tracekd.workflow import paths
from tracekd.workflow.run import Run

if TYPE_CHECKING:
    from snakemake.rules import Rule
    from snakemake.workflow import Workflow

# files of --configfile, and what --config lays over them
CONFIGURATIONS: tuple[tuple[Sequence[str], Mapping[str, Any]], ...] = (
    ([], {}),
    (["config/replay.yaml"], {}),
    (["config/own.yaml"], {}),
    (["config/teacher_demo.yaml", "config/experiment.yaml"], {}),
    (["config/teacher_demo.yaml"], {"teacher": {"source": "released", "released": "config/released.yaml"}}),
    (["config/dose_demo.yaml"], {}),
)
# without generations a run that is given them has no rule to score them
SUPPLIED = "results/own/generations/cotempqa/my-model/correct/seed0.jsonl"
# what a call reads before any job
READ_AT_START = ("config.yaml", "config", "resources")
PATTERNS = [
    value for value in vars(paths).values() if isinstance(value, str) and value.startswith("results/")
]


@dataclass(slots=True)
class Described:
    """One rule: its file, its message, its environment, and the patterns that it reads and writes."""

    name: str
    file: str
    message: str
    environment: str
    reads: list[str]
    writes: list[str]


def read_rules(root: Path) -> list[Described]:
    """Describe every rule, file by file as the Snakefile includes them, and in a file as they stand there.

    What a rule reads and writes is all that it does under any of `CONFIGURATIONS`.
    """
    # rules of one name, of which a run has one, stand in several files
    found: dict[tuple[str, str], Described] = {}
    with TemporaryDirectory() as folder, chdir(folder):
        # results that happen to lie in the project say nothing of the rules
        for name in READ_AT_START:
            Path(name).symlink_to(root / name)
        Path(SUPPLIED).parent.mkdir(parents=True)
        Path(SUPPLIED).touch()
        for files, changes in CONFIGURATIONS:
            for one in _load(root, files, changes):
                known = found.setdefault((one.file, one.name), one)
                known.reads = _distinct(known.reads, one.reads)
                known.writes = _distinct(known.writes, one.writes)
    snakefile = (root / "Snakefile").read_text("utf-8")
    sources = [root / path for path in re.findall(r'^include: "(.*?)"', snakefile, re.M)]
    rules = [
        found[path.name, name]
        for path in sources
        for name in re.findall(r"^ *rule (\w+):", path.read_text("utf-8"), re.M)
    ]
    folders = {path for rule in rules for path in rule.writes if path.endswith("/")}
    for rule in rules:
        rule.reads = [f"{path}/" if f"{path}/" in folders else path for path in rule.reads]
    return rules


def _load(root: Path, files: Sequence[str], changes: Mapping[str, Any]) -> list[Described]:
    """Describe the rules of one configuration."""
    from snakemake.api import SnakemakeApi
    from snakemake.settings.types import ConfigSettings, OutputSettings, Quietness, ResourceSettings

    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        call = api.workflow(
            resource_settings=ResourceSettings(),
            config_settings=ConfigSettings(
                configfiles=[*map(Path.absolute, map(Path, files))], config=changes
            ),
            snakefile=root / "Snakefile",
        )
        workflow: Workflow = call._workflow
        run: Run = workflow.globals["RUN"]
        return [_describe(rule, run) for rule in workflow.rules if rule.conda_env]


def _describe(rule: "Rule", run: Run) -> Described:
    """Describe a rule of a run."""
    return Described(
        name=rule.name,
        file=Path(str(rule.snakefile)).name,
        message=re.sub(r"\{wildcards\.(\w+)\}", r"`{\1}`", str(rule.message)).removesuffix(": {wildcards}"),
        environment=Path(str(rule.conda_env)).stem,
        reads=_distinct([show_path(path, run) for path in _list_inputs(rule)]),
        writes=_distinct(
            [show_path(str(path), run) + "/" * ("directory" in path.flags) for path in rule.output]
        ),
    )


def _list_inputs(rule: "Rule") -> Iterator[str]:
    """Yield the inputs of a rule; of a function those of the first job that there is."""
    job = _first_job(rule)
    for item in rule.input:
        if not callable(item):
            yield str(item)
        elif job is not None:
            found = item(job)
            yield from [found] if isinstance(found, str) else found


def _first_job(rule: "Rule") -> Any:
    """Give the wildcards of a job of a rule; None where the run has no job of it."""
    from snakemake.iocontainers import Wildcards

    names = dict(re.findall(r"\{(\w+),([^{}]*)\}", " ".join(map(str, rule.output))))
    if "(?!)" in names.values():
        return None
    return Wildcards(fromdict={name: re.sub(r"\\(.)", r"\1", names[name].split("|")[0]) for name in names})


def show_path(path: str, run: Run) -> str:
    """Write a path with wildcards in place of the names of a run."""
    from snakemake.io import strip_wildcard_constraints

    path = re.sub(
        rf"^(results|figures)/{re.escape(run.name)}/", r"\1/{run}/", strip_wildcard_constraints(path)
    )
    for pattern in PATTERNS:
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(pattern)), path):
            return pattern
    if not path.startswith(("results/", "figures/")) or "/tables/" in path:
        return path
    path = re.sub(r"/[^/]+/[^/]+/[^/]+/seed\d+", f"/{paths.CELL}", path)
    known = {"dataset": run.datasets, "model": run.models, "arm": run.arms, "scorer": run.scorers}
    wildcards = {name: f"{{{wildcard}}}" for wildcard, names in known.items() for name in names}
    wildcards |= {group: "{group}" for group in (run.study.groups if run.study else ())}
    longest = "|".join(map(re.escape, sorted(wildcards, key=len, reverse=True)))
    return re.sub(rf"(?<=[/_.])({longest})(?=[/_.]|$)", lambda match: wildcards[match[1]], path)


def _distinct(*lists: Iterable[str]) -> list[str]:
    """Put lists together, each text once."""
    return list(dict.fromkeys(text for one in lists for text in one))


def join_files(patterns: Iterable[str]) -> list[str]:
    """Write files that differ in name or ending only as one: `tables/{results,classes}.{csv,md}`."""
    endings: dict[tuple[str, str], list[str]] = {}
    for pattern in patterns:
        folder, name = os.path.split(pattern)
        stem, ending = os.path.splitext(name)
        endings.setdefault((folder, stem), []).append(ending.removeprefix("."))
    stems: dict[tuple[str, ...], list[str]] = {}
    for (folder, stem), found in endings.items():
        # two wildcards of one pair of braces would be hard to read
        stems.setdefault((folder, _one_of(found), stem if "{" in stem else ""), []).append(stem)
    return [
        os.path.join(folder, ".".join(filter(None, [_one_of(found), ending])))
        for (folder, ending, _), found in stems.items()
    ]


def _one_of(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{{{','.join(names)}}}"
