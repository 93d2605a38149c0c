"""The three open-book QA datasets of the paper, each one module: reader, decomposition, wording.

A module of this package is a `Dataset` (see the protocol); a new dataset is one such module, one entry in
`DATASETS` and one in the registry `config/datasets.yaml`. `tests/unit/test_dataset_conformance.py` checks
every module against the protocol's promises.
"""

import random
from collections.abc import Collection, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

from tracekd.core.errors import ConfigError
from tracekd.core.records import Question

DATASETS = ("cotempqa", "ms_marco", "babi")


class Dataset(Protocol):
    """What every dataset module offers."""

    TITLE: str
    CLASSES: tuple[str, ...]
    ALTERNATIVE_ANSWERS: bool  # True: any one gold answer is right; False: all of them are asked for
    QUOTES_A_LIST: bool  # True: the retrieval step is a list literal; False: one passage as it is

    def read(self, raw: Path, options: dict, seed: int) -> list[Question]:
        """Read the raw folder into canonical questions of both splits (paper, section 2)."""

    def user_prompt(self, question: Question) -> str:
        """Write the user turn of SFT and inference (paper.md, section 3)."""

    def prompt_only_prompt(self, question: Question) -> str:
        """Write the raw prompt of the baseline without SFT."""

    def class_step(self, label: str) -> str:
        """Write the Classification step, ending in a line break."""

    def retrieval_step(self, facts: Sequence[str]) -> str:
        """Write the Information Retrieval step in the form of the correct arm."""

    def gold_texts(self, question: Question) -> tuple[str, ...]:
        """Give the texts that a correct retrieval step quotes, in context order."""

    def published_incorrect_step(self, question: Question, rng: random.Random) -> tuple[tuple[int, ...], str]:
        """Draw wrong facts by the released recipe: their context indices and the retrieval step."""

    def answer_text(self, answers: Sequence[str]) -> str:
        """Write the final answer as the SFT target has it."""

    def parse_answer(self, text: str) -> frozenset[str] | None:
        """Read a generated final answer as the set of its normalised items; None when unreadable."""

    def candidates(self, question: Question) -> list[str]:
        """Name the entity that each context fact offers as an answer, in context order (baselines)."""

    def implied_answer(self, question: Question, facts: Collection[str]) -> frozenset[str] | None:
        """Name the normalised answer that these facts imply by themselves; None where facts hold none."""

    def answer_kind(self, question: Question) -> str:
        """Name the kind of answer that is asked for (type-consistent baseline)."""


def get_dataset(name: str) -> Dataset:
    """Give the module of a dataset by its name in the config."""
    if name not in DATASETS:
        raise ConfigError(f"dataset {name!r} is unknown", hint=f"choose from {', '.join(DATASETS)}")
    return import_module(f"tracekd.datasets.{name}")
