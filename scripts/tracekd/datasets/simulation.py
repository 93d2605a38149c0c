"""Simulated corpora: small synthetic questions, written in each dataset's own raw form.

The `simulator` of a dataset has `sample`, the endless stream of scenes from which the tiny base models are
pre-trained, and `write_raw`, a small raw corpus that goes through the very reader of the real data.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Protocol, TypeVar

from tracekd.core.files import sha256_text
from tracekd.core.records import Question, Source
from tracekd.core.registry import Registry
from tracekd.datasets import BUILT_IN


@dataclass(frozen=True, slots=True)
class Scene:
    """Several questions about one context; a corpus takes the first one only."""

    questions: tuple[Question, ...]

    @property
    def context(self) -> tuple[str, ...]:
        """The facts that all questions share."""
        return self.questions[0].context


class Simulator(Protocol):
    """What the `simulator` of a dataset offers."""

    PHRASES: Sequence[str]  # fixed wordings of contexts and questions, one token each for the tiny models

    def sample(self, rng: random.Random) -> Scene:
        """Draw one scene."""

    def write_raw(self, folder: Path, sizes: dict[str, int], seed: int) -> None:
        """Write a corpus in the dataset's raw schema; equal arguments give equal bytes."""


K = TypeVar("K")
SIMULATORS: Registry[Simulator] = Registry("simulator of dataset")


def _load(dataset: str) -> Simulator:
    """Load the simulator of a dataset of the paper."""
    simulator: Simulator = import_module(f"tracekd.datasets.{dataset}.simulator")
    return simulator


for _name in BUILT_IN:
    SIMULATORS.add(_name, partial(_load, _name))


def add_simulator(dataset: str, simulator: Simulator) -> None:
    """Add the simulator of a dataset of one's own."""
    SIMULATORS.add(dataset, lambda: simulator)


def get_simulator(dataset: str) -> Simulator:
    """Give the simulator of a dataset by its name in the config; ConfigError where there is none."""
    return SIMULATORS.get(dataset)


def pose(
    dataset: str,
    context: Sequence[str],
    question: str,
    answers: Sequence[str],
    class_label: str,
    gold_facts: Sequence[int],
    attributes: dict[str, str] | None = None,
) -> Question:
    """Make a question whose id is the hash of context and wording: equal items have equal ids."""
    digest = sha256_text("\n".join([*context, question]))
    return Question(
        id=f"{dataset}/simulated/{digest[:16]}",
        dataset=dataset,
        split="train",
        class_label=class_label,
        context=tuple(context),
        question=question,
        answers=tuple(answers),
        gold_facts=tuple(sorted(gold_facts)),
        source=Source(file="simulated", line=1, sha256=digest),
        attributes=attributes or {},
    )


def distinct_scenes(sample: Callable[[], Scene]) -> Iterator[Scene]:
    """Draw scenes without end, leaving out those whose first question came before."""
    seen: set[str] = set()
    while True:
        scene = sample()
        if scene.questions[0].id not in seen:
            seen.add(scene.questions[0].id)
            yield scene


def apportion(total: int, weights: Mapping[K, float]) -> dict[K, int]:
    """Share out `total` items in proportion to weights; the largest remainders take what is left."""
    exact = {key: total * weight / sum(weights.values()) for key, weight in weights.items()}
    shares = {key: int(share) for key, share in exact.items()}
    by_remainder = sorted(exact, key=lambda key: shares[key] - exact[key])
    for key in by_remainder[: total - sum(shares.values())]:
        shares[key] += 1
    return shares
