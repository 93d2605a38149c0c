"""What a generation says, taken apart: what each step of its trace states, and its answer."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tracekd.core.records import Question
from tracekd.datasets import get_dataset
from tracekd.datasets.interface import Answer, Dataset, Value

_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
# an answer tag need not be closed for a lenient way
_OPEN_ANSWER = re.compile(r"<answer>(.*?)(?:</answer|\Z)", re.DOTALL)
# "Answer: X", "The answer is: X"
_MARKED_ANSWER = re.compile(r"\banswer(?: is:?|:)\s*(\S.*?)\s*(?:</think>|\n|\Z)", re.IGNORECASE)
# what a model that writes its own turn header, or Qwen3's chat template, puts before a bare answer; Qwen3
# often leaves the empty think block open
HEADER = re.compile(r"^\s*(?:assistant\b\s*)?(?:<think>\s*(?:</think>\s*)?)?")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A generation taken apart: step to value, and the answer; None for every part that is not there."""

    stated: Mapping[str, Value | None]
    answer: Answer | None

    def is_readable(self, steps: Mapping[str, object]) -> bool:
        """Tell whether answer and these steps are there."""
        return self.answer is not None and all(self.stated.get(name) is not None for name in steps)


def find_answer(text: str) -> str | None:
    """Give the text in the first closed answer tag behind the trace; None where there is none.

    The trace ends at the last `</think>`: what a model weighs before that is no answer. Of several tags
    behind it the first counts, for the form that was asked for ends with it.
    """
    tagged = _ANSWER.search(_after_trace(text))
    return tagged[1] if tagged else None


def _after_trace(text: str) -> str:
    """Give what stands behind the trace: nothing where it is not closed, everything where there is none."""
    _, closed, rest = text.rpartition("</think>")
    return rest if closed or "<think>" not in text else ""


def find_answer_loosely(text: str, with_trace: bool) -> str | None:
    """Give what stands in the place of an answer; None where nothing does.

    It stands in an answer tag that need not be closed, or else behind words such as "The answer is:", or else
    in the last line after the trace. A trace that is not closed has no answer after it.
    """
    _, closed, rest = text.rpartition("</think>")
    if tagged := _OPEN_ANSWER.search(rest):
        return tagged[1]
    if marked := _MARKED_ANSWER.findall(text):
        return str(marked[-1])
    if not closed:
        if with_trace and "<think>" in text:
            return None
        rest = HEADER.sub("", text, count=1)
    return next((line for line in reversed(rest.splitlines()) if line.strip()), None)


def read_answer(question: Question, text: str, with_trace: bool) -> Answer | None:
    """Read the answer of an output in whatever form it has; None where it gives none."""
    answer = find_answer_loosely(text, with_trace)
    return None if answer is None else get_dataset(question.dataset).tolerant_answer(question, answer)


def parse_generation(text: str, dataset: Dataset, with_trace: bool) -> Parsed:
    """Take a generation apart by the form that was asked for.

    With a trace the reasoning must be closed by `</think>` and the answer stand in a closed answer tag;
    without one the whole text is the answer unless it holds the tag.
    """
    tagged = find_answer(text)
    if not with_trace:
        bare = HEADER.sub("", text, count=1)
        return Parsed({}, dataset.parse_answer(bare if tagged is None else tagged))
    reasoning, closed, _ = text.partition("</think>")
    return Parsed(
        stated={step.name: step.parse(reasoning) if closed else None for step in dataset.steps},
        answer=None if tagged is None else dataset.parse_answer(tagged),
    )


def parse_as_asked(question: Question, text: str) -> Parsed:
    """Take a generation with a trace apart by the form that was asked for."""
    return parse_generation(text, get_dataset(question.dataset), with_trace=True)


def parse_quoted(question: Question, text: str) -> Parsed:
    """Find named facts as verbatim quotes; the answer as it was asked for."""
    return Parsed(_read_leniently(question, text, "quoted"), parse_as_asked(question, text).answer)


def parse_tolerant(question: Question, text: str) -> Parsed:
    """Read whatever can be read."""
    return Parsed(_read_leniently(question, text, "tolerant"), read_answer(question, text, with_trace=True))


def _read_leniently(question: Question, text: str, way: str) -> dict[str, Value | None]:
    """Read every step in a lenient way; one that has none of that name as it was asked for."""
    return {
        step.name: step.lenient[way](question, text)
        if way in step.lenient
        else parse_as_asked(question, text).stated[step.name]
        for step in get_dataset(question.dataset).steps
    }


# ways to take a generation apart; the first is that of the `aligned` scorer and of the main tables
WAYS: dict[str, Callable[[Question, str], Parsed]] = {
    "parsed": parse_as_asked,
    "quoted": parse_quoted,
    "tolerant": parse_tolerant,
}
