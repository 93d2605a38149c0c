"""What a Slurm profile will ask for, beside what the site says it allows (rule check_site).

The site is asked by its own commands. What one of them does not tell is said to be unknown, never taken for
granted; nothing is submitted.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from getpass import getuser

from tracekd.core.errors import ConfigError
from tracekd.run.slurm import TIMEOUT_S

# in the environment of the rule's script: what this call will ask for, as JSON
ASKED = "TRACEKD_ASKED"
OK, NO, LATER, UNKNOWN = "ok", "cannot run", "waits", "cannot be asked"
# of a demand that only a further attempt makes
GROWN = "cannot grow so far"
# the longest time between two questions is half as long, and a question takes a while
SHORTEST_AGE_S = 10
NEEDED, USEFUL = ("sbatch", "squeue", "scancel"), ("scontrol", "sinfo", "sacctmgr")


@dataclass(frozen=True, slots=True)
class Demand:
    """What the jobs of a rule ask for on an attempt; memory in MB, time in minutes, None for nothing."""

    rule: str
    attempt: int
    partition: str | None
    mem_mb: int | None
    runtime: int | None
    cpus: int
    gres: str | None
    account: str | None
    qos: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    asked: str
    site: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Node:
    """What a node has: memory in MB, processors, generic resources as Slurm writes them."""

    mem_mb: int
    cpus: int
    gres: str


def read_asked() -> tuple[list[Demand], dict[str, object]]:
    """Read demands, executor, jobs and status_command of a call; ConfigError without a profile."""
    call = json.loads(os.environ.get(ASKED, "{}"))
    if not str(call.get("executor", "")).startswith("slurm"):
        raise ConfigError(
            "there is no profile to compare with the site",
            where="check_site",
            hint="add --workflow-profile profiles/slurm",
        )
    return join_equal(Demand(**demand) for demand in call.pop("demands")), call


def join_equal(demands: Iterable[Demand]) -> list[Demand]:
    """Make one demand of those that differ in their rule alone."""
    rules: dict[Demand, list[str]] = {}
    for demand in demands:
        rules.setdefault(replace(demand, rule=""), []).append(demand.rule)
    return [replace(demand, rule=" ".join(names)) for demand, names in rules.items()]


def ask(*command: str) -> str | None:
    """Run a command of Slurm; None if it does not answer."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def check_site(demands: Sequence[Demand], call: Mapping[str, object]) -> list[Row]:
    """Compare what is asked with what the site says."""
    settings = read_pairs(ask("scontrol", "show", "config"), "\n")
    partitions = {
        pairs["PartitionName"]: pairs
        for line in (ask("scontrol", "show", "partition", "--oneliner") or "").splitlines()
        if "PartitionName" in (pairs := read_pairs(line, " "))
    }
    nodes = read_nodes(ask("sinfo", "--noheader", "--Node", "--format=%R|%m|%c|%G"))
    # without accounting both answer, and tell nothing
    me = f"user={getuser()}"
    associations = read_table(ask("sacctmgr", "-nP", "show", "assoc", me, "format=Account,QOS,MaxSubmit"))
    default = (ask("sacctmgr", "-nP", "show", "user", getuser(), "format=DefaultAccount") or "").strip()
    qualities = read_table(ask("sacctmgr", "-nP", "show", "qos", "format=Name,MaxSubmitPU,MaxWall"))
    return [
        *check_commands(),
        *check_partitions(demands, partitions),
        *check_times(demands, partitions),
        *check_nodes(demands, nodes),
        *check_accounts(demands, {row[0] for row in associations}, default, partitions),
        *check_qos(demands, call, qualities, associations),
        *check_questions(call, settings),
    ]


def check_commands() -> Iterator[Row]:
    """Check that Slurm's commands are on the path."""
    for name in NEEDED + USEFUL:
        missing = NO if name in NEEDED else UNKNOWN
        place = shutil.which(name)
        yield Row("command", name, place or "not on the path", OK if place else missing)


