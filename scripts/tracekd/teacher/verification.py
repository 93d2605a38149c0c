"""Independent check of every training row with a teacher's trace: is it of this very question?

Shares no code with the builder (`teacher.traces`). It looks every row up by id, in the questions and in the
responses; the released training set of this kind joined rows of different questions, which nobody noticed.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tracekd.core.errors import VerificationError
from tracekd.core.records import Question, Trace
from tracekd.teacher.judgement import answers_rightly
from tracekd.teacher.responses import Response
from tracekd.traces.verification import is_gold_answer

_TURN = re.compile(r"<think>(?P<trace>.*)</think> <answer>(?P<answer>.*)</answer>", re.DOTALL)
# field of the response, and its kind, that an arm's trace must be, word for word
_QUOTED = {
    "r1": ("r1", "reasoning"),
    "r1_swapped": ("r1", "reasoning"),
    "r1_summary": ("r1_summary", "answer"),
    "r1_explanation": ("r1_explanation", "answer"),
}
_ANEW = "build the traces anew"


def verify_teacher_traces(
    questions: Sequence[Question],
    traces: Sequence[Trace],
    responses: Mapping[str, Sequence[Response]],
    target: str,
) -> list[Trace]:
    """Give the traces with their verdicts: `facts_ok` is whether the trace concludes in the gold answer.

    Args:
        questions: training questions, all of which the traces must cover.
        traces: of one arm.
        responses: kind to responses.
        target: `gold` or `teacher`.

    Raises VerificationError, naming the item, at the first trace that is not that of its question (of
    `r1_swapped`: not that of another question of its class, or given twice), or whose answer is another.

    """
    asked = {question.id: question for question in questions}
    by_kind = {kind: {one.id: one for one in some} for kind, some in responses.items()}
    missing = sorted(set(asked) ^ {trace.id for trace in traces})
    if missing:
        raise VerificationError("question and trace do not go together", where=missing[0], hint=_ANEW)
    verified = []
    for trace in traces:
        question = asked[trace.id]
        kind, field = _QUOTED[trace.arm]
        turn = _TURN.fullmatch(trace.target)
        if not turn or turn["trace"] != trace.text:
            raise VerificationError("the assistant turn is malformed", where=trace.id, hint=_ANEW)
        if trace.arm != "r1_swapped" and trace.text != getattr(by_kind[kind][trace.id], field):
            raise VerificationError("the trace is not of this question", where=trace.id, hint=_ANEW)
        _check_answer(question, turn["answer"], by_kind["r1"][trace.id].answer, target)
        verdict = {"class_ok": None, "facts_ok": answers_rightly(question, trace.text)}
        verified.append(replace(trace, verdict=verdict))
    if traces and traces[0].arm == "r1_swapped":
        _check_swapped(asked, traces, by_kind["r1"])
    return verified


def _check_answer(question: Question, found: str, own: str, target: str) -> None:
    """Raise unless the answer is the gold one, or the teacher's own where that is asked for."""
    right = found == own if target == "teacher" else is_gold_answer(question, found)
    if not right:
        raise VerificationError(
            f"the answer {found!r} is not that of this question", where=question.id, hint=_ANEW
        )


def _check_swapped(
    asked: Mapping[str, Question], traces: Sequence[Trace], responses: Mapping[str, Response]
) -> None:
    """Raise unless every class keeps its traces among its questions and no question has its own."""
    own: Counter[tuple[str, str]] = Counter()
    given: Counter[tuple[str, str]] = Counter()
    for trace in traces:
        label = asked[trace.id].class_label
        own[label, responses[trace.id].reasoning] += 1
        given[label, trace.text] += 1
        if trace.text == responses[trace.id].reasoning:
            raise VerificationError("the question keeps its own trace", where=trace.id, hint=_ANEW)
    if own != given:
        (label, _), _ = next(iter((given - own).items()))
        raise VerificationError(
            f"a trace of class {label!r} is given twice or from outside", where="r1_swapped", hint=_ANEW
        )
