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
from tracekd.traces.verification import VERIFIERS, Expected, is_gold_answer, judge_steps

_TURN = re.compile(r"<think>(?P<trace>.*)</think> <answer>(?P<answer>.*)</answer>", re.DOTALL)
# field of the response, and its kind, that an arm's trace must be, word for word
_QUOTED = {
    "r1": ("r1", "reasoning"),
    "r1_swapped": ("r1", "reasoning"),
    "r1_summary": ("r1_summary", "answer"),
    "r1_explanation": ("r1_explanation", "answer"),
}
# arms made by rules whose trace is as long as the teacher's: whether the correct one ends it
_AS_LONG = {"correct_padded": True, "filler_r1_length": False}
_ANEW = "build the traces anew"


def verify_teacher_traces(
    questions: Sequence[Question],
    traces: Sequence[Trace],
    responses: Mapping[str, Sequence[Response]],
    target: str,
) -> list[Trace]:
    """Give the traces with their verdicts.

    Of the teacher's words `conclusion` is whether they conclude in the gold answer; of their controls the
    steps, as of any trace made by rules.

    Args:
        questions: training questions, all of which the traces must cover.
        traces: of one arm.
        responses: kind to responses.
        target: `gold` or `teacher`.

    Raises VerificationError, naming the item, at the first trace that is not that of its question (of
    `r1_swapped`: not that of another question of its class, or given twice), or whose answer is another; and
    where a control is not as long as the teacher's trace, or more than filler is put before the correct one.

    """
    asked = {question.id: question for question in questions}
    by_kind = {kind: {one.id: one for one in some} for kind, some in responses.items()}
    missing = sorted(set(asked) ^ {trace.id for trace in traces})
    if missing:
        raise VerificationError("question and trace do not go together", where=missing[0], hint=_ANEW)
    if traces and traces[0].arm in _AS_LONG:
        return _verify_controls(asked, traces, by_kind["r1"])
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
        verdict: dict[str, bool | None] = {"conclusion": answers_rightly(question, trace.text)}
        verified.append(replace(trace, verdict=verdict))
    if traces and traces[0].arm == "r1_swapped":
        _check_swapped(asked, traces, by_kind["r1"])
    return verified


def _verify_controls(
    asked: Mapping[str, Question], traces: Sequence[Trace], responses: Mapping[str, Response]
) -> list[Trace]:
    """Take filler and steps apart by the lengths they must have; all fillers must be the end of one text."""
    verified: list[Trace] = []
    fillers: dict[str, list[str]] = {}
    for trace in traces:
        question, length = asked[trace.id], len(responses[trace.id].reasoning.split())
        verifier, has_steps = VERIFIERS.get(question.dataset), _AS_LONG[trace.arm]
        padding = max(0, length - verifier.count_words(question)) if has_steps else length
        turn = _TURN.fullmatch(trace.target)
        if not turn or turn["trace"] != trace.text:
            raise VerificationError("the assistant turn is malformed", where=trace.id, hint=_ANEW)
        text = trace.text if has_steps else f"{trace.text} "
        found = re.fullmatch(rf"(?P<filler>(?:\S+ ){{{padding}}})(?P<steps>.*)", text, re.DOTALL)
        if not found or bool(found["steps"]) != has_steps:
            raise VerificationError(
                f"the trace is not as long as the teacher's of {length} words", where=trace.id, hint=_ANEW
            )
        _check_answer(question, turn["answer"], "", "gold")
        verdict: dict[str, bool | None] = dict.fromkeys(verifier.STEPS)
        if has_steps:
            verdict |= judge_steps(question, found["steps"], Expected(True))
            if not all(verdict.values()):
                raise VerificationError("the padded trace is not correct", where=trace.id, hint=_ANEW)
        fillers[trace.id] = found["filler"].split()
        verified.append(replace(trace, verdict=verdict))
    longest = max(fillers.values(), key=len)
    for name, filler in fillers.items():
        if longest[len(longest) - len(filler) :] != filler:
            raise VerificationError("the filler differs from that of other questions", where=name, hint=_ANEW)
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
