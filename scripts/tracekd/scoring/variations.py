"""Other judgements of the same answers: what a contrast of arms may hang on besides the arms."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracekd.core.records import Generation, Question
from tracekd.datasets import get_dataset
from tracekd.scoring import published
from tracekd.scoring.outputs import parse_generation, read_answer
from tracekd.scoring.published import Quirk
from tracekd.traces.arms import get_arm


@dataclass(frozen=True, slots=True)
class Variation:
    """One answer, judged otherwise.

    Args:
        id: of the question.
        readable: the answer has the form that was asked for.
        tolerant_ok: the tolerant reader finds the right answer; None where the answer is readable.
        q5_off_ok: right for the published scorer with Q5 off; None where that scorer is not asked.

    """

    id: str
    readable: bool
    tolerant_ok: bool | None
    q5_off_ok: bool | None


def vary(
    questions: Sequence[Question], generations: Sequence[Generation], arm: str, by_published: bool
) -> list[Variation]:
    """Judge the answers of one generation file otherwise; arguments as for a scorer.

    `by_published`: whether the published scorer is asked, too.
    """
    by_id = {question.id: question for question in questions}
    has_tags = get_arm(arm).has_tags
    if by_published:
        off = {Quirk.DISTRACTORS_FROM_WRONG_SIDE}
        without = [one.answer_ok for one in published.score(questions, generations, arm, off)]
    variations = []
    for place, generation in enumerate(generations):
        question = by_id[generation.id]
        dataset = get_dataset(question.dataset)
        readable = parse_generation(generation.text, dataset, has_tags).answer is not None
        answer = None if readable else read_answer(question, generation.text, has_tags)
        variations.append(
            Variation(
                id=question.id,
                readable=readable,
                tolerant_ok=None if readable else answer is not None and dataset.is_right(question, answer),
                q5_off_ok=without[place] if by_published else None,
            )
        )
    return variations
