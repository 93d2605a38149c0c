"""SFT targets with the teacher's words before the answer (paper, section 4), and controls of their length."""

import random
from collections.abc import Mapping, Sequence

from tracekd.core.records import Question, Trace
from tracekd.datasets import get_dataset
from tracekd.teacher.responses import EXPLANATION, SUMMARY, TRACE, Response
from tracekd.traces.arms import get_arm
from tracekd.traces.build import build_at_length
from tracekd.traces.prompts import render_target

# what each arm quotes: kind of response
SOURCES = {"r1": TRACE, "r1_summary": SUMMARY, "r1_explanation": EXPLANATION, "r1_swapped": TRACE}


def build_teacher_traces(
    questions: Sequence[Question],
    arm: str,
    responses: Mapping[str, Sequence[Response]],
    target: str,
    seed: int,
) -> list[Trace]:
    """Build the SFT targets of an arm, in the order of the questions.

    Args:
        questions: training questions, each with a whole response of the kinds that the arm needs.
        arm: one of SOURCES, or one that is as long as one of them.
        responses: kind to responses; `r1` always, for the teacher's own answer.
        target: what follows the teacher's words: `gold` answer, or the `teacher`'s own (as published). A
            control always has the gold answer: it differs from its rule-made twin in length only.
        seed: of the run.

    """
    model = get_arm(arm).as_long_as
    if model is not None:
        # the target does not matter here
        like = build_teacher_traces(questions, model, responses, "gold", seed)
        return [
            build_at_length(question, arm, len(trace.text.split()), seed)
            for question, trace in zip(questions, like, strict=True)
        ]
    by_kind = {kind: {response.id: response for response in some} for kind, some in responses.items()}
    source = swap_within_classes(questions, seed) if arm == "r1_swapped" else {}
    traces = []
    for question in questions:
        response = by_kind[SOURCES[arm]][source.get(question.id, question.id)]
        text = response.reasoning if SOURCES[arm] == TRACE else response.answer
        gold = get_dataset(question.dataset).answer_text(question.answers)
        answer = gold if target == "gold" else by_kind[TRACE][question.id].answer
        traces.append(Trace(question.id, arm, {}, text, render_target(text, answer)))
    return traces


def swap_within_classes(questions: Sequence[Question], seed: int) -> dict[str, str]:
    """Give every question another one of its class, whose trace it gets; each is given once.

    The questions of a class stand in a ring, in an order drawn from the seed, and each takes from the next. A
    class needs two questions; a single one would keep its own.
    """
    rings: dict[str, list[str]] = {}
    for question in sorted(questions, key=lambda one: one.id):
        rings.setdefault(question.class_label, []).append(question.id)
    source: dict[str, str] = {}
    for label, ring in rings.items():
        random.Random(f"{seed}/r1_swapped/{label}").shuffle(ring)
        source |= dict(zip(ring, [*ring[1:], ring[0]], strict=True))
    return source
