"""The `aligned` scorer: every generation against its own question's gold, found by id.

Answer: text of the answer tag (the whole text where the arm has no tags), compared as a set; free text also
by its words (ROUGE-1 and ROUGE-L, Lin 2004). Models that learnt from a teacher may answer in its words:
where the answer is not right as it stands, what it concludes counts. A step is right when what it states is
right by the rule of the dataset. An output that is cut off or not of the asked form counts as wrong.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from tracekd.core.normalise import normalise_answer, normalise_answers
from tracekd.core.records import Generation, Question
from tracekd.datasets import get_dataset
from tracekd.datasets.free_text import conclude
from tracekd.datasets.interface import Answer
from tracekd.scoring.outputs import find_answer, parse_generation
from tracekd.scoring.score import Score
from tracekd.traces.arms import Form, get_arm

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer

MEASURES = ("f1", "precision", "recall", "rouge_l")


def score(questions: Sequence[Question], generations: Sequence[Generation], arm: str) -> list[Score]:
    """Judge the generations of `arm`, each against the gold of its own question."""
    by_id = {question.id: question for question in questions}
    return [score_item(by_id[generation.id], generation, arm) for generation in generations]


def score_item(question: Question, generation: Generation, arm: str) -> Score:
    """Judge one generation of `arm` against the gold of `question`."""
    trained, dataset = get_arm(arm), get_dataset(question.dataset)
    truths = trained.truths(dataset)
    found = parse_generation(generation.text, dataset, trained.has_tags)
    if trained.form is Form.TEACHER:
        found = replace(found, answer=read_own_words(question, generation.text, found.answer))
    return Score(
        id=question.id,
        class_label=question.class_label,
        answer_ok=found.answer is not None and dataset.is_right(question, found.answer),
        measures=overlap(question, found.answer),
        steps={
            step.name: step.judge(question, found.stated.get(step.name))
            for step in dataset.steps
            if step.name in truths
        },
        readable=found.is_readable(truths),
    )


def read_own_words(question: Question, text: str, strict: Answer | None) -> Answer | None:
    """Read the tagged answer as free text, unless it is right as it stands."""
    tagged = find_answer(text)
    if tagged is None or (strict is not None and get_dataset(question.dataset).is_right(question, strict)):
        return strict
    return conclude(question, tagged) or strict


def overlap(question: Question, answer: Answer | None) -> dict[str, float | None]:
    """Give F1, precision, recall and ROUGE-L of the answer (MEASURES).

    Over the items of the set, where ROUGE-L is None; over the words of the best alternative where answers
    are free text.
    """
    free_text = get_dataset(question.dataset).alternatives
    if answer is None:
        return {"f1": 0.0, "precision": 0.0, "recall": 0.0, "rouge_l": 0.0 if free_text else None}
    if free_text:
        best = _rouge().score_multi(question.answers, " ".join(answer))
        precision, recall, f1 = best["rouge1"]
        return {"f1": f1, "precision": precision, "recall": recall, "rouge_l": best["rougeL"].fmeasure}
    gold = normalise_answers(question.answers)
    shared = len(answer & gold)
    if not shared:
        return {"f1": 0.0, "precision": 0.0, "recall": 0.0, "rouge_l": None}
    precision, recall = shared / len(answer), shared / len(gold)
    f1 = 2 * precision * recall / (precision + recall)
    return {"f1": f1, "precision": precision, "recall": recall, "rouge_l": None}


class _Words:
    """The words of a normalised answer: the library's own tokeniser would drop all letters but a to z."""

    @staticmethod
    def tokenize(text: str) -> list[str]:
        return normalise_answer(text).split()


@cache
def _rouge() -> "RougeScorer":
    """Give ROUGE-1 and ROUGE-L without stemming."""
    from rouge_score.rouge_scorer import RougeScorer  # loading it takes a second, and only free text needs it

    return RougeScorer(["rouge1", "rougeL"], tokenizer=_Words)
