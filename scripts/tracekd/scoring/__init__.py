"""Scorers: each judges the generations of one file; the name is part of every score file.

Whole files, because the `published` scorer looks things up across rows of the test split.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracekd.core.errors import ConfigError
from tracekd.core.records import Generation, Question
from tracekd.core.registry import Registry
from tracekd.datasets.published import RULES
from tracekd.scoring import aligned, published
from tracekd.scoring.score import Score

# the headline of a scorer that counts right answers
ANSWER = "answer_ok"
FIRST = "aligned"


@dataclass(frozen=True, slots=True)
class Scorer:
    """One way to judge generations.

    Args:
        name: in configs, file names and tables.
        judge: gives one score per generation, in order, of the questions of a dataset (both splits, in file
            order), the generations of one model, arm and seed (in file order; every id is a question's) and
            the name of the arm.
        measures: columns of the score files that hold its numbers, each in [0, 1].
        headline: the column that tables and figures show: `answer_ok`, or one of its measures.
        title: what the headline is called on an axis.
        marker, filled: how the scorer is drawn beside others.
        datasets: the datasets that it can judge; None: all.

    """

    name: str
    judge: Callable[[Sequence[Question], Sequence[Generation], str], list[Score]]
    measures: tuple[str, ...] = ()
    headline: str = ANSWER
    title: str = "final-answer accuracy"
    marker: str = "o"
    filled: bool = True
    datasets: Callable[[], Sequence[str]] | None = None

    def score(
        self, questions: Sequence[Question], generations: Sequence[Generation], arm: str
    ) -> list[Score]:
        """Judge generations; ConfigError where the judge does not give what the scorer says it gives."""
        scores = self.judge(questions, generations, arm)
        if [score.id for score in scores] != [generation.id for generation in generations]:
            raise ConfigError(
                "its judge does not give one score per generation, in their order",
                where=f"scorer {self.name}",
            )
        for score in scores:
            self._check_measures(score)
        return scores

    def _check_measures(self, score: Score) -> None:
        """Raise ConfigError where a measure is not there, or no number in [0, 1]."""
        for name in self.measures:
            if name not in score.measures:
                raise ConfigError(
                    f"its judge gives no measure {name!r}",
                    where=f"scorer {self.name}",
                    hint=f"it gives {', '.join(score.measures) or 'none'}",
                )
            value = score.measures[name]
            if value is not None and not 0 <= value <= 1:
                raise ConfigError(
                    f"{name} of {score.id} is {value}, not in [0, 1]", where=f"scorer {self.name}"
                )

    def check_dataset(self, dataset: str) -> None:
        """Raise ConfigError for a dataset that this scorer has no rules for."""
        if self.datasets and dataset not in self.datasets():
            raise ConfigError(
                f"scorer {self.name!r} has no rules for dataset {dataset!r}",
                where="config: scorers",
                hint=f"leave it out; it judges {', '.join(self.datasets())}",
            )


SCORERS: Registry[Scorer] = Registry("scorer")


def add_scorer(scorer: Scorer) -> None:
    """Add a scorer; ConfigError where its headline is none of its columns."""
    if scorer.headline not in (ANSWER, *scorer.measures):
        raise ConfigError(
            f"headline {scorer.headline!r} is none of its measures",
            where=f"scorer {scorer.name}",
            hint=f"choose from {', '.join((ANSWER, *scorer.measures))}",
        )
    SCORERS.add(scorer.name, lambda: scorer)


def choose_first(scorers: Sequence[str]) -> str:
    """Choose the scorer whose verdicts a reader sees first: `aligned`, where the run has it."""
    return FIRST if FIRST in scorers else scorers[0]


def get_scorer(name: str) -> Scorer:
    """Give a scorer by its name; ConfigError names the nearest one where there is none."""
    return SCORERS.get(name)


add_scorer(
    Scorer("published", published.score, published.MEASURES, filled=False, datasets=lambda: list(RULES))
)
add_scorer(Scorer("aligned", aligned.score, aligned.MEASURES))
