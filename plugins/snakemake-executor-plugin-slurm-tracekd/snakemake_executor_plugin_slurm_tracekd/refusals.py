"""What sbatch says when it takes no job: whether waiting helps, and which key of the profile it is about."""

import re
from dataclasses import dataclass
from enum import Enum, auto


class Remedy(Enum):
    """What helps against a refusal."""

    ROOM = auto()  # a limit on submitted jobs: one of them must end first
    ANSWER = auto()  # the controller did not answer: the job may have been taken all the same
    CHANGE = auto()  # nothing but another request


# sbatch was ended by a signal, as by Ctrl-C, or its connection broke
NO_ANSWER = re.compile(
    r"socket timed out|unable to contact slurm controller|connection (?:refused|timed out|reset)"
    r"|zero bytes were transmitted|transport endpoint is not connected|standby mode"
    r"|unexpected message received|communication connection failure|^\s*$",
    re.IGNORECASE,
)
NO_ROOM = re.compile(
    r"(?:Max|Grp)Submit\w*Limit|MaxSubmitJobs|resource temporarily unavailable|try(?:ing)? again|retrying"
    r"|temporarily unable to accept job|too many jobs|required partition not available",
    re.IGNORECASE,
)
# the first that fits
KEYS = (
    (r"(?:QOS|Assoc)\w*Mem|\bmemory\b", "mem_mb"),
    (r"(?:QOS|Assoc)\w*Wall|time limit", "runtime"),
    (r"(?:QOS|Assoc)\w*GRES|\bgres\b|requested node configuration", "gres"),
    (r"(?:QOS|Assoc)\w*Cpu|\bcpu|processors", "set-threads"),
    (r"\baccount\b", "slurm_account"),
    (r"\bpartition\b", "slurm_partition"),
    (r"\bqos specification", "qos"),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a job was not taken."""

    sentence: str
    remedy: Remedy

    @property
    def key(self) -> str | None:
        """The key of the profile that the sentence is about, if it is clear."""
        return next((key for words, key in KEYS if re.search(words, self.sentence, re.IGNORECASE)), None)


def read_refusal(message: str) -> Refusal:
    """Read the stock executor's message on a failed submission, which quotes sbatch."""
    quoted = re.search(r"The error message was '(.*?)'\.\n", message, re.DOTALL)
    words = quoted[1] if quoted else message
    if NO_ROOM.search(words):
        remedy = Remedy.ROOM
    elif NO_ANSWER.search(words):
        remedy = Remedy.ANSWER
    else:
        remedy = Remedy.CHANGE
    return Refusal("; ".join(filter(None, map(str.strip, words.splitlines()))), remedy)
