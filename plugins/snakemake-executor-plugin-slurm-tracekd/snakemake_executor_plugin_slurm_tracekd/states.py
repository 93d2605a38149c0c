"""What Slurm says of a job, and what it means: goes on, done, failed, and of which cause."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Cause(Enum):
    """Why an attempt failed, as far as the next one is to ask for something else."""

    MEMORY = "more memory"
    TIME = "more time"
    OTHER = "the same"


@dataclass(frozen=True, slots=True)
class State:
    """A job's state, one word, and why it waits, if it does."""

    word: str
    reason: str = ""


DONE = "COMPLETED"
# of a job that is requeued these are seen for a moment, by sacct until it waits again
MAYBE_REQUEUED = frozenset({"PREEMPTED", "NODE_FAIL"})
FAILED = MAYBE_REQUEUED | {
    "BOOT_FAIL",
    "CANCELLED",
    "DEADLINE",
    "FAILED",
    "LAUNCH_FAILED",
    "OUT_OF_MEMORY",
    "RECONFIG_FAIL",
    "REVOKED",
    "TIMEOUT",
}
CHANGE = "end this command by Ctrl-C, change {} in the profile, and give it again"
# of these reasons none goes away by itself; beside each what helps
HOPELESS: Mapping[str, str] = MappingProxyType(
    {
        "AccountNotAllowed": CHANGE.format("slurm_account or slurm_partition"),
        "AssocMaxWallDurationPerJobLimit": CHANGE.format("runtime"),
        "BadConstraints": CHANGE.format("constraint or gres"),
        "InvalidAccount": CHANGE.format("slurm_account"),
        "InvalidQOS": CHANGE.format("qos"),
        "PartitionNodeLimit": CHANGE.format("slurm_partition"),
        "PartitionTimeLimit": CHANGE.format("runtime or slurm_partition"),
        "QOSMaxWallDurationPerJobLimit": CHANGE.format("runtime"),
        "QOSNotAllowed": CHANGE.format("qos"),
        "JobHeldAdmin": "the site holds it: ask there",
        "JobHeldUser": "`scontrol release` lets it go",
    }
)
# a job that its node's kernel, Slurm or its own allocator stopped is FAILED on many sites; the GPU's own
# "CUDA out of memory" is none of these: more memory of the node is no help there
OUT_OF_MEMORY = re.compile(
    r"oom[-_ ]?kill|out-of-memory handler|exceeded (?:job |step )?memory limit|died with <Signals\.SIGKILL"
    r"|exit (?:status|code):? (?:137|-9)\b|^MemoryError\b|std::bad_alloc|can(?:no|')t allocate memory",
    re.IGNORECASE | re.MULTILINE,
)
# the line in which a program says what was wrong; those of Snakemake around it tell only that
FAULT = re.compile(
    r"^(?!Error in rule|(?:Workflow|Rule|CalledProcess)\w*:?)(?:[\w.]*(?:Error|Exception)\b"
    r"|.*(?:No such file|command not found|No space left|Permission denied)).*",
    re.MULTILINE,
)


def read_states(answer: str) -> dict[str, State]:
    """Read lines `id|state` or `id|state|reason`; the first word decides (`CANCELLED by 5`, `CANCELLED+`)."""
    states = {}
    for line in answer.splitlines():
        job, state, reason = (*(part.strip() for part in line.split("|", maxsplit=2)), "", "")[:3]
        if job and state:
            states[job] = State(state.split()[0].rstrip("+"), reason)
    return states


def find_cause(word: str, log: str) -> Cause:
    """Find the cause of a failure in the state and in the end of the job's Slurm log."""
    if word == "TIMEOUT":
        return Cause.TIME
    if word == "OUT_OF_MEMORY" or (word == "FAILED" and OUT_OF_MEMORY.search(log)):
        return Cause.MEMORY
    return Cause.OTHER


def find_fault(log: str) -> str:
    """Find the line of a Slurm log that says what was wrong: the last that looks like it, or the last."""
    lines = [line.strip() for line in FAULT.findall(log) or log.splitlines() if line.strip()]
    return lines[-1] if lines else "the Slurm log is empty"
