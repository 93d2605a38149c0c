"""The `published` scorer: the released evaluation, step by step, its oddities kept (see `Quirk`).

Written afresh from a description of what the released evaluation does. On the released generations it gives
every stored CoTempQA score, the stored bAbI scores and the stored bAbI matrices (tests/golden).
MS MARCO: the released generations are not available, so its steps are unverified.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cache

from tracekd.core.records import Generation, Question
from tracekd.datasets import get_dataset
from tracekd.datasets.published import AnswerScore
from tracekd.datasets.quirks import OF_ANSWERS, OF_STEPS, Quirk
from tracekd.scoring.published.answers import score_answer
from tracekd.scoring.published.steps import NO_STEPS, StepScore, score_steps
from tracekd.scoring.score import Score
from tracekd.traces.arms import get_arm

__all__ = ["MEASURES", "Quirk", "score", "score_each"]

MEASURES = ("f1", "precision", "recall")


def score(
    questions: Sequence[Question],
    generations: Sequence[Generation],
    arm: str,
    off: Set[Quirk] = frozenset(),
) -> list[Score]:
    """Judge the generations of `arm` as the released evaluation does, except for the quirks in `off`.

    Args:
        questions: all of one dataset; those of split `test`, in this order, are the released test file
            (CoTempQA: one file per class).
        generations: of one model, arm and seed, in file order; every id is a question's.
        arm: what the model was trained on; it decides which steps there are.
        off: quirks to switch off.

    Returns:
        One score per generation, in order. A step is None where the item enters no matrix (Q10).

    """
    return next(score_each(questions, generations, arm, [off]))


def score_each(
    questions: Sequence[Question], generations: Sequence[Generation], arm: str, offs: Iterable[Set[Quirk]]
) -> Iterator[list[Score]]:
    """Do what `score` does for each set of quirks; what no quirk of a set can change is judged once."""
    by_id = {question.id: question for question in questions}
    trained = get_arm(arm)
    truths = trained.truths(get_dataset(questions[0].dataset)) if questions else {}
    asked = [by_id[generation.id] for generation in generations]
    readable = [not trained.has_tags or is_whole(generation.text) for generation in generations]

    @cache
    def judge_answers(off: frozenset[Quirk]) -> list[AnswerScore]:
        return [
            score_answer(question, generation.text, trained.has_tags, off)
            for question, generation in zip(asked, generations, strict=True)
        ]

    @cache
    def judge_steps(off: frozenset[Quirk]) -> list[StepScore]:
        return list(score_steps(questions, generations, off)) if truths else [NO_STEPS] * len(generations)

    for off in offs:
        judged = zip(
            asked, judge_answers(OF_ANSWERS & off), judge_steps(OF_STEPS & off), readable, strict=True
        )
        yield [
            Score(
                id=question.id,
                class_label=question.class_label,
                answer_ok=answer.exact,
                measures={"f1": answer.f1, "precision": answer.precision, "recall": answer.recall},
                steps={name: getattr(step, f"{name}_ok") for name in truths},
                readable=whole,
            )
            for question, answer, step, whole in judged
        ]


def is_whole(text: str) -> bool:
    """Tell whether a generation holds a closed think block and a closed answer tag."""
    return "</think>" in text.partition("<think>")[2] and "</answer>" in text.partition("<answer>")[2]
