"""A graded scorer: an answer near the right number is worth more than one far off."""

from collections.abc import Sequence
from dataclasses import replace

from tracekd.core.records import Generation, Question
from tracekd.datasets import get_dataset
from tracekd.scoring import aligned
from tracekd.scoring.outputs import parse_generation
from tracekd.scoring.score import Score
from tracekd.traces.arms import get_arm


def judge(questions: Sequence[Question], generations: Sequence[Generation], arm: str) -> list[Score]:
    """Judge steps and answer as `aligned` does, and give each answer its closeness."""
    by_id = {question.id: question for question in questions}
    return [
        replace(score, measures={"closeness": closeness(by_id[one.id], one, arm)})
        for score, one in zip(aligned.score(questions, generations, arm), generations, strict=True)
    ]


def closeness(question: Question, generation: Generation, arm: str) -> float:
    """Give 1 / (1 + the distance from the right number), 0 for what is no number."""
    found = parse_generation(generation.text, get_dataset(question.dataset), get_arm(arm).has_tags).answer
    if found is None:
        return 0.0
    return 1 / (1 + abs(int(next(iter(found))) - int(question.answers[0])))
