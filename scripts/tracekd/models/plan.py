"""All that a tiny base model depends on, known before anything is trained, and the digest that names it."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tracekd.core.records import Question
from tracekd.datasets import get_dataset
from tracekd.datasets.simulation import SIMULATORS, Scene, get_simulator
from tracekd.models.identity import digest_json
from tracekd.models.tokenizer import fixed_tokens
from tracekd.run.code import read_source
from tracekd.settings.base_model import BaseRecipe
from tracekd.traces.build import build_trace
from tracekd.traces.prompts import chat_messages

SCENES_FOR_VOCABULARY = 1000
# the modules of this room that make the model. Datasets, prompts and traces show in what they print
MAKERS = ("base", "documents", "muon", "plan", "tokenizer")


@dataclass(frozen=True)
class BasePlan:
    """What one tiny base model is made of.

    Attributes:
        architecture: `llama` or `qwen3`.
        persona: name of the assistant in the system message; None for no system turn.
        seed: of weights and documents.
        recipe: size, length and pass marks.
        questions: training questions of the run: datasets to learn, words of the vocabulary.
        more_texts: whatever else it will read and write, for the vocabulary.

    """

    architecture: str
    persona: str | None
    seed: int
    recipe: BaseRecipe
    questions: Sequence[Question]
    more_texts: Sequence[str] = ()

    @cached_property
    def datasets(self) -> list[str]:
        """Names of the datasets that it learns to read, sorted."""
        return sorted({question.dataset for question in self.questions})

    @cached_property
    def scenes(self) -> list[Scene]:
        """Simulated scenes whose first questions give words to the vocabulary."""
        rng = random.Random(0)  # one vocabulary for all seeds
        return [
            get_simulator(name).sample(rng)
            for name in self.datasets
            if name in SIMULATORS
            for _ in range(SCENES_FOR_VOCABULARY)
        ]

    @cached_property
    def texts(self) -> list[str]:
        """Everything that gives words to the vocabulary, as the models will read and write it."""
        return [*self._print_questions(), *self.more_texts]

    def _print_questions(self) -> Iterator[str]:
        for question in [*self.questions, *(scene.questions[0] for scene in self.scenes)]:
            wrong = "incorrect" if get_dataset(question.dataset).has_released_recipe else "incorrect_matched"
            for message in chat_messages(question, self.persona):
                yield message["content"]
            for arm in ("correct", wrong):
                yield build_trace(question, arm, seed=0, pool=self.questions).target

    def describe(self) -> dict[str, Any]:
        """Say what decides about the model, as JSON: options, what it reads, the code that makes it.

        Where questions come from does not matter, nor do datasets that it does not read, nor the versions of
        libraries and the processor, which no recipe can name.
        """
        questions = [*self.questions, *(one for scene in self.scenes for one in scene.questions)]
        read = [{**question.to_json(), "source": None} for question in questions]
        return {
            "architecture": self.architecture,
            "persona": self.persona,
            "seed": self.seed,
            "options": self.recipe.model_dump(),
            "reads": digest_json([read, self.texts, fixed_tokens(self.datasets)]),
            "code": {name: read_source(Path(__file__).with_name(f"{name}.py")).digest for name in MAKERS},
        }
