"""A study in which people rate traces: the definition from which everything of it follows."""

from string import ascii_uppercase
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from tracekd.settings.base import AS_WRITTEN, Positive, Seed, Settings, Text
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


class Pages(Settings):
    """Texts of the pages around the items."""

    consent: Paragraphs = Field(description="Paragraphs of the first page")
    kept: Prose = Field(description="The last paragraph of the first page where `upload` is null")
    sent: Prose = Field(description="The last paragraph where it is not; {host} stands for its host")
    agree: Prose = Field(description="What participants agree to")
    instruction: Paragraphs = Field(description="Paragraphs before the first item")
    debrief: Paragraphs = Field(description="Paragraphs after the last item")


class Analysis(Settings):
    """How the answers are analysed."""

    alpha: ErrorRate = Field(description="Error rate of a family of tests")
    power: Power = Field(description="Wanted probability to find a difference")
    resamples: Resamples = Field(description="Draws behind the intervals")
    seed: Seed = Field(description="Seed of these draws")


class Exclusions(Settings):
    """Who is left out, one exclusion after the other, in this order."""

    incomplete: Literal[True] | None = Field(None, description="Stopped before the end")
    failed_checks: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Failed more attention checks than this"
    )
    median_seconds: Positive | None = Field(None, description="Median seconds on a page below this")
    same_answer: Annotated[float, Field(gt=0, le=1), AS_WRITTEN] | None = Field(
        None, description="One point of the scale makes up more than this share of the answers"
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

    title: Prose = Field(description="Title that participants read")
    contact: Prose = Field(description="Who is responsible and how to reach them")
    dataset: Text = Field(description="Dataset whose questions are the items")
    design: Literal["between", "within"] = Field(
        description="between: each group sees one condition; within: everyone sees all, in a Latin square"
    )
    conditions: Annotated[list[Condition], Field(min_length=2, max_length=len(ascii_uppercase))] = Field(
        description="What is compared: two conditions at least"
    )
    participants_per_group: Annotated[int, Field(ge=2, le=10_000)] = Field(
        description="Planned number of participants of each group"
    )
    items: Annotated[int, Field(ge=1, le=200)] = Field(description="Questions that each participant sees")
    answers: AnswerTable | None = Field(
        description="Table and column that say whether a question was answered rightly; null for none"
    )
    seed: Seed = Field(description="Seed of the choice of items")
    scale: Scale = Field(description="Points of the scale from low to high, each with its label")
    questions: Annotated[list[Statement], Field(min_length=1)] = Field(
        description="Statements that are rated under every item"
    )
    checks: list[Check] = Field(description="Pages between the items that show attention")
    pages: Pages = Field(description="Texts of the pages around the items")
    upload: Address | None = Field(
        description="https address that the page sends the answers to; null: participants send a file"
    )
    exclusions: Annotated[Exclusions, BeforeValidator(_in_order)] = Field(
        description="Who is left out, one exclusion after the other, in this order"
    )
    hypotheses: Paragraphs = Field(description="Hypotheses of the pre-registration")
    analysis: Analysis = Field(description="How the answers are analysed")
    responses: Text = Field(description="simulate, or the folder of the participants' exports")

    @property
    def arms(self) -> list[str]:
        """Arms whose traces are shown, in the order of the conditions."""
        return [condition.arm for condition in self.conditions]

    @property
    def groups(self) -> list[str]:
        """Names of the groups of participants: A, B, … as many as conditions."""
        return list(ascii_uppercase[: len(self.conditions)])

    @property
    def is_simulated(self) -> bool:
        """Whether the answers are invented."""
        return self.responses == SIMULATE
