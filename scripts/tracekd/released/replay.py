"""What a run that makes no generations was given: questions, generations, and the states of their files."""

from dataclasses import dataclass

from tracekd.core.records import Generation, Question
from tracekd.released.registry import Generations

# what the manifest says of a file
AS_RELEASED, OTHER_CONTENT, UNVERIFIED = "as released", "differs from the released file", "checksum not known"


@dataclass(frozen=True, slots=True)
class Replay:
    """Questions of a dataset in the order of the released test split, and the generations of each cell.

    Questions that only the prompting baseline was asked stand at the end, with split `other`.
    """

    questions: list[Question]
    generations: list[tuple[Generations, list[Generation]]]
