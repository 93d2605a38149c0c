"""What many rules say in the same words: tables, figures, resources, and how jobs are told apart.

The only module of a run that knows Snakemake.
"""

import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakemake.io import report

from tracekd.workflow.cluster import Needs, choose_kind
from tracekd.workflow.paths import fill

if TYPE_CHECKING:  # whoever imports these first meets a circle of Snakemake's own
    from snakemake.resources import Resource
    from snakemake.rules import Rule
    from snakemake.workflow import Workflow

TABLES, FIGURES, PAGES = "results/{run}/tables", "figures/{run}", "results/{run}/report"
CAPTIONS = "../resources/captions"
# what tells the results of a category apart in the report: what they are; of a table, as what it is shown
RESULT, FORM = "result", "form"
# the report opens the form that comes first in the alphabet
PAGE, SPREADSHEET = "page", "spreadsheet"


def any_of(names: Iterable[object]) -> str:
    """Wildcard constraint that matches exactly these names, and nothing if there are none."""
    return "|".join(re.escape(str(name)) for name in names) or "(?!)"


def growing(amount: int) -> Callable[[Any, int], int]:
    """A resource that a job asks for: this much, and as much again on each further attempt."""
    return lambda wildcards, attempt: amount * attempt


def ask_by_need(rule: "Rule", needs: Needs) -> None:
    """Let the jobs of a rule ask for what they need, where that is less than what rule or profile name.

    Memory and time grow by the attempt, as those do. Of a text that names several kinds, of GPUs or whatever,
    each job asks for the one that is meant for its model (`choose_kind`).
    """
    for name, most in list(rule.resources.items()):
        rule.resources[name] = _fit(most, needs)


def _fit(most: "Resource", needs: Needs) -> Callable[..., Any]:
    def ask(wildcards: Any, **given: Any) -> Any:
        found = most.evaluate(wildcards, **given).value
        if isinstance(found, str):
            return choose_kind(found, needs.count_weights(wildcards.get("model")))
        need = needs.tell(given["rulename"], wildcards).get(most.name)
        return found if need is None else min(found, need * given["attempt"])

    return ask


def output_patterns(workflow: "Workflow") -> Callable[[Any], list[str]]:
    """A parameter: regular expressions of all that the rules make, those of later files too."""
    return lambda wildcards: [out.regex().pattern for rule in workflow.rules for out in rule.output]


def say_call(workflow: "Workflow") -> str:
    """Write the call of Snakemake that a run was made by, without targets: what follows makes them again."""
    settings = workflow.config_settings
    files = [os.path.relpath(path) for path in settings.configfiles]
    chosen = [f"{key}={value}" for key, value in settings.config.items()]
    words = [
        *(".venv/bin/snakemake", "--cores", "2"),
        *(["--configfile", *files] if files else []),
        *(["--config", *chosen] if chosen else []),
    ]
    return shlex.join(words)


def list_configs(workflow: "Workflow") -> list[str]:
    """List the configuration files, the workflow's own first, each over those before."""
    chosen = [os.path.relpath(path) for path in workflow.config_settings.configfiles]
    own = [os.path.relpath(path) for path in workflow.configfiles]
    return list(dict.fromkeys([*(path for path in own if path not in chosen), *chosen]))


def find_reported(workflow: "Workflow", targets: Iterable[str]) -> Callable[[Any], list[str]]:
    """An input: the tables (CSV) and figures (SVG) in the report of the rules that make these targets."""
    targets = list(targets)
    return lambda wildcards: [path for path, _ in _list_reported(workflow, targets)]


def describe_reported(
    workflow: "Workflow", targets: Iterable[str]
) -> Callable[[Any], dict[str, dict[str, str]]]:
    """A parameter: of each file of `find_reported` its `title`, `category` and the file of its `caption`."""
    targets = list(targets)
    return lambda wildcards: dict(_list_reported(workflow, targets))


def find_tables(workflow: "Workflow", targets: Iterable[str], names: Iterable[str]) -> dict[str, str]:
    """Those of these tables that the rules that make the targets write: name to CSV."""
    made = {os.path.basename(path): path for path, _ in _list_reported(workflow, targets)}
    return {name: made[f"{name}.csv"] for name in names if f"{name}.csv" in made}


def paper_tables(names: Iterable[str]) -> dict[str, str]:
    """Outputs `{name}`, the LaTeX of tables as a paper prints them."""
    return {name: f"{TABLES}/paper/{name}.tex" for name in names}


def table_pages(workflow: "Workflow", targets: Iterable[str]) -> dict[str, str]:
    """Give Markdown -> page of the tables in the report of the rules that make these targets.

    A page stands in the report beside the CSV, with the same caption, in the same category.
    """
    return {
        str(Path(path).with_suffix(".md")): report(
            f"{PAGES}/{Path(path).stem}.html",
            caption=f"../{_find_caption(shown)}",
            category=shown.category,
            labels=shown.labels | {FORM: PAGE},
        )
        for path, shown, _ in _find_reported(workflow, targets)
        if path.endswith(".csv")
    }


