"""How association and difference are tested: the choices of `config/statistics.yaml`."""

from typing import Annotated, Literal

from pydantic import Field

from tracekd.settings.base import AS_WRITTEN, NotNegative, Settings, SomeDistinct

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
