"""Where the published and the aligned scorer disagree on an item, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracekd.core.records import Generation, Question
from tracekd.datasets import get_dataset
from tracekd.scoring import aligned
from tracekd.scoring.ablation import ALL_OFF, PUBLISHED
from tracekd.scoring.outputs import parse_generation
from tracekd.scoring.score import Score
from tracekd.traces.arms import get_arm

# reasons besides single quirks
SEVERAL, FORM, DEFINITION = "several quirks", "form", "definition"


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of one item on which the scorers disagree; None: the item enters no matrix.

    `reasons` are the quirks each of which alone, when switched off, makes the published scorer agree with
    the aligned one. Without such a quirk it is one of: `several quirks` (they agree when all are off),
    `form` (the aligned scorer cannot read that part of the output), `definition` (what is left, e.g. exactly
    the gold facts against any of them).
    """

    id: str
    class_label: str
    part: str
    published: bool | None
    aligned: bool | None
    reasons: tuple[str, ...]


def find_differences(
    questions: Sequence[Question],
    generations: Sequence[Generation],
    arm: str,
    variants: Mapping[str, Sequence[Score]],
) -> Iterator[Difference]:
    """Compare the scorers on one generation file, item by item.

    Args:
        questions: all of the dataset.
        generations: of one model, arm and seed.
        arm: what the model was trained on.
        variants: the published scorer's judgements, as from `score_variants`.

    """
    by_id = {question.id: question for question in questions}
    for number, right in enumerate(aligned.score(questions, generations, arm)):
        judged = {name: scores[number] for name, scores in variants.items()}
        parts = [
            part
            for part in ("answer", *right.steps, "trace")
            if _verdict(judged[PUBLISHED], part) != _verdict(right, part)
        ]
        unreadable = find_unreadable(by_id[right.id], generations[number], arm) if parts else frozenset()
        for part in parts:
            verdicts = {name: _verdict(score, part) for name, score in judged.items()}
            yield Difference(
                id=right.id,
                class_label=right.class_label,
                part=part,
                published=verdicts[PUBLISHED],
                aligned=_verdict(right, part),
                reasons=explain(verdicts, _verdict(right, part), part in unreadable),
            )


def explain(verdicts: Mapping[str, bool | None], target: bool | None, unreadable: bool) -> tuple[str, ...]:
    """Give the reasons for which the published verdict is not `target`; `verdicts` by variant."""
    agreeing = [name for name, verdict in verdicts.items() if verdict == target]
    if quirks := tuple(name for name in agreeing if name != ALL_OFF):
        return quirks
    if agreeing:
        return (SEVERAL,)
    return (FORM,) if unreadable else (DEFINITION,)


def find_unreadable(question: Question, generation: Generation, arm: str) -> frozenset[str]:
    """Name the parts of an output that the aligned scorer cannot read."""
    trained, dataset = get_arm(arm), get_dataset(question.dataset)
    found = parse_generation(generation.text, dataset, trained.has_tags)
    missing = {step for step in trained.truths(dataset) if found.stated[step] is None}
    missing |= {"trace"} if missing else set()
    return frozenset(missing | ({"answer"} if found.answer is None else set()))


def _verdict(score: Score, part: str) -> bool | None:
    """Tell whether a part was judged right."""
    return score.steps.get(part) if part not in ("answer", "trace") else getattr(score, f"{part}_ok")
