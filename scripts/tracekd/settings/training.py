"""How an adapter is trained (paper, section 5)."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tracekd.settings.base import AS_WRITTEN, Count, Positive, Settings, Share, SomeDistinct, Text

MaxLength = Annotated[int, Field(ge=16)]


# names of linear layers, or all of them
TargetModules = SomeDistinct[Text] | Literal["all-linear"]


class LoraPlan(Settings):
    """Low-rank adapters of a run; which layers carry one is a matter of each model."""

    rank: Count = Field(description="Rank of the update")
    alpha: Positive = Field(description="Scale of the update")
    dropout: Annotated[float, Field(ge=0, lt=1), AS_WRITTEN] = Field(description="Dropout before the adapter")


class Lora(LoraPlan):
    """Low-rank adapter of one model."""

    target_modules: TargetModules = Field(
        description="Linear layers that carry an adapter: a list of their names, or all-linear"
    )


def _is_none(value: object) -> bool:
    """Leave what is not given out of digests: an adapter does not depend on a key that it was made before."""
    return value is None


class _Optimisation(Settings):
    """What the trainings of a run have in common."""

    epochs: Positive | None = Field(description="Passes over the training split; null with `tokens`")
    tokens: Count | None = Field(
        None,
        description="In place of `epochs` (null then): tokens of conversations that are trained on, prompts "
        "included, as many passes as that takes: the same computing for arms of any length",
        exclude_if=_is_none,
    )
    batch_size: Count = Field(description="Examples per micro-batch")
    accumulation: Count = Field(description="Micro-batches per optimiser step")
    learning_rate: Positive = Field(description="Peak learning rate")
    schedule: Literal["cosine", "linear", "constant_with_warmup"] = Field(
        description="Learning-rate schedule"
    )
    warmup_ratio: Share = Field(description="Share of the steps in which the learning rate rises")
    optimizer: Literal["adamw_torch", "paged_adamw_8bit", "paged_adamw_32bit"] = Field(
        description="adamw_torch on a CPU, paged_adamw_8bit as published"
    )
    max_length: MaxLength = Field(description="Longest example in tokens; longer ones are cut and counted")
    loss: Literal["all", "completion"] = Field(
        description="Tokens that carry loss: all (as published) or those of the completion"
    )
    save_steps: Count = Field(description="Optimiser steps between checkpoints")
    gradient_checkpointing: bool = Field(description="Recompute activations: slower, less memory")

    @model_validator(mode="after")
    def _has_one_length(self) -> Self:
        """Refuse two lengths of training, and none."""
        if (self.epochs is None) == (self.tokens is None):
            raise PydanticCustomError(
                "one_length", "should have either epochs or tokens, and null for the other one"
            )
        return self


class Training(_Optimisation):
    """4-bit LoRA SFT of one adapter."""

    lora: Lora = Field(description="Low-rank adapter")


class Override(Settings):
    """Other values for some arms of a dataset."""

    dataset: Text = Field(description="Dataset that the values hold for")
    arms: SomeDistinct[Text] = Field(description="Arms that the values hold for")
    epochs: Positive | None = Field(None, description="Passes over the training split")
    learning_rate: Positive | None = Field(None, description="Peak learning rate")
    warmup_ratio: Share | None = Field(
        None, description="Share of the steps in which the learning rate rises"
    )
    max_length: MaxLength | None = Field(None, description="Longest example in tokens")

    @property
    def changes(self) -> dict[str, float]:
        """Values that differ, by the field of `Training` that they replace."""
        return self.model_dump(exclude={"dataset", "arms"}, exclude_none=True)

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        """Refuse an override without a value."""
        if not self.changes:
            raise PydanticCustomError(
                "no_change", "should change epochs, learning_rate, warmup_ratio or max_length"
            )
        return self


class TrainingPlan(_Optimisation):
    """4-bit LoRA SFT of all adapters of a run (paper, section 5)."""

    lora: LoraPlan = Field(description="Low-rank adapters")
    max_cut: Share = Field(
        description="Largest share of the examples of a dataset and arm that may be cut at max_length; "
        "preflight stops at more"
    )
    overrides: list[Override] = Field(description="Other values for some arms of a dataset; [] for none")

    @model_validator(mode="after")
    def _keeps_its_budget(self) -> Self:
        """Refuse epochs of some arms beside a number of tokens for all."""
        if self.tokens is not None and any(override.epochs is not None for override in self.overrides):
            raise PydanticCustomError(
                "no_budget", "should have no overrides of epochs beside tokens, which hold for every arm"
            )
        return self

    def of(self, dataset: str, arm: str, modules: TargetModules) -> Training:
        """Give the training of one dataset, arm and model: its overrides applied, later ones winning."""
        changes: dict[str, float] = {}
        for override in self.overrides:
            if override.dataset == dataset and arm in override.arms:
                changes |= override.changes
        return self._with(modules, changes)

    def longest(self, modules: TargetModules) -> Training:
        """Training without overrides but for the greatest max_length among them: what memory must hold."""
        lengths = [override.max_length or 0 for override in self.overrides]
        return self._with(modules, {"max_length": max([self.max_length, *lengths])})

    def _with(self, modules: TargetModules, changes: Mapping[str, float]) -> Training:
        values = {**self.model_dump(exclude={"max_cut", "overrides"}), **changes}
        values["lora"] |= {"target_modules": modules}
        return Training.model_validate(values)
