"""The two steps of the paper's decomposition, Classification and Information Retrieval (paper, section 3).

Its three datasets word them with other sentences; a model may mix those up, so one pattern reads them all.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from tracekd.core.literals import parse_list, parse_loose_list, render_list
from tracekd.core.normalise import collapse
from tracekd.core.records import Question
from tracekd.datasets.interface import Step, Value
from tracekd.datasets.steps import as_set, gold_facts, label_step, quote_step

_CLASS = re.compile(r"(?:event in context|question asked) is:?\s*(\S+?)\s*\.")
_FACTS = re.compile(r"I need to use the following (?:facts|text) to answer the question:(.*)", re.DOTALL)

# what the lenient ways look for: also "in the context", which some models write
_ANY_CLASS = re.compile(r"(?:event in (?:the )?context|question asked) is:?\s*([\w-]+)")
_ANY_SENTENCE = re.compile(r"to answer the question:(.*?)(?:\n|</think>|\Z)", re.DOTALL)
_ANY_FACTS = re.compile(r"to answer the question:(.*)", re.DOTALL)
_TRACE_END = re.compile(r"</think>|<answer>")


def class_step(classes: Sequence[str], opening: str, rewording: str) -> Step:
    """Make the Classification step: one of the classes, behind the dataset's sentence or its rewording."""

    def parse(reasoning: str) -> str | None:
        """Read the class that is stated."""
        found = _CLASS.search(reasoning)
        return found[1] if found else None

    def parse_loosely(question: Question, text: str) -> str | None:
        """Read the class from a trace that need not be closed."""
        found = _ANY_CLASS.search(_cut_trace(text))
        return found[1] if found else None

    step = label_step(
        name="class",
        title="class",
        asks="of which class is the question?",
        opening=opening,
        labels=classes,
    )
    lenient = {"quoted": parse_loosely, "tolerant": parse_loosely}
    return replace(step, parse=parse, lenient=lenient, rewording=rewording)


def facts_step(
    opening: str,
    rewording: str,
    as_list: bool,
    gold: Callable[[Question], tuple[str, ...]] = gold_facts,
) -> Step:
    """Make the Information Retrieval step: the gold facts, word for word, up to the end of the trace.

    Args:
        opening: the dataset's sentence.
        rewording: another of its sense.
        as_list: whether facts are quoted as a list literal; else one passage stands as it is.
        gold: what a right step quotes.

    """

    def write(facts: Value) -> str:
        return render_list(tuple(facts)) if as_list else "\n".join(facts)

    def parse(reasoning: str) -> Value | None:
        """Read the quoted facts: a list literal, or one bare fact."""
        found = _FACTS.search(reasoning)
        return as_set(parse_list(found[1]) if as_list else None, found[1]) if found else None

    def parse_quotes(question: Question, text: str) -> Value | None:
        """Find every fact that stands word for word in the retrieval sentence."""
        sentence, known = _ANY_SENTENCE.search(text), (*question.context, *gold(question))
        return frozenset(collapse(fact) for fact in known if fact in sentence[1]) if sentence else None

    def parse_loosely(question: Question, text: str) -> Value | None:
        """Read lists with unescaped quotes too, in a trace that need not be closed."""
        found = _ANY_FACTS.search(_cut_trace(text))
        return as_set(parse_loose_list(found[1]) if as_list else None, found[1]) if found else None

    def practice(question: Question, rng: random.Random) -> tuple[str, ...]:
        """Give the gold facts, some in lower case as the released recipe for bAbI has wrong ones."""
        return tuple(fact.lower() if rng.random() < 0.2 else fact for fact in gold(question))

    step = quote_step(
        name="facts",
        title="retrieval",
        asks="which facts carry the answer?",
        opening=opening,
        gold=gold,
    )
    lenient = {"quoted": parse_quotes, "tolerant": parse_loosely}
    return replace(step, write=write, parse=parse, practice=practice, lenient=lenient, rewording=rewording)


def _cut_trace(text: str) -> str:
    """Cut a text at the end of its trace, or where the answer begins if the trace is not closed."""
    return _TRACE_END.split(text, maxsplit=1)[0]
