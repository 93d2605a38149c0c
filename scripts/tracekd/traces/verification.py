"""Independent check of every training trace: is a trace what its arm says it is?

Shares no code with the builder (`tracekd.traces.build`, the wording in `tracekd.datasets`): it reads the
finished assistant turn as a stranger would, through the `verifier` of its dataset, which has patterns of its
own, and decides from the question record alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from textwrap import shorten
from typing import Protocol, runtime_checkable

from tracekd.core.errors import ConfigError, VerificationError
from tracekd.core.records import Question, Trace
from tracekd.core.registry import Registry

_TURN = re.compile(r"<think>(?P<reasoning>.*)</think> <answer>(?P<answer>.*)</answer>", re.DOTALL)
_ANEW = "build the traces anew"
# letters of a trace in a message
LONGEST = 400


class Verifier(Protocol):
    """What the `verifier` of a dataset offers; it shares no code with the dataset's wording."""

    STEPS: tuple[str, ...]

    def read(self, reasoning: str) -> dict[str, str] | None:
        """Take a reasoning text apart: what each step states, in their order; None where it is malformed."""

    def is_step_right(self, question: Question, step: str, text: str) -> bool:
        """Judge one step; VerificationError where it is neither right nor wrong."""

    def is_gold_answer(self, question: Question, answer: str) -> bool:
        """Tell whether a final answer is the gold one, untouched."""

    def count_words(self, question: Question) -> int:
        """Count the words of the correct trace, as white space parts them."""

    def kinds_of_noise(self, question: Question, text: str) -> frozenset[str]:
        """Say whether a wrong step states the nearest facts (`near`), `far` ones, both or neither."""


@runtime_checkable
class KnowsSwaps(Protocol):
    """What a verifier offers beside it where answers of its dataset can be renamed in the context."""

    def is_swapped(self, before: Question, after: Question) -> bool:
        """Tell whether gold answers were renamed throughout, to names that were nowhere, and nothing else."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be found in the traces of an arm.

    Args:
        truth: every step right (True), wrong (False), or no step at all (None).
        steps: single steps that differ.
        form: `decomposed`; `released`, whose wrong steps need not have the form of right ones; `bare`, no
            tags; `filler`, words of the length of the correct trace, the same for all questions.
        backwards: the steps come from the last to the first.
        share: % of traces that are right in all steps; the others are wrong in all.
        noise: of wrong facts: `near`, the nearest of the context, or `far`, from elsewhere and with nothing
            of what is asked.

    """

    truth: bool | None = None
    steps: Mapping[str, bool | None] = field(default_factory=dict)
    form: str = "decomposed"
    backwards: bool = False
    share: int | None = None
    noise: str | None = None

    @property
    def states_nothing(self) -> bool:
        """Whether nothing but the form is expected: no step, and nothing said of steps."""
        return self == Expected(form=self.form)

    def find(self, names: Sequence[str]) -> dict[str, bool | None]:
        """Say of each step of a dataset whether it must be right; None: it must not be there."""
        return {name: self.steps.get(name, self.truth) for name in names}


EXPECTED: dict[str, Expected] = {}
VERIFIERS: Registry[Verifier] = Registry("verifier")


def expect(arm: str, expected: Expected) -> None:
    """Say what must be found in an arm.

    Raises ConfigError where that cannot be told from what must be found in another arm.
    """
    twin = next((name for name, known in EXPECTED.items() if name != arm and known == expected), None)
    if twin or arm in EXPECTED:
        raise ConfigError(
            f"arm {arm!r} cannot be told from {twin or arm!r} by what its traces hold",
            where="tracekd.traces.verification",
            hint="make its steps, form or order differ, or use the other arm",
        )
    EXPECTED[arm] = expected