def check_partitions(demands: Iterable[Demand], partitions: Mapping[str, Mapping[str, str]]) -> Iterator[Row]:
    """Check that partitions exist and are up."""
    for name in sorted({demand.partition for demand in demands if demand.partition}):
        if not partitions:
            yield Row("partition", name, "scontrol does not say", UNKNOWN)
        elif name not in partitions:
            yield Row("partition", name, f"there are {', '.join(sorted(partitions))}", NO)
        else:
            state = partitions[name].get("State", "unknown")
            yield Row("partition", name, state, OK if state == "UP" else LATER)


def check_times(demands: Iterable[Demand], partitions: Mapping[str, Mapping[str, str]]) -> Iterator[Row]:
    """Hold the time of each rule, on its first and on its last attempt, to the limit of its partition."""
    for demand in demands:
        partition = partitions.get(demand.partition or "")
        if demand.runtime is None or partition is None:
            continue
        limit = read_minutes(partition.get("MaxTime", ""))
        allowed = limit is None or demand.runtime <= limit
        said = "no limit" if limit is None else f"{limit} min in {demand.partition}"
        yield Row(f"time, {name(demand)}", f"{demand.runtime} min", said, OK if allowed else refuse(demand))


def check_nodes(demands: Iterable[Demand], nodes: Mapping[str, Sequence[Node]]) -> Iterator[Row]:
    """Look for a node that has the memory, processors and GPUs of each rule at once."""
    for demand in demands:
        asked = f"{demand.mem_mb} MB, {demand.cpus} cpus" + (f", {demand.gres}" if demand.gres else "")
        there = nodes.get(demand.partition or "", ())
        if not there:
            yield Row(f"node, {name(demand)}", asked, f"sinfo tells of none in {demand.partition}", UNKNOWN)
            continue
        fits = any(
            (demand.mem_mb or 0) <= node.mem_mb
            and demand.cpus <= node.cpus
            and has_gres(node.gres, demand.gres)
            for node in there
        )
        largest = max(there, key=lambda node: (has_gres(node.gres, demand.gres), node.mem_mb, node.cpus))
        said = f"at most {largest.mem_mb} MB, {largest.cpus} cpus, {largest.gres}"
        yield Row(f"node, {name(demand)}", asked, said, OK if fits else refuse(demand))


def check_accounts(
    demands: Iterable[Demand], own: Set[str], default: str, partitions: Mapping[str, Mapping[str, str]]
) -> Iterator[Row]:
    """Check that the user has the account, and that the partition takes it; without one it is the default."""
    for account, partition in sorted({(demand.account or "", demand.partition or "") for demand in demands}):
        allowed = partitions.get(partition, {}).get("AllowAccounts", "ALL").split(",")
        asked = f"{account or f'the default {default}'.strip()} in {partition}"
        if not own:
            yield Row("account", asked, "the site tells of none", UNKNOWN)
        elif account and account not in own:
            yield Row("account", asked, f"yours are {', '.join(sorted(own))}", NO)
        elif allowed != ["ALL"] and (account or default) not in allowed:
            yield Row("account", asked, f"the partition takes {', '.join(allowed)}", NO)
        else:
            yield Row("account", asked, f"yours are {', '.join(sorted(own))}", OK)


def check_qos(
    demands: Sequence[Demand],
    call: Mapping[str, object],
    qualities: Sequence[Sequence[str]],
    associations: Sequence[Sequence[str]],
) -> Iterator[Row]:
    """Check that the quality of service is the user's, and hold jobs and times to its limits."""
    jobs = int(str(call["jobs"]))
    limits = {row[0]: row[1:] for row in qualities}
    yours = {quality for row in associations for quality in row[1].split(",")}
    for quality in sorted({demand.qos for demand in demands if demand.qos}):
        if not limits:
            yield Row("qos", quality, "the site tells of none", UNKNOWN)
        else:
            yield Row("qos", quality, f"yours are {', '.join(sorted(yours))}", OK if quality in yours else NO)
    used = {demand.qos or "normal" for demand in demands} & limits.keys()
    submits = [int(limits[quality][0]) for quality in used if limits[quality][0]]
    submits += [int(row[2]) for row in associations if row[2]]
    if submits:
        most = min(submits)
        yield Row("jobs in the queue", str(jobs), f"{most} at most", OK if jobs <= most else LATER)
    elif limits:
        yield Row("jobs in the queue", str(jobs), "no limit told", OK)
    else:
        yield Row("jobs in the queue", str(jobs), "the site tells of no limit", UNKNOWN)
    for demand in demands:
        longest = read_minutes((limits.get(demand.qos or "normal") or ["", ""])[1])
        if longest is not None and demand.runtime is not None:
            verdict = OK if demand.runtime <= longest else refuse(demand)
            yield Row(f"time by qos, {name(demand)}", f"{demand.runtime} min", f"{longest} min", verdict)


