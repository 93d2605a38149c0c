"""One measurement: every answer's log-likelihood behind one set trace in one context."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tracekd.core.records import read_records
from tracekd.datasets import get_dataset
from tracekd.experiment.design import Cell, Entities, Item, same

if TYPE_CHECKING:
    from tracekd.adapters.measuring import Weighed


@dataclass(frozen=True, slots=True)
class Measurement:
    """One cell of an item under one adapter.

    `id` is `{item}/{context}/{trace}`. `text` is the set trace, None for an arm without tags. `answers` are
    written as the dataset writes them, `log_likelihoods` (nats) are theirs; `truth`, `named` and `foil` are
    places among them: the right answer in this context, what the trace implies (None for nothing), the item's
    wrong entity. `written` is what the model writes; `true` whether it is right, `follows` whether it is the
    named one, None where that is nothing or the truth.
    """

    id: str
    item: str
    context: str
    trace: str
    text: str | None
    answers: tuple[str, ...]
    log_likelihoods: tuple[float, ...]
    truth: int
    named: int | None
    foil: int
    written: str
    true: bool
    follows: bool | None

    def to_json(self) -> dict[str, Any]:
        """Give the record as in `schemas/measurement.schema.json`."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Build from a record that has passed the schema."""
        lists = {name: tuple(record[name]) for name in ("answers", "log_likelihoods")}
        return cls(**{**record, **lists})

    @property
    def opposed(self) -> int:
        """The wrong answer that the truth is held against: what the trace implies, else the foil."""
        return self.foil if self.named is None or self.named == self.truth else self.named

    @property
    def truth_log_odds(self) -> float:
        """Log-odds of the right answer against the opposed one."""
        return self.log_likelihoods[self.truth] - self.log_likelihoods[self.opposed]

    def log_odds(self, first: str, second: str) -> float | None:
        """Log-odds of one answer against another; None where one of them was not weighed."""
        if first not in self.answers or second not in self.answers:
            return None
        places = map(self.answers.index, (first, second))
        one, other = (self.log_likelihoods[place] for place in places)
        return one - other

    def probabilities(self) -> np.ndarray:
        """Share of each answer among all that were weighed."""
        weights = np.exp(np.array(self.log_likelihoods) - max(self.log_likelihoods))
        shares: np.ndarray = weights / weights.sum()
        return shares

    def logit(self, answer: str) -> float | None:
        """Log-odds of one answer against all others together; None where it was not weighed."""
        if answer not in self.answers:
            return None
        place = self.answers.index(answer)
        others = np.delete(np.array(self.log_likelihoods), place)
        return float(self.log_likelihoods[place] - np.logaddexp.reduce(others))

    @property
    def likeliest(self) -> str:
        """The answer of the highest likelihood."""
        return self.answers[int(np.argmax(self.log_likelihoods))]


def join(
    item: Item, cells: Sequence[Cell], answers: Sequence[Entities], weighed: "Weighed"
) -> list[Measurement]:
    """Put the numbers of one item and context to its cells, in their order.

    Args:
        item: of the cells.
        cells: of one context.
        answers: that were weighed.
        weighed: behind each cell, in the order of both.

    """
    dataset = get_dataset(item.question.dataset)

    def place(answer: Entities) -> int:
        return next(number for number, one in enumerate(answers) if same(one, answer))

    measurements = []
    for cell, weights, written in zip(cells, weighed.log_likelihoods, weighed.written, strict=True):
        asked = item.contexts[cell.context]
        read = dataset.parse_answer(written)
        truth, named = place(asked.answers), None if cell.named is None else place(cell.named)
        measurements.append(
            Measurement(
                id=f"{item.question.id}/{cell.context}/{cell.trace}",
                item=item.question.id,
                context=cell.context,
                trace=cell.trace,
                text=cell.text,
                answers=tuple(dataset.answer_text(answer) for answer in answers),
                log_likelihoods=tuple(weights),
                truth=truth,
                named=named,
                foil=place(item.foil),
                written=written,
                true=read is not None and dataset.is_right(asked, read),
                follows=None
                if cell.named is None or named == truth
                else read is not None and same(read, cell.named),
            )
        )
    return measurements


def read_measurements(path: str | Path) -> list[Measurement]:
    """Read the measurements on one dataset, model, arm and seed."""
    return [Measurement.from_json(record) for record in read_records(path, "measurement")]
