"""How association and difference are tested: the choices of `config/statistics.yaml`."""

from typing import Annotated, Literal

from pydantic import Field

from tracekd.settings.base import AS_WRITTEN, NotNegative, Positive, Settings, SomeDistinct

Margin = Annotated[float, Field(gt=0, lt=1), AS_WRITTEN]
ErrorRate = Annotated[float, Field(gt=0, lt=0.5), AS_WRITTEN]
Power = Annotated[float, Field(gt=0.5, lt=1), AS_WRITTEN]
Resamples = Annotated[int, Field(ge=100, le=100_000)]


class Margins(Settings):
    """Largest effects that do not matter."""

    phi: Margin = Field(description="Phi of a 2x2 table that does not matter")
    risk_difference: Margin = Field(description="Difference of two probabilities that does not matter")


class Bootstrap(Settings):
    """Draws behind the intervals."""

    resamples: Resamples = Field(description="Number of draws")
    seed: Annotated[int, Field(ge=0)] = Field(description="Seed of the draws")


class Holm(Settings):
    """Columns whose values make one family of tests."""

    association: SomeDistinct[Literal["dataset", "model", "arm", "seed", "scorer", "step"]] = Field(
        description="Columns of statistics.csv"
    )
    comparisons: SomeDistinct[Literal["dataset", "scorer", "seed", "kind", "fixed"]] = Field(
        description="Columns of comparisons.csv"
    )


class RunToRun(Settings):
    """Variance of a share over training runs, as a multiple of that over as many independent questions."""

    none: Positive = Field(description="Of the arm `none`")
    correct: Positive = Field(description="Of the arm `correct`")
    incorrect: Positive = Field(description="Of the arm `incorrect`")
    other: Positive = Field(description="Of any other arm")


class Claims(Settings):
    """Bounds of the verdicts on published numbers."""

    run_to_run: RunToRun = Field(
        description="Variance of a share over runs on the same questions, as a multiple of p(1 - p)/n"
    )
    implied: Margin = Field(description="Share of right answers from which a right trace implies one")
    weak: Margin = Field(description="|phi| below which an association is called weak")
    moderate: Margin = Field(description="|phi| below which it is called moderate, above it strong")


class Statistics(Settings):
    """How tests and intervals are made; the comments of the file give the reasons."""

    alpha: ErrorRate = Field(description="Error rate of every test within a family")
    margins: Margins = Field(description="Largest effects that do not matter")
    small_cell: NotNegative = Field(
        description="Expected count below which an exact test replaces chi-square"
    )
    power: Power = Field(description="Probability with which the smallest detectable phi is found")
    bootstrap: Bootstrap = Field(description="Draws behind the intervals")
    holm: Holm = Field(description="Columns that make a family of tests")
    claims: Claims = Field(description="Bounds of the verdicts on published numbers")
