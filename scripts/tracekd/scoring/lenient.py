"""Two more lenient ways to take a generation apart, to see how much hangs on the form that was asked for.

`quoted` finds the named facts as verbatim quotes; `tolerant` also reads lists with unescaped quotes,
traces and answers that are not closed, and answers without a list.
"""

import re

from tracekd.core.literals import parse_loose_list
from tracekd.core.normalise import collapse, normalise_answer
from tracekd.core.records import Question
from tracekd.datasets import Dataset, get_dataset
from tracekd.scoring.aligned import Parsed, parse_generation

# also "in the context", which some models write
_CLASS = re.compile(r"(?:event in (?:the )?context|question asked) is:?\s*([\w-]+)")
_SENTENCE = re.compile(r"to answer the question:(.*?)(?:\n|</think>|\Z)", re.DOTALL)
_FACTS = re.compile(r"to answer the question:(.*)", re.DOTALL)
_TRACE_END = re.compile(r"</think>|<answer>")
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer|\Z)", re.DOTALL)


def parse_quoted(question: Question, text: str) -> Parsed:
    """Name every context fact that stands word for word in the retrieval sentence."""
    dataset = get_dataset(question.dataset)
    label, sentence = _CLASS.search(_trace(text)), _SENTENCE.search(text)
    known = (*question.context, *dataset.gold_texts(question))
    return Parsed(
        class_label=label[1] if label else None,
        facts=frozenset(collapse(fact) for fact in known if fact in sentence[1]) if sentence else None,
        answer=parse_generation(text, dataset, with_trace=True).answer,
    )


def parse_tolerant(question: Question, text: str) -> Parsed:
    """Read whatever can be read; without an answer tag, what follows the trace is the answer."""
    dataset = get_dataset(question.dataset)
    trace, tagged = _trace(text), _ANSWER.search(text)
    label, facts = _CLASS.search(trace), _FACTS.search(trace)
    return Parsed(
        class_label=label[1] if label else None,
        facts=_read_facts(facts[1], dataset) if facts else None,
        answer=_read_answer(tagged[1] if tagged else text.partition("</think>")[2], dataset),
    )


def _trace(text: str) -> str:
    """Cut the text at the end of the trace, or where the answer begins if the trace is not closed."""
    return _TRACE_END.split(text, maxsplit=1)[0]


def _read_facts(text: str, dataset: Dataset) -> frozenset[str]:
    """Read quoted facts: a list, or one bare fact."""
    items = parse_loose_list(text) if dataset.QUOTES_A_LIST else None
    return frozenset(map(collapse, [text] if items is None else items))


def _read_answer(text: str, dataset: Dataset) -> frozenset[str] | None:
    """Read an answer in the form of the dataset, as a loose list, or as one bare item."""
    if not text.strip():
        return None
    strict = dataset.parse_answer(text)
    if strict is not None:
        return strict
    items = parse_loose_list(text)
    return frozenset(map(normalise_answer, [text] if items is None else items))
