"""SFT targets with the teacher's words before the answer (paper, section 4)."""

import random
from collections.abc import Mapping, Sequence

from tracekd.core.records import Question, Trace
from tracekd.datasets import get_dataset
from tracekd.teacher.responses import EXPLANATION, SUMMARY, TRACE, Response
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
        arm: one of SOURCES.
        responses: kind to responses; `r1` always, for the teacher's own answer.
        target: what follows the trace: `gold` answer, or the `teacher`'s own wording (as published).
        seed: of the run; of `r1_swapped` only.

    """
    by_kind = {kind: {response.id: response for response in some} for kind, some in responses.items()}
    source = swap_within_classes(questions, seed) if arm == "r1_swapped" else {}
    traces = []
    for question in questions:
        response = by_kind[SOURCES[arm]][source.get(question.id, question.id)]
        text = response.reasoning if SOURCES[arm] == TRACE else response.answer
        gold = get_dataset(question.dataset).answer_text(question.answers)
        answer = gold if target == "gold" else by_kind[TRACE][question.id].answer
        traces.append(Trace(question.id, arm, "", (), text, render_target(text, answer)))
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
