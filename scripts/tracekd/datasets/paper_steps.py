"""The two steps of the paper's decomposition, Classification and Information Retrieval (paper, section 3).

Its three datasets word them with other sentences; a model may mix those up, so one pattern reads them all.
"""

import random
import re
from collections.abc import Callable, Sequence

from tracekd.core.errors import DataError
from tracekd.core.literals import parse_list, parse_loose_list, render_list
from tracekd.core.normalise import collapse
from tracekd.core.records import Question
from tracekd.datasets.interface import Step, Value

_CLASS = re.compile(r"(?:event in context|question asked) is:?\s*(\S+?)\s*\.")
_FACTS = re.compile(r"I need to use the following (?:facts|text) to answer the question:(.*)", re.DOTALL)

# what the lenient ways look for: also "in the context", which some models write
_ANY_CLASS = re.compile(r"(?:event in (?:the )?context|question asked) is:?\s*([\w-]+)")
_ANY_SENTENCE = re.compile(r"to answer the question:(.*?)(?:\n|</think>|\Z)", re.DOTALL)
_ANY_FACTS = re.compile(r"to answer the question:(.*)", re.DOTALL)
_TRACE_END = re.compile(r"</think>|<answer>")


def class_step(classes: Sequence[str], opening: str) -> Step:
    """Make the Classification step: one of the classes, behind the dataset's sentence."""

    def wrong(question: Question, rng: random.Random, pool: Sequence[Question]) -> str:
        """Draw one of the other classes with equal chance."""
        return rng.choice([label for label in classes if label != question.class_label])

    def parse(reasoning: str) -> str | None:
        """Read the class that is stated."""
        found = _CLASS.search(reasoning)
        return found[1] if found else None

    def parse_loosely(question: Question, text: str) -> str | None:
        """Read the class from a trace that need not be closed."""
        found = _ANY_CLASS.search(cut_trace(text))
        return found[1] if found else None

    return Step(
        name="class",
        title="classification",
        heading="Class",
        asks="Classification: of which class is the question?",
        opening=opening,
        write=lambda label: f"{label}.\n",
        gold=lambda question: question.class_label,
        wrong=wrong,
        parse=parse,
        practice=lambda question, rng: rng.choice(classes),
        lenient={"quoted": parse_loosely, "tolerant": parse_loosely},
    )


def facts_step(
    opening: str, as_list: bool, gold: Callable[[Question], tuple[str, ...]] | None = None
) -> Step:
    """Make the Information Retrieval step: the gold facts, word for word.

    Args:
        opening: the dataset's sentence.
        as_list: whether facts are quoted as a list literal; else one passage stands as it is.
        gold: what a right step quotes; the question's gold facts where not given.

    """
    of = gold or gold_facts

    def write(facts: Value) -> str:
        return render_list(list(facts)) if as_list else "\n".join(facts)

    def wrong(question: Question, rng: random.Random, pool: Sequence[Question]) -> tuple[str, ...]:
        return draw_wrong_facts(question, of(question), rng, pool)

    def parse(reasoning: str) -> frozenset[str] | None:
        """Read the quoted facts: a list literal, or one bare fact."""
        found = _FACTS.search(reasoning)
        return _as_set(parse_list(found[1]) if as_list else None, found[1]) if found else None

    def parse_quotes(question: Question, text: str) -> frozenset[str] | None:
        """Find every fact that stands word for word in the retrieval sentence."""
        sentence, known = _ANY_SENTENCE.search(text), (*question.context, *of(question))
        return frozenset(collapse(fact) for fact in known if fact in sentence[1]) if sentence else None

    def parse_loosely(question: Question, text: str) -> frozenset[str] | None:
        """Read lists with unescaped quotes too, in a trace that need not be closed."""
        found = _ANY_FACTS.search(cut_trace(text))
        return _as_set(parse_loose_list(found[1]) if as_list else None, found[1]) if found else None

    def practice(question: Question, rng: random.Random) -> tuple[str, ...]:
        """Give the gold facts, some in lower case as the released recipe for bAbI has wrong ones."""
        return tuple(fact.lower() if rng.random() < 0.2 else fact for fact in of(question))

    return Step(
        name="facts",
        title="retrieval",
        heading="Retrieval",
        asks="Information retrieval: which facts carry the answer?",
        opening=opening,
        write=write,
        gold=of,
        wrong=wrong,
        parse=parse,
        is_right=lambda question, facts: facts == frozenset(map(collapse, of(question))),
        practice=practice,
        quotes=True,
        lenient={"quoted": parse_quotes, "tolerant": parse_loosely},
    )


def gold_facts(question: Question) -> tuple[str, ...]:
    """Give the gold facts, in context order."""
    return tuple(question.context[index] for index in question.gold_facts)


def draw_wrong_facts(
    question: Question, gold: Sequence[str], rng: random.Random, pool: Sequence[Question]
) -> tuple[str, ...]:
    """Draw as many wrong facts as there are gold ones, in context order.

    A context with too few wrong facts is filled up from other questions of the same class.
    """
    known = {text.casefold() for text in gold}  # other letter case is no other fact
    wrong = [index for index, fact in enumerate(question.context) if fact.casefold() not in known]
    count = max(1, len(question.gold_facts))
    drawn = sorted(rng.sample(wrong, min(count, len(wrong))))
    facts = [question.context[index] for index in drawn]
    return (*facts, *_foreign_facts(question, rng, pool, count - len(facts)))


def _foreign_facts(question: Question, rng: random.Random, pool: Sequence[Question], count: int) -> list[str]:
    """Draw facts of other questions of the class that are not in this question's context."""
    drawn: list[str] = []
    if count <= 0:
        return drawn
    own = set(question.context)
    others = [
        other for other in pool if other.class_label == question.class_label and other.id != question.id
    ]
    for other in rng.sample(others, len(others)):
        fact = rng.choice(other.context)
        if fact not in own and fact not in drawn:
            drawn.append(fact)
        if len(drawn) == count:
            return drawn
    raise DataError(
        f"too few facts in class {question.class_label!r} for a wrong trace of {count}",
        where=question.id,
        hint="add questions or leave the arms with wrong facts in matched form out",
    )


def cut_trace(text: str) -> str:
    """Cut a text at the end of its trace, or where the answer begins if the trace is not closed."""
    return _TRACE_END.split(text, maxsplit=1)[0]


def _as_set(items: list[str] | None, text: str) -> frozenset[str]:
    """Give the items, or the text as the only one."""
    return frozenset(map(collapse, [text] if items is None else items))
