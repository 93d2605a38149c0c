"""Arms: what the SFT target of a question holds before its answer, which is always the right one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Literal, NamedTuple

from tracekd.core.errors import ConfigError
from tracekd.core.registry import Registry
from tracekd.datasets.interface import Dataset


class Form(Enum):
    """How the reasoning is worded."""

    UNTRAINED = auto()  # no SFT at all: generations and scores, but no traces and no adapter
    BARE = auto()  # the answer alone, without tags
    DECOMPOSED = auto()  # the sentences of the correct trace, whatever is true of them
    RELEASED = auto()  # the released recipe of wrong traces, which also changes form, count or letter case
    FILLER = auto()  # as many words as the correct trace, none of them on the question
    TEACHER = auto()  # a teacher's own words


class Style(NamedTuple):
    """Colour and marker in figures: the marker tells arms apart where colour is lost."""

    colour: str
    marker: str | tuple[int, Literal[0, 1, 2], int]


# how near wrong facts are to what is asked
Noise = Literal["near", "far"]

# of an arm that has none of its own
OTHER = Style("#555555", "*")


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to train.

    Args:
        name: in configs, paths and tables.
        title: in tables and figures, a few words at most.
        truth: whether the steps of a trace are right (True), wrong (False) or left out (None).
        steps: the same for single steps that differ from `truth`.
        form: how the reasoning is worded.
        style: in figures.
        order_matters: the steps are stated from the last to the first, and only so: whoever reads the trace
            must look at their order.
        share: of a mixture: % of the questions whose trace is that of `correct`; the others' is that of
            `incorrect_matched`.
        noise: of an arm with wrong facts: `near` or `far` ones, by the dataset's `nearness` to what is asked.
        as_long_as: a teacher's arm; filler makes a trace as many words long as that one's of the same
            question, before its steps if it has any.

    """

    name: str
    title: str
    truth: bool | None = None
    steps: Mapping[str, bool | None] = field(default_factory=dict)
    form: Form = Form.DECOMPOSED
    style: Style = OTHER
    order_matters: bool = False
    share: int | None = None
    noise: Noise | None = None
    as_long_as: str | None = None

    @property
    def is_trained(self) -> bool:
        """Whether there is SFT."""
        return self.form is not Form.UNTRAINED

    @property
    def needs_teacher(self) -> bool:
        """Whether its traces are in a teacher's words, or as long as these."""
        return self.form is Form.TEACHER or self.as_long_as is not None

    @property
    def has_tags(self) -> bool:
        """Whether its outputs are asked to have think and answer tags; else they are bare answers."""
        return self.form not in (Form.UNTRAINED, Form.BARE)

    @property
    def is_whole(self) -> bool:
        """Whether its traces state every step, so that trace and answer can be held against each other."""
        return self.truth is not None and None not in self.steps.values()

    def truths(self, dataset: Dataset) -> dict[str, bool]:
        """Say of each step that a trace of the dataset states whether it is right; of a mixture: may be.

        Raises ConfigError where the arm names a step that the dataset does not have.
        """
        for name in self.steps:
            if dataset.step(name) is None:
                raise ConfigError(
                    f"{self.name!r} names the step {name!r}, which {dataset.name} does not have",
                    where="config: arms",
                    hint=f"its steps are {', '.join(step.name for step in dataset.steps)}",
                )
        found = {step.name: self.steps.get(step.name, self.truth) for step in dataset.steps}
        return {name: truth for name, truth in found.items() if truth is not None}


# Okabe and Ito (2008); yellow is too pale for lines on white, brown and grey stand in
BLUE, VERMILION = "#0072B2", "#D55E00"
PROMPT_ONLY = "prompt_only"
# the baseline of every arm with traces
NO_TRACE = "none"
_PAPER = (
    Arm(PROMPT_ONLY, "prompt only", form=Form.UNTRAINED, style=Style("#8C8C8C", "X")),
    # the paper's vanilla SFT
    Arm(NO_TRACE, "no trace", form=Form.BARE, style=Style("#000000", "o")),
    Arm("class_only", "class only", steps={"class": True}, style=Style("#E69F00", "v")),
    Arm("correct", "correct", True, style=Style(BLUE, "s")),
    Arm("incorrect", "incorrect", False, form=Form.RELEASED, style=Style(VERMILION, "D")),
    Arm("incorrect_matched", "inc. matched", False, style=Style("#CC79A7", "^")),
)
# the dose-response study (docs/dose.md); mixtures go from wrong to right
_DOSE = (
    Arm("wrong_class", "wrong class", True, {"class": False}, style=Style("#882255", (4, 1, 0))),
    Arm("wrong_facts", "wrong facts", True, {"facts": False}, style=Style("#117733", (5, 1, 0))),
    Arm("wrong_near", "wrong, near", True, {"facts": False}, noise="near", style=Style("#AA0044", (7, 1, 0))),
    Arm("wrong_far", "wrong, far", True, {"facts": False}, noise="far", style=Style("#5A7D00", (5, 0, 180))),
    Arm("empty_trace", "empty trace", style=Style("#332288", (6, 1, 0))),
    Arm("filler", "filler", form=Form.FILLER, style=Style("#A0703C", (8, 1, 0))),
    Arm("mixed_0", "0 % correct", True, share=0, style=Style("#B33C00", "p")),
    Arm("mixed_25", "25 % correct", True, share=25, style=Style("#D98A4E", "8")),
    Arm("mixed_50", "50 % correct", True, share=50, style=Style("#A08FA0", "H")),
    Arm("mixed_75", "75 % correct", True, share=75, style=Style("#5F9FD0", "d")),
    Arm("mixed_100", "100 % correct", True, share=100, style=Style("#08519C", (3, 1, 0))),
)
# a teacher's words and the controls of their length, which `tracekd.teacher.traces` builds
_TEACHER = (
    Arm("r1", "R1", form=Form.TEACHER, style=Style("#009E73", "P")),
    Arm("r1_summary", "R1 summary", form=Form.TEACHER, style=Style("#56B4E9", "<")),
    Arm("r1_explanation", "R1 explan.", form=Form.TEACHER, style=Style("#8A6D00", ">")),
    Arm("r1_swapped", "R1 swapped", form=Form.TEACHER, style=Style("#6A3D9A", "h")),
    Arm("correct_padded", "cor. padded", True, as_long_as="r1", style=Style("#00505C", (3, 1, 180))),
    Arm(
        "filler_r1_length",
        "R1-long filler",
        form=Form.FILLER,
        as_long_as="r1",
        style=Style("#5C4A32", (10, 1, 0)),
    ),
)

ARMS: Registry[Arm] = Registry("arm")


def add_arm(arm: Arm) -> None:
    """Add an arm; `tracekd.traces.verification.expect` says independently what must be found in it."""
    ARMS.add(arm.name, lambda: arm)


for _arm in (*_PAPER, *_DOSE, *_TEACHER):
    add_arm(_arm)

# pairs whose accuracies the paper compares in its claims
CLAIMED = (("incorrect", "correct"), ("incorrect", "none"), ("correct", "none"))
TEACHER_ARMS = tuple(arm.name for arm in _TEACHER)
DOSE_ARMS = tuple(arm.name for arm in _DOSE)
MIXTURES = {arm.name: arm.share for arm in _DOSE if arm.share is not None}


def built_arms() -> list[str]:
    """Name the arms whose traces are built by rules from the questions alone."""
    return [arm.name for arm in ARMS.values() if arm.is_trained and not arm.needs_teacher]


def get_arm(name: str) -> Arm:
    """Give an arm by its name; ConfigError names the nearest one where there is none."""
    return ARMS.get(name)
