"""The experiment of a run: which traces are set in which contexts, and what is too small to matter."""

from typing import Literal

from pydantic import Field

from tracekd.settings.base import Count, Distinct, Positive, Settings, SomeDistinct, Text

Context = Literal["intact", "gold_removed", "gold_swapped"]
SetTrace = Literal[
    "own",
    "gold",
    "gold_paraphrased",
    "gold_reordered",
    "wrong_near",
    "wrong_far",
    "wrong_released",
    "foreign",
    "empty",
    "filler_words",
    "teacher",
]
Probe = Literal["early_answering", "mistake", "paraphrase", "cue"]


class EquivalenceMargins(Settings):
    """Largest effects that do not matter."""

    log_odds: Positive = Field(description="Difference of log-odds, in nats")
    share: Positive = Field(description="Difference of shares and of areas over a curve")


class Experiment(Settings):
    """Set traces crossed with contexts (docs/experiment.md)."""

    plan: Text = Field(description="Analysis plan; its SHA-256 stands in every table")
    items: Count | None = Field(
        description="Test questions per dataset at most, as many of each class; null for all that are fit"
    )
    contexts: SomeDistinct[Context] = Field(description="Contexts that every set trace is put into")
    traces: SomeDistinct[SetTrace] = Field(description="Traces that are set in every context")
    battery: Distinct[Probe] = Field(description="Further tests of faithfulness; [] for none")
    battery_items: Count | None = Field(
        description="Items per dataset at most that these tests are made on; null for all"
    )
    margins: EquivalenceMargins = Field(description="Largest effects that do not matter")