def _list_reported(workflow: "Workflow", targets: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield path and description; a table has no title but its path."""
    for path, shown, wildcards in _find_reported(workflow, targets):
        labels = [fill(label, **wildcards) for label in shown.labels.values()]
        title = ", ".join(labels) if path.endswith(".svg") else path
        yield path, {"title": title, "category": shown.category, "caption": _find_caption(shown)}


def _find_caption(shown: Any) -> str:
    caption: str = shown.caption.get_path_or_uri(secret_free=True)
    return os.path.relpath(caption)


def _find_reported(workflow: "Workflow", targets: Iterable[str]) -> Iterator[tuple[str, Any, dict[str, str]]]:
    """Yield path, entry in the report and wildcards, in the order of the rules, each path once."""
    seen = set()
    for rule in workflow.rules:
        if not any("report" in output.flags for output in rule.output):
            continue
        for target in targets:
            match = next((found for output in rule.output if (found := output.match(target))), None)
            wildcards = match.groupdict() if match else {}
            for output in rule.output if match else ():
                path, shown = str(output.apply_wildcards(wildcards)), output.flags.get("report")
                if shown and path.endswith((".csv", ".svg")) and path not in seen:
                    seen.add(path)
                    yield path, shown, wildcards


def describe_call(workflow: "Workflow", submitted: Iterable[str], needs: Needs) -> dict[str, Any]:
    """What a call that submits will ask for: the most of each submitted rule, by attempt and device."""
    settings = workflow.executor_settings
    last = 1 + (workflow.execution_settings.retries or 0)
    most: dict[tuple[Any, ...], dict[str, Any]] = {}
    for rule in workflow.rules:
        for attempt in sorted({1, last}) if rule.name in set(submitted) else ():
            for wildcards in needs.list_wildcards(rule.name):
                found = read_demand(rule, attempt, getattr(settings, "qos", None), wildcards)
                kind = tuple(value for name, value in found.items() if name not in ("mem_mb", "runtime"))
                known = most.setdefault(kind, found)
                known |= {name: max(known[name] or 0, found[name] or 0) for name in ("mem_mb", "runtime")}
    return {
        "executor": workflow.executor_plugin.name,
        "jobs": workflow.resource_settings.nodes,
        "status_command": getattr(settings, "status_command", None),
        "demands": list(most.values()),
    }


def read_demand(rule: "Rule", attempt: int, qos: str | None, wildcards: Mapping[str, str]) -> dict[str, Any]:
    """What a rule's job asks for on an attempt; of its inputs none of its resources may depend."""
    asked = rule.expand_resources(wildcards, [], attempt, skip_evaluation={"tmpdir"})
    return {
        "rule": rule.name,
        "attempt": attempt,
        "partition": asked.get("slurm_partition"),
        "mem_mb": asked.get("mem_mb"),
        "runtime": asked.get("runtime"),
        "cpus": asked.get("_cores"),
        "gres": asked.get("gres"),
        "account": asked.get("slurm_account"),
        "qos": asked.get("qos", qos),
    }


def table(name: str, *, caption: str = "", category: str | None = "Tables") -> dict[str, Any]:
    """Outputs `csv` and `md` of a table.

    Args:
        name: of its files.
        caption: stem in `resources/captions`; that of the name if empty.
        category: in the report; None leaves the table out of it.

    """
    csv = f"{TABLES}/{name}.csv"
    if category is not None:
        csv = report(
            csv,
            caption=f"{CAPTIONS}/{caption or get_stem(name)}.rst",
            category=category,
            labels={RESULT: get_stem(name).replace("_", " "), FORM: SPREADSHEET},
        )
    return {"csv": csv, "md": f"{TABLES}/{name}.md"}


def tables(*names: str, category: str | None = "Tables", **keyed: str) -> dict[str, Any]:
    """Outputs `{key}_csv` and `{key}_md` of several tables; the key is the name unless given."""
    return {
        f"{key}_{kind}": file
        for key, name in [*zip(names, names, strict=True), *keyed.items()]
        for kind, file in table(name, category=category).items()
    }


def figure(
    name: str, title: str, *, caption: str = "", category: str = "Figures", **labels: str
) -> dict[str, Any]:
    """Outputs `pdf`, `svg` and `png` of a figure; labels and wildcards tell its files apart in the report."""
    labels |= {wildcard: f"{{{wildcard}}}" for wildcard in get_wildcards(name)}
    return {
        "pdf": f"{FIGURES}/{name}.pdf",
        "svg": report(
            f"{FIGURES}/{name}.svg",
            caption=f"{CAPTIONS}/{caption or get_stem(name)}.rst",
            category=category,
            labels={RESULT: title, **labels},
        ),
        "png": f"{FIGURES}/{name}.png",
    }


def figures(name: str, title: str, **values: Iterable[str]) -> dict[str, Any]:
    """Outputs `pdf`, `svg` and `png` of figures that one job draws: lists, by value of the wildcard.

    The report tells them apart by these values.
    """
    ((wildcard, shown),) = values.items()
    each = [
        figure(name.format(**{wildcard: value}), title, caption=get_stem(name), **{wildcard: value})
        for value in shown
    ]
    return {kind: [files[kind] for files in each] for kind in each[0]}


def get_stem(name: str) -> str:
    """Name without wildcards; `<study>` stands for `study_`, or for what says that answers are invented."""
    return re.split(r"[_.]?\{", name)[0].replace("<study>", "study_")


def get_wildcards(pattern: str) -> list[str]:
    """Wildcards of a pattern in their order, but for `run`; a constraint may follow the name."""
    return [name for name in re.findall(r"\{(\w+)", pattern) if name != "run"]


def name_job(output: str) -> str:
    """Pattern that tells the jobs of a rule apart, from its first output; `all` if there is only one."""
    parts = [f"{'seed' * (name == 'seed')}{{{name}}}" for name in get_wildcards(output)]
    return ".".join(parts) or "all"


def set_log_and_benchmark(rule: "Rule") -> None:
    """Give a rule that makes files its log and its benchmark, named by what tells its jobs apart."""
    if not rule.output:
        return
    job = f"{{run}}/{rule.name}/{name_job(str(rule.output[0]))}"
    rule.log_modifier = rule.benchmark_modifier = rule.output_modifier
    rule.set_log(f"logs/{job}.log")
    rule.benchmark = f"benchmarks/{job}.tsv"
