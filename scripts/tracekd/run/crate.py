"""A finished run as an RO-Crate: which jobs made what of what, with which software, for machines to read.

The crate is the folder that the workflow runs in, since code, results, figures and records lie side by side
in it; `ro-crate-metadata.json` there describes one run by its records (`tracekd.run.provenance`). Nothing is
copied, and the same records give the same bytes: times are theirs.

Profile: Provenance Run Crate 0.5 (https://w3id.org/ro/wfrun/provenance/0.5), which extends Workflow Run
Crate, Process Run Crate and Workflow RO-Crate.
"""

import os
from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rocrate.model import ContextEntity, Dataset, Entity, File
from rocrate.model.metadata import BASENAME
from rocrate.rocrate import ROCrate

from tracekd.core.checks import read_yaml
from tracekd.core.errors import DataError, tell
from tracekd.core.files import atomic_write, sha256_file
from tracekd.run.provenance import FOLDER, Made, Makers, list_files, read_record

# the version of RO-Crate that the profiles extend
VERSION = "1.1"
# terms beyond it: sha256
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
WORKFLOW, CITATION, README = "Snakefile", "CITATION.cff", "README.md"
# what the workflow is made of besides, described as a whole
PARTS = {
    "config": "configurations and registries",
    "envs": "environments of the rules",
    "resources": "templates, styles, captions, locks, kept models",
    "rules": "rules, one file per stage or feature",
    "schemas": "schemas of configuration and records",
    "scripts": "scripts of the rules and the package that they use",
}
LICENCE_OF_DATA = (
    "The licence of the workflow. Datasets and models keep their own, listed in config/datasets.yaml and "
    "config/models.yaml."
)
FORMATS = {
    "": "text/plain",
    ".cff": "application/yaml",
    ".css": "text/css",
    ".csv": "text/csv",
    ".html": "text/html",
    ".j2": "text/plain",
    ".js": "text/javascript",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".tex": "application/x-tex",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
}
OTHER_FORMAT = "application/octet-stream"

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a run has recorded.

    Attributes:
        jobs: path of the record -> record, of those of whose files one still counts.
        made: path -> what its last maker wrote, of these files.

    """

    jobs: Mapping[Path, Record]
    made: Mapping[str, Made]

    def list_outputs(self, path: Path) -> list[str]:
        """List the files of a job that no later job has written anew."""
        return [output for output in self.jobs[path]["outputs"] if self.made[output].record == path]


def read_recorded(run: str) -> Recorded:
    """Read the records of a run; DataError where one is damaged or gone."""
    makers = Makers(FOLDER / run)
    made = {path: found for path in makers.find_inside(".") if (found := makers.get(path))}
    return Recorded({path: read_record(path) for path in sorted({one.record for one in made.values()})}, made)


def write_crate(run: str, call: str, configs: Sequence[str], targets: Iterable[str]) -> None:
    """Write `ro-crate-metadata.json` for a finished run.

    Args:
        run: its name.
        call: of Snakemake, by which it was made.
        configs: the configuration files, each over those before.
        targets: all that the run was to make.

    Raises DataError where some of that is missing.

    """
    targets = list(targets)
    missing = [path for path in targets if not Path(path).exists()]
    if missing:
        what = f"the run is not finished: {len(missing)} of its {len(targets)} files are missing"
        raise DataError(what, where=missing[0], hint=f"give its command: {call}")
    recorded = read_recorded(run)
    crate = describe_run(run, call, configs, list_files(targets), recorded)
    ((_, content),) = crate.metadata.stream()
    with atomic_write(BASENAME, "wb") as stream:
        stream.write(content)
    tell(f"crate    {BASENAME}: {len(recorded.jobs)} jobs of run {run}, {len(recorded.made)} files made")


def describe_run(
    run: str, call: str, configs: Sequence[str], results: Iterable[str], recorded: Recorded
) -> ROCrate:
    """Describe a run: the workflow, each job with what it read and wrote, and the run as a whole."""
    jobs = recorded.jobs.values()
    crate = ROCrate(version=VERSION)
    crate.metadata.extra_contexts.append(TERMS)
    cited = read_yaml(CITATION)
    _describe_root(crate, cited, run, max(job["finished"] for job in jobs))
    commits = sorted({job["code"]["commit"] for job in jobs if job["code"]["commit"]})
    version = ", ".join(commits) or cited["version"]
    workflow = _add_workflow(crate, cited["title"], version)
    files = _add_files(crate, configs, recorded)
    tools = _add_tools(crate, workflow, recorded, version)
    actions = [
        _add_job(crate, path, tools[job["rule"]], files, recorded) for path, job in recorded.jobs.items()
    ]
    _add_steps(crate, workflow, tools, actions)
    read = {path for job in jobs for path in job["inputs"] if path not in recorded.made}
    whole = crate.add_action(
        workflow,
        "#run",
        object=[files[path] for path in dict.fromkeys([*configs, *sorted(read)])],
        result=[files[path] for path in results if path in files],
        properties={
            "name": f"run {run}",
            "description": call,
            "startTime": _show_time(min(job["started"] for job in jobs)),
            "endTime": _show_time(max(job["finished"] for job in jobs)),
        },
    )
    crate.root_dataset["mentions"] = [whole, *actions]
    _unwrap(crate)
    return crate


def _describe_root(crate: ROCrate, cited: Mapping[str, Any], run: str, finished: str) -> None:
    """Say what the crate is, whose, under which licence, and of which paper."""
    crate.name = f"Run {run}: {cited['title']}"
    crate.description = (
        f"What the run {run} has made, job by job, with the workflow that made it. Each file that it read or "
        f"wrote has its SHA-256 here. Open results/{run}/index.html first."
    )
    crate.datePublished = finished[: len("2026-01-31")]
    crate.root_dataset["conformsTo"] = [
        _add(crate, url, "CreativeWork", name=name, version=version)
        for url, (name, version) in PROFILES.items()
    ]
    crate.license = _add(
        crate,
        f"https://spdx.org/licenses/{cited['license']}",
        "CreativeWork",
        name=cited["license"],
        description=LICENCE_OF_DATA,
    )
    crate.root_dataset["author"] = _add_authors(crate, cited["authors"])
    crate.root_dataset["citation"] = [
        _add(
            crate,
            paper["url"],
            "ScholarlyArticle",
            name=paper["title"],
            author=_add_authors(crate, paper["authors"]),
            datePublished=str(paper["year"]),
            description=paper["notes"],
        )
        for paper in cited["references"]
    ]


def _add_authors(crate: ROCrate, authors: Iterable[Mapping[str, str]]) -> list[Entity]:
    return [_add(crate, f"#{quote(one['name'])}", "Organization", name=one["name"]) for one in authors]


def _add_workflow(crate: ROCrate, title: str, version: str) -> Entity:
    """Add the workflow and the folders that it is made of."""
    workflow = crate.add_workflow(
        WORKFLOW,
        WORKFLOW,
        main=True,
        lang="snakemake",
        properties={
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
            "name": title,
            "version": version,
            **_measure(WORKFLOW),
        },
    )
    workflow["license"], workflow["author"] = crate.license, crate.root_dataset["author"]
    for folder, description in PARTS.items():
        crate.add(
            Dataset(crate, folder, folder, properties={"name": f"{folder}/", "description": description})
        )
    return workflow


def _add_files(crate: ROCrate, configs: Iterable[str], recorded: Recorded) -> dict[str, Entity]:
    """Add each file that the run read or wrote; give path -> entity.

    A file outside of the folder, a mirror's for instance, is named by its digest (RFC 6920).
    """
    facts = {
        path: _describe(path, digest, Path(path).stat().st_size)
        for job in recorded.jobs.values()
        for path, digest in job["inputs"].items()
        if path not in recorded.made
    }
    facts |= {path: _describe(path, one.sha256, one.size) for path, one in recorded.made.items()}
    facts |= {path: _measure(path) for path in (*configs, "LICENSE", CITATION, README)}
    files = {}
    for path in sorted(facts):
        place, known = os.path.relpath(path), facts[path]
        if place.startswith(".."):
            named = {"name": Path(path).name, **known}
            files[path] = crate.add(File(crate, _name_digest(known["sha256"]), properties=named))
        else:
            files[path] = crate.add(File(crate, path, place, properties={"name": place, **known}))
    files[README]["about"] = crate.root_dataset
    return files


def _add_tools(crate: ROCrate, workflow: Entity, recorded: Recorded, version: str) -> dict[str, Entity]:
    """Add the script of each rule with the software that its jobs ran on; give rule -> script."""
    software: dict[str, dict[str, Entity]] = defaultdict(dict)
    known: dict[tuple[Any, ...], Entity] = {}
    for job in recorded.jobs.values():
        key = (job["python"], *job["packages"].items())
        if key not in known:
            known[key] = _add_environment(crate, len(known) + 1, job["python"], job["packages"])
        software[job["rule"]][known[key].id] = known[key]
    tools = {}
    for rule, environments in sorted(software.items()):
        script = f"scripts/{rule}.py"
        properties = {
            "@type": ["File", "SoftwareSourceCode", "SoftwareApplication"],
            "name": rule,
            "version": version,
            "softwareRequirements": list(environments.values()),
            **_measure(script),
        }
        tools[rule] = crate.add(File(crate, script, script, properties=properties))
    workflow["hasPart"] = list(tools.values())
    return tools


def _add_environment(crate: ROCrate, number: int, python: str, packages: Mapping[str, str]) -> Entity:
    """Add a Python with its packages."""
    return _add(
        crate,
        f"#environment-{number}",
        "SoftwareApplication",
        name=f"Python {python} with {len(packages)} packages",
        softwareVersion=python,
        softwareRequirements=[
            _add(
                crate,
                f"pkg:pypi/{name.lower().replace('_', '-')}@{version}",
                "SoftwareApplication",
                name=name,
                softwareVersion=version,
            )
            for name, version in packages.items()
        ],
    )


def _add_job(
    crate: ROCrate, path: Path, tool: Entity, files: Mapping[str, Entity], recorded: Recorded
) -> Entity:
    """Add what a job did, and its record."""
    job = recorded.jobs[path]
    cell = [f"{name} {value}" for name, value in job["wildcards"].items() if name != "run"]
    action = crate.add_action(
        tool,
        "#" + quote(f"{job['rule']}/{path.stem}"),
        object=[files[one] for one in job["inputs"]],
        result=[files[one] for one in recorded.list_outputs(path)],
        properties={
            "name": f"{job['rule']} {path.stem}",
            "description": f"{', '.join(cell) or 'the whole run'}; on {job['device']}",
            "startTime": _show_time(job["started"]),
            "endTime": _show_time(job["finished"]),
        },
    )
    about = {"name": f"record of {action['name']}", "about": action}
    crate.add(File(crate, path, path, properties=about | _measure(path)))
    return action


def _add_steps(
    crate: ROCrate, workflow: Entity, tools: Mapping[str, Entity], actions: Iterable[Entity]
) -> None:
    """Add each rule as a step of the workflow, and its jobs as what became of the step."""
    runs: dict[str, list[Entity]] = defaultdict(list)
    for action in actions:
        runs[action["instrument"].id].append(action)
    steps = []
    for rule, tool in tools.items():
        step = _add(crate, f"{WORKFLOW}#{rule}", "HowToStep", name=rule, workExample=tool)
        _add(
            crate,
            f"#{rule}",
            "ControlAction",
            name=f"jobs of {rule}",
            instrument=step,
            object=runs[tool.id],
        )
        steps.append(step)
    workflow["step"] = steps


def _unwrap(crate: ROCrate) -> None:
    """Write a value that stands alone without a list, as RO-Crate asks for."""
    for entity in crate.get_entities():
        for name, values in list(entity.items()):
            if isinstance(values, list) and len(values) == 1:
                entity[name] = values[0]


def _add(crate: ROCrate, identifier: str, kind: str, **properties: Any) -> Entity:
    """Add what is no file."""
    return crate.add(ContextEntity(crate, identifier, {"@type": kind, **properties}))


def _measure(path: str | Path) -> dict[str, str]:
    """Describe a file of which no record tells."""
    return _describe(path, sha256_file(path), Path(path).stat().st_size)


def _describe(path: str | Path, sha256: str, size: int) -> dict[str, str]:
    """Give format, digest and size in bytes of a file."""
    known = FORMATS.get(Path(path).suffix, OTHER_FORMAT)
    return {"encodingFormat": known, "sha256": sha256, "contentSize": str(size)}


def _show_time(recorded: str) -> str:
    """Write a time as RO-Crate asks for it: to the millisecond at most."""
    return datetime.fromisoformat(recorded).isoformat(timespec="milliseconds")


def _name_digest(sha256: str) -> str:
    """Write a digest as a URI."""
    return f"ni:///sha-256;{urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip('=')}"