def check_questions(call: Mapping[str, object], settings: Mapping[str, str]) -> Iterator[Row]:
    """Check that the end of a job can be seen by the command that is asked for it."""
    command = str(call["status_command"])
    if command == "sacct":
        told = ask("sacct", "--allocations", "--noheader", "--starttime=now") is not None
        yield Row(
            "state of jobs", "sacct", "it answers" if told else "it does not answer", OK if told else NO
        )
        return
    age = re.match(r"\d+", settings.get("MinJobAge", ""))
    if age is None:
        yield Row("state of jobs", "squeue", "MinJobAge is not told", UNKNOWN)
        return
    seen = int(age[0]) == 0 or int(age[0]) >= SHORTEST_AGE_S
    yield Row(
        "state of jobs", "squeue", f"keeps finished jobs for {age[0]} s (MinJobAge)", OK if seen else NO
    )


def name(demand: Demand) -> str:
    """Name the attempt of a rule's job."""
    return f"{demand.rule}, attempt {demand.attempt}"


def refuse(demand: Demand) -> str:
    """Judge a demand that the site does not meet: jobs run all the same unless it is the first attempt's."""
    return NO if demand.attempt == 1 else GROWN


def has_gres(there: str, asked: str | None) -> bool:
    """Tell whether a node's resources (`gpu:a100:4(S:0-1)`) hold what is asked (`gpu:1`, `gpu:a100:2`)."""
    if not asked:
        return True
    kind, *model, count = asked.split(":") if asked[-1].isdigit() else [*asked.split(":"), "1"]
    found = 0
    for one in re.sub(r"\([^)]*\)", "", there).split(","):
        parts = one.split(":")
        if parts[0] == kind and (not model or model == parts[1:-1]) and parts[-1].isdigit():
            found += int(parts[-1])
    return found >= int(count)


def read_minutes(limit: str) -> int | None:
    """Read `days-hours:minutes:seconds`, or less of it, as whole minutes; None for no limit."""
    if not re.fullmatch(r"(\d+-)?\d+(:\d+){0,2}", limit):
        return None
    days, _, clock = limit.rpartition("-")
    parts = [int(part) for part in clock.split(":")]
    if days:
        hours, minutes, *_ = [*parts, 0, 0]
    elif len(parts) == 3:
        hours, minutes, _ = parts
    else:
        hours, minutes = 0, parts[0]
    return (int(days or 0) * 24 + hours) * 60 + minutes


def read_pairs(answer: str | None, separator: str) -> dict[str, str]:
    """Read `key = value` of each line, or `key=value` of each word."""
    pairs = (part.partition("=") for part in (answer or "").split(separator))
    return {key.strip(): value.strip() for key, found, value in pairs if found}


def read_nodes(answer: str | None) -> dict[str, list[Node]]:
    """Read lines `partition|memory|processors|gres`."""
    nodes: dict[str, list[Node]] = {}
    for partition, memory, cpus, gres in read_table(answer):
        nodes.setdefault(partition, []).append(Node(int(memory.rstrip("+")), int(cpus.rstrip("+")), gres))
    return nodes


def read_table(answer: str | None) -> list[list[str]]:
    """Read lines of fields between bars."""
    return [line.split("|") for line in (answer or "").splitlines() if "|" in line]
