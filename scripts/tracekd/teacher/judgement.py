"""Is the teacher right? Its answers against the gold by both scorers, and which items training keeps."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import astuple, dataclass, fields, replace

from tracekd.core.records import Question
from tracekd.datasets import get_dataset
from tracekd.datasets.free_text import conclude
from tracekd.scoring.published.answers import score_answer
from tracekd.teacher.responses import OK, Response

# status of a question that the teacher gave no response to, or none that was released
ABSENT = "absent"
# which whole responses are kept (`teacher.keep`): those that a scorer finds right, or all
KEEP = ("published", "aligned", "all")
# split of a training question that no arm of the run learns from
LEFT_OUT = "other"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of one question; `kept` by the rule of the run (`teacher.keep`)."""

    id: str
    split: str
    class_label: str
    status: str
    published_ok: bool
    aligned_ok: bool
    kept: bool


COLUMNS = tuple("class" if field.name == "class_label" else field.name for field in fields(Judgement))


def judge(questions: Sequence[Question], responses: Sequence[Response], keep: str) -> list[Judgement]:
    """Judge the answer of every question.

    Args:
        questions: all of a dataset.
        responses: of kind `r1`, one per question.
        keep: one of KEEP.

    A question without a response has the status `absent` and is not kept.

    """
    by_id = {response.id: response for response in responses}
    return [_judge_one(question, by_id.get(question.id), keep) for question in questions]


def _judge_one(question: Question, response: Response | None, keep: str) -> Judgement:
    """Judge one answer."""
    place = (question.id, question.split, question.class_label)
    if response is None:
        return Judgement(*place, ABSENT, False, False, False)
    right = {
        "published": score_answer(question, response.answer, with_trace=False, off=frozenset()).exact,
        "aligned": answers_rightly(question, response.answer),
        "all": True,
    }
    kept = response.status == OK and right[keep]
    return Judgement(*place, response.status, right["published"], right["aligned"], kept)


def answers_rightly(question: Question, text: str) -> bool:
    """Tell whether a text in free words concludes in the gold answer."""
    named = conclude(question, text)
    return named is not None and get_dataset(question.dataset).is_right(question, named)


def split_kept(
    questions: Sequence[Question],
    kept: Set[str],
    responses: Mapping[str, Sequence[Response]],
    swapped: bool,
) -> list[Question]:
    """Leave training questions out that one of the arms lacks, so that all arms learn from the same.

    Args:
        questions: all of a dataset.
        kept: ids as judged.
        responses: kind to responses, of the kinds that the run's arms need.
        swapped: whether traces are exchanged within a class, which takes two of them.

    Returns:
        The questions, in order, those left out with split `other`; test questions stay.

    """
    in_all = [{one.id for one in some if one.status == OK} for some in responses.values()]
    whole = set(kept).intersection(*in_all)
    train = [question for question in questions if question.split == "train" and question.id in whole]
    lonely = {
        label
        for label in {question.class_label for question in train}
        if sum(question.class_label == label for question in train) == 1
    }
    learnt = {question.id for question in train if not (swapped and question.class_label in lonely)}
    return [
        question if question.split != "train" or question.id in learnt else replace(question, split=LEFT_OUT)
        for question in questions
    ]


def to_rows(judgements: Sequence[Judgement]) -> list[tuple[str | bool, ...]]:
    """Give rows of COLUMNS, flags as true and false."""
    return [
        tuple(str(value).lower() if isinstance(value, bool) else value for value in astuple(judgement))
        for judgement in judgements
    ]