def check_expected(arm: str, dataset: str, steps: Sequence[str]) -> None:
    """Raise ConfigError where nothing is expected of an arm, or a step that the dataset does not have."""
    if arm not in EXPECTED:
        raise ConfigError(
            f"nothing says what must be found in traces of {arm!r}",
            where="config: arms",
            hint="see `expect` in docs/extending.md",
        )
    for name in EXPECTED[arm].steps:
        if name not in steps:
            raise ConfigError(
                f"what is expected of {arm!r} names the step {name!r}, which {dataset} does not have",
                where="config: arms",
                hint=f"its steps are {', '.join(steps)}",
            )


def _load_verifier(dataset: str) -> Verifier:
    verifier: Verifier = import_module(f"tracekd.datasets.{dataset}.verifier")
    return verifier


# found by their place: what is imported here must not lead to the wording of a dataset
for _file in sorted(Path(__file__).parents[1].glob("datasets/*/verifier.py")):
    VERIFIERS.add(_file.parent.name, partial(_load_verifier, _file.parent.name))


def add_verifier(dataset: str, verifier: Verifier) -> None:
    """Add the verifier of a dataset of one's own."""
    VERIFIERS.add(dataset, lambda: verifier)


expect("none", Expected(form="bare"))
expect("class_only", Expected(steps={"class": True}))
expect("correct", Expected(True))
expect("incorrect", Expected(False, form="released"))
expect("incorrect_matched", Expected(False))
expect("wrong_class", Expected(True, {"class": False}))
expect("wrong_facts", Expected(True, {"facts": False}))
expect("wrong_near", Expected(True, {"facts": False}, noise="near"))
expect("wrong_far", Expected(True, {"facts": False}, noise="far"))
expect("empty_trace", Expected())
expect("filler", Expected(form="filler"))
for _share in (0, 25, 50, 75, 100):
    expect(f"mixed_{_share}", Expected(share=_share))


def verify_traces(questions: Sequence[Question], traces: Sequence[Trace]) -> list[Trace]:
    """Give the traces with their verdicts.

    Raises VerificationError, naming the item, at the first trace that has no question, is not what its arm
    says, or changes the final answer; and where the share of right traces is not that of a mixed arm.
    """
    by_id = {question.id: question for question in questions}
    verified = []
    for trace in traces:
        if trace.id not in by_id:
            raise VerificationError("the trace belongs to no question", where=trace.id, hint=_ANEW)
        question = by_id[trace.id]
        verdict, allowed = verify_trace(question, trace), _allowed(question, trace.arm)
        if verdict not in allowed:
            asked = " or ".join(map(_in_words, allowed))
            raise VerificationError(
                f"labelled {trace.arm!r}, but the verifier of {question.dataset} finds "
                f"{_in_words(verdict)}, not {asked}: {shorten(trace.text, LONGEST)}",
                where=trace.id,
                hint="dataset, arm, `expect` or verifier is wrong; nothing is trained on it",
            )
        verified.append(trace.with_verdict(verdict))
    _check_shares(verified)
    _check_fillers(verified)
    return verified


def verify_trace(question: Question, trace: Trace) -> dict[str, bool | None]:
    """Decide whether each step of one trace is right: step to verdict, None where there is no such step.

    Raises VerificationError when a step is neither, when the turn is malformed, when its steps are not in the
    order that the arm asks for, when wrong facts are not as near or far as it asks for, or when the answer is
    not the gold one.
    """
    verifier, expected = VERIFIERS.get(question.dataset), _expected(trace.arm)
    none: dict[str, bool | None] = dict.fromkeys(verifier.STEPS)
    if expected.form == "bare":
        _check_answer(verifier, question, trace.target)
        return none
    turn = _TURN.fullmatch(trace.target)
    if not turn:
        raise VerificationError("the assistant turn is malformed", where=question.id, hint=_ANEW)
    _check_answer(verifier, question, turn["answer"])
    if expected.states_nothing:
        length = verifier.count_words(question) if expected.form == "filler" else 0
        if len(turn["reasoning"].split(" ") if turn["reasoning"] else []) != length:
            raise VerificationError(f"the trace is not {length} words long", where=question.id)
        return none
    return none | judge_steps(question, turn["reasoning"], expected)


