"""A study in which people rate traces: the definition from which everything of it follows."""

from math import hypot
from string import ascii_uppercase
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from tracekd.settings.base import NotNegative, Positive, Seed, Settings, Share, Text
from tracekd.settings.statistics import ErrorRate, Power, Resamples

# value of `responses` that has the workflow invent participants
SIMULATE = "simulate"

Prose = Annotated[str, Field(pattern=r"^.*\S", max_length=2000)]
Paragraphs = Annotated[list[Prose], Field(min_length=1)]
# https, or a server on this machine for trials; no sign in it can end a source of the page's content policy
HOST = r"(https://[A-Za-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:[0-9]+)?"
Address = Annotated[str, Field(pattern=rf"^{HOST}(/[A-Za-z0-9._~%/?=&+-]*)?$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
NAMED = "A name of letters, digits and _ that begins with a letter"


class Condition(Settings):
    """What a group of participants sees."""

    name: Name = Field(description=NAMED)
    arm: Name = Field(description="Arm whose traces are shown")
    title: Prose = Field(description="Name in tables and figures")


class AnswerTable(Settings):
    """Where it stands whether a question was answered rightly."""

    table: Text = Field(description="CSV with a column id; {run} stands for the run")
    column: Text = Field(description="Column of true and false, or 1 and 0; empty for unknown")


class Scale(Settings):
    """Points from low to high and their labels."""

    low: Annotated[int, Field(ge=0)] = Field(description="Lowest point")
    high: Annotated[int, Field(ge=1, le=11)] = Field(description="Highest point")
    labels: Paragraphs = Field(description="Label of each point, from low to high")


class Statement(Settings):
    """A statement or question that is rated under every item."""

    name: Name = Field(description=NAMED)
    dimension: Literal["interpretability", "load"] = Field(description="What the rating measures")
    facet: Prose = Field(description="Which side of the dimension")
    text: Prose = Field(description="The statement as it is read")
    reversed: bool = Field(description="Whether a higher point means less of the dimension")
    source: Prose = Field(description="Where wording and scale come from")
    scale: Scale | None = Field(
        None, description="Labels of its own, of every point or of both ends; null for those of the study"
    )


class Check(Settings):
    """A statement with a point of the scale that shows attention."""

    name: Name = Field(description=NAMED)
    text: Prose = Field(description="The statement as it is read")
    expected: int = Field(description="The point asked for")


class Predict(Settings):
    """Forward simulation: which answer the program will give, asked on every item before it is shown."""

    kind: Literal["predict"] = Field(description="Which task: what the program will answer")
    instruction: Prose = Field(description="What its pages say above the question")
    text: Prose = Field(description="The question as it is read")
    source: Prose = Field(description="Where task, wording and outcome come from")


class FindError(Settings):
    """Error detection: whether the reasoning agrees with the facts, on pages of their own after the items."""

    kind: Literal["find_error"] = Field(
        description="Which task: whether the trace of another question has a planted mistake"
    )
    pages: Annotated[int, Field(ge=2, le=100)] = Field(
        description="Such pages of each participant; half of them have a mistake"
    )
    instruction: Prose = Field(description="What its pages say above the question")
    text: Prose = Field(description="The question as it is read")
    labels: Annotated[list[Prose], Field(min_length=2, max_length=2)] = Field(
        description="Its answers: that the reasoning agrees, and that it does not"
    )
    debrief: Prose = Field(description="What the last page says of the planted mistakes")
    source: Prose = Field(description="Where task, wording and outcome come from")


Task = Annotated[Predict | FindError, Field(discriminator="kind", description="predict or find_error")]


class Pages(Settings):
    """Texts of the pages around the items."""

    consent: Paragraphs = Field(description="Paragraphs of the first page")
    kept: Prose = Field(description="The last paragraph of the first page where `upload` is null")
    sent: Prose = Field(description="The last paragraph where it is not; {host} stands for its host")
    agree: Prose = Field(description="What participants agree to")
    instruction: Paragraphs = Field(description="Paragraphs before the first item")
    debrief: Paragraphs = Field(description="Paragraphs after the last item")


class Hypothesis(Settings):
    """One claim about two conditions: that one is rated higher, or that both are equal within a margin."""

    name: Name = Field(description=NAMED)
    text: Prose = Field(description="The claim in words")
    dimension: Literal["interpretability", "load"] = Field(description="Of which ratings")
    higher: Name | None = Field(None, description="Condition that is rated higher")
    lower: Name | None = Field(None, description="Condition that is rated lower")
    equal: Annotated[list[Name], Field(min_length=2, max_length=2)] | None = Field(
        None,
        description="In place of higher and lower: two conditions that do not differ by more than margin",
    )
    margin: Positive | None = Field(None, description="Largest difference that does not matter, in logits")

    @property
    def pair(self) -> tuple[str, str]:
        """The conditions whose difference is tested: first above second."""
        first, second = self.equal or (self.higher or "", self.lower or "")
        return first, second


class Analysis(Settings):
    """How the answers are analysed."""

    alpha: ErrorRate = Field(description="Error rate of a family of tests")
    power: Power = Field(description="Wanted probability to find a difference")
    resamples: Resamples = Field(description="Draws behind the intervals")
    seed: Seed = Field(description="Seed of these draws")


class Assumptions(Settings):
    """What simulated participants assume, and with them the power in the pre-registration."""

    participant_sd: NotNegative = Field(description="Standard deviation of participants, in logits")
    item_sd: NotNegative = Field(description="Standard deviation of items, in logits")
    condition_item_sd: NotNegative = Field(
        description="Standard deviation of what a condition does to an item beyond both, in logits"
    )
    hurry: dict[Name, Share] = Field(
        description="Share of a condition's participants who do not read and rate by chance"
    )
    stop: dict[Name, Share] = Field(description="Share of a condition's participants who stop early")

    predict: dict[Name, Share] = Field(
        {}, description="Share of right answers to the task predict by condition, if there is one"
    )
    find_error: dict[Name, Share] = Field(
        {}, description="Share of right answers to the task find_error by condition, if there is one"
    )

    @property
    def spread(self) -> float:
        """Standard deviation of all of these together."""
        return hypot(self.participant_sd, self.item_sd, self.condition_item_sd)


class Exclusions(Settings):
    """Who is left out of the analysis per protocol, one exclusion after the other, in this order."""

    incomplete: Literal[True] | None = Field(None, description="Stopped before the end")
    failed_checks: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Failed more attention checks than this"
    )
    seconds_per_word: Positive | None = Field(
        None, description="Median seconds for each word of a page below this"
    )

    @property
    def limits(self) -> dict[str, float]:
        """Limit of each exclusion that is made, in the order in which they are applied."""
        return self.model_dump(exclude_none=True)


def _in_order(value: Any) -> Any:
    """Refuse another order than the one in which they are applied."""
    order = list(Exclusions.model_fields)
    known = [name for name in value if name in order] if isinstance(value, dict) else []
    if known != sorted(known, key=order.index):
        raise PydanticCustomError(
            "order", "should have its keys in the order {order}", {"order": ", ".join(order)}
        )
    return value


class Study(Settings):
    """A study in which people rate traces."""

    base: Text | None = Field(None, description="Definition whose keys hold where this one states none")
    title: Prose = Field(description="Title that participants read")
    contact: Prose = Field(description="Who is responsible and how to reach them")
    dataset: Text = Field(description="Dataset whose questions are the items")
    design: Literal["between", "within"] = Field(
        description="between: each group sees one condition; within: everyone sees all, in a Latin square"
    )
    conditions: Annotated[list[Condition], Field(min_length=2, max_length=len(ascii_uppercase))] = Field(
        description="What is compared: two conditions at least"
    )
    participants: Annotated[int, Field(ge=2, le=100_000)] = Field(
        description="Planned number of participants; the groups have equally many"
    )
    items: Annotated[int, Field(ge=1, le=1000)] = Field(
        description="Questions of the study, cut into blocks of items_per_participant"
    )
    items_per_participant: Annotated[int, Field(ge=1, le=200)] = Field(
        description="Questions that each participant sees: one block"
    )
    answers: AnswerTable | None = Field(
        description="Table and column that say whether a question was answered rightly; null for none"
    )
    seed: Seed = Field(description="Seed of the choice of items")
    scale: Scale = Field(description="Points of the scale from low to high, each with its label")
    questions: Annotated[list[Statement], Field(min_length=1)] = Field(
        description="Statements that are rated under every item"
    )
    checks: list[Check] = Field(description="Pages between the items that show attention")
    tasks: list[Task] = Field(
        [], description="Tasks with a right answer, beside the ratings: each at most once; [] for none"
    )
    pages: Pages = Field(description="Texts of the pages around the items")
    upload: Address | None = Field(
        description="https address that the page sends the answers to; null: participants send a file"
    )
    exclusions: Annotated[Exclusions, BeforeValidator(_in_order)] = Field(
        description="Who is left out of the analysis per protocol, one after the other, in this order"
    )
    hypotheses: Annotated[list[Hypothesis], Field(min_length=1)] = Field(
        description="What is claimed; all of it is one family of tests"
    )
    analysis: Analysis = Field(description="How the answers are analysed")
    assumptions: Assumptions = Field(
        description="What simulated participants assume, and with them the power in the pre-registration"
    )
    responses: Text = Field(description="simulate, or the folder of the participants' exports")

    @property
    def find_error(self) -> FindError | None:
        """The task of finding planted mistakes, if there is one."""
        return next((task for task in self.tasks if isinstance(task, FindError)), None)

    @property
    def arms(self) -> list[str]:
        """Arms whose traces are shown, in the order of the conditions."""
        return [condition.arm for condition in self.conditions]

    @property
    def n_blocks(self) -> int:
        """Into how many blocks the items are cut; every participant sees one."""
        return self.items // self.items_per_participant

    @property
    def groups(self) -> list[str]:
        """Names of the groups of participants, as many as conditions for each block: A1, A2, …, B1, B2, …

        Between subjects the letter stands for the condition, within subjects for a row of the Latin square.
        With one block there are no numbers: A, B, …
        """
        numbers = [str(block) for block in range(1, self.n_blocks + 1)] if self.n_blocks > 1 else [""]
        return [
            f"{letter}{number}" for letter in ascii_uppercase[: len(self.conditions)] for number in numbers
        ]

    @property
    def participants_per_group(self) -> int:
        """Planned number of participants of each group."""
        return self.participants // len(self.groups)

    @property
    def is_simulated(self) -> bool:
        """Whether the answers are invented."""
        return self.responses == SIMULATE
