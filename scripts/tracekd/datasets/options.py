"""How each dataset's reader draws train and test: options of a registry entry, typed by dataset."""

from typing import Annotated, Literal

from pydantic import Field

from tracekd.settings.base import Count, Seed, Settings
from tracekd.sources.kinds import RelativePath

Fraction = Annotated[float, Field(gt=0, le=1, description="Share of each class in test")]
CoTempQAClass = Literal["during", "equal", "mix", "overlap"]


class CoTempQAOptions(Settings):
    """Options of CoTempQA's reader."""

    files: dict[CoTempQAClass, RelativePath] = Field(min_length=1, description="Class to file")
    class_sizes: dict[CoTempQAClass, Count] | None = Field(
        None, description="Class to number of rows of the whole class; null where the files are whole"
    )
    test_fraction: Fraction
    split_seed: Seed = Field(description="Seed of the released split")


class MsMarcoOptions(Settings):
    """Options of MS MARCO's reader."""

    train_per_class: Count = Field(description="Training questions per query type")
    test_per_class: Count = Field(description="Test questions per query type")


class BabiOptions(Settings):
    """Options of bAbI's reader."""

    test_fraction: Fraction


OPTIONS: dict[str, type[Settings]] = {
    "cotempqa": CoTempQAOptions,
    "ms_marco": MsMarcoOptions,
    "babi": BabiOptions,
}