def judge_steps(question: Question, reasoning: str, expected: Expected) -> dict[str, bool]:
    """Decide whether each step of a reasoning text that states steps is right; raises as `verify_trace`."""
    verifier = VERIFIERS.get(question.dataset)
    stated = verifier.read(reasoning)
    if stated is None:
        raise VerificationError("the assistant turn is malformed", where=question.id, hint=_ANEW)
    order = [name for name in verifier.STEPS if name in stated]
    if list(stated) != (order[::-1] if expected.backwards else order):
        raise VerificationError(f"the steps come as {', '.join(stated)}", where=question.id, hint=_ANEW)
    verdict = {name: verifier.is_step_right(question, name, text) for name, text in stated.items()}
    for name, text in stated.items():
        noise = None if verdict[name] else expected.noise
        if noise and noise not in verifier.kinds_of_noise(question, text):
            raise VerificationError(f"the wrong facts are not {noise} ones", where=question.id, hint=_ANEW)
    return verdict


def _expected(arm: str) -> Expected:
    """Give what must be found in an arm; VerificationError for an arm of which nothing is known."""
    if arm not in EXPECTED:
        raise VerificationError(
            "nothing says what must be found in its traces",
            where=arm,
            hint="see `expect` in docs/extending.md",
        )
    return EXPECTED[arm]


def _allowed(question: Question, arm: str) -> list[dict[str, bool | None]]:
    """Give the verdicts that a trace of the arm may have."""
    names, expected = VERIFIERS.get(question.dataset).STEPS, _expected(arm)
    if expected.share is None:
        return [expected.find(names)]
    return [Expected(True).find(names), Expected(False).find(names)]


def _in_words(verdict: Mapping[str, bool | None]) -> str:
    """Write a verdict for readers."""
    words = {True: "right", False: "wrong", None: "left out"}
    return ", ".join(f"{name} {words[ok]}" for name, ok in verdict.items())


def _check_shares(traces: Sequence[Trace]) -> None:
    """Raise unless each mixed arm has its share of right traces, to the nearest whole number."""
    for arm in sorted({trace.arm for trace in traces}):
        share = EXPECTED[arm].share
        if share is None:
            continue
        right = [all((trace.verdict or {}).values()) for trace in traces if trace.arm == arm]
        if abs(100 * sum(right) - share * len(right)) > 50:
            raise VerificationError(
                f"{sum(right)} of {len(right)} traces are right, not {share} %", where=arm, hint=_ANEW
            )


def _check_fillers(traces: Sequence[Trace]) -> None:
    """Raise unless all fillers are the beginning of one text: such a text cannot speak of its question."""
    fillers = {
        trace.id: turn["reasoning"]
        for trace in traces
        if EXPECTED[trace.arm].form == "filler" and (turn := _TURN.fullmatch(trace.target))
    }
    longest = max(fillers.values(), key=len, default="")
    for name, text in fillers.items():
        if not longest.startswith(text):
            raise VerificationError("the filler differs from that of other questions", where=name)


def _check_answer(verifier: Verifier, question: Question, answer: str) -> None:
    """Raise unless the final answer is the gold answer, untouched."""
    if not verifier.is_gold_answer(question, answer):
        raise VerificationError(
            f"the final answer {answer!r} is not the gold one, says the verifier of {question.dataset}",
            where=question.id,
        )


def is_gold_answer(question: Question, answer: str) -> bool:
    """Tell whether a final answer is the gold one as its dataset writes it, untouched."""
    return VERIFIERS.get(question.dataset).is_gold_answer(question, answer)


def is_swapped(before: Question, after: Question) -> bool:
    """Tell whether a question is another one with its answers renamed; no, where a verifier cannot tell."""
    verifier = VERIFIERS.get(before.dataset)
    return isinstance(verifier, KnowsSwaps) and verifier.is_swapped(before, after)
