"""Ready-made kinds of steps: one of a set of labels, and facts of the context, word for word."""

import random
import re
from collections.abc import Callable, Sequence

from tracekd.core.errors import DataError
from tracekd.core.literals import parse_list, render_list
from tracekd.core.normalise import collapse
from tracekd.core.records import Question
from tracekd.datasets.interface import Step, Value


def gold_facts(question: Question) -> tuple[str, ...]:
    """Give the gold facts, in context order."""
    return tuple(question.context[index] for index in question.gold_facts)


def label_step(
    *,
    name: str,
    title: str,
    asks: str,
    opening: str,
    labels: Sequence[str],
    gold: Callable[[Question], str] = lambda question: question.class_label,
) -> Step:
    """Make a step that states one of some labels and ends in a full stop and a line break.

    Arguments as of `Step`; `gold` gives the right label, by default the class of the question. A wrong one is
    drawn from the others with equal chance.
    """
    pattern = re.compile(rf"{re.escape(opening.rstrip())}\s*(.+?)\s*\.(?:\n|\Z)")

    def wrong(question: Question, rng: random.Random, pool: Sequence[Question]) -> str:
        return rng.choice([label for label in labels if label != gold(question)])

    def parse(reasoning: str) -> str | None:
        found = pattern.search(reasoning)
        return found[1] if found else None

    return Step(
        name=name,
        title=title,
        asks=asks,
        opening=opening,
        write=lambda label: f"{label}.\n",
        gold=gold,
        wrong=wrong,
        parse=parse,
        practice=lambda question, rng: rng.choice(labels),
    )


def quote_step(
    *,
    name: str,
    title: str,
    asks: str,
    opening: str,
    gold: Callable[[Question], tuple[str, ...]] = gold_facts,
    end: str = "\n",
) -> Step:
    """Make a step that quotes facts of the context as a list literal on one line.

    Arguments as of `Step`; `gold` gives what a right step quotes, `end` closes the step. Wrong facts are as
    many others, see `draw_wrong_facts`.
    """
    pattern = re.compile(rf"{re.escape(opening.rstrip())}(.*)")

    def parse(reasoning: str) -> frozenset[str] | None:
        found = pattern.search(reasoning)
        items = parse_list(found[1]) if found else None
        return None if items is None else frozenset(map(collapse, items))

    return Step(
        name=name,
        title=title,
        asks=asks,
        opening=opening,
        write=lambda facts: render_list(tuple(facts)) + end,
        gold=gold,
        wrong=lambda question, rng, pool: draw_wrong_facts(question, gold(question), rng, pool),
        parse=parse,
        is_right=lambda question, facts: facts == frozenset(map(collapse, gold(question))),
        quotes=True,
    )


def draw_wrong_facts(
    question: Question, gold: Sequence[str], rng: random.Random, pool: Sequence[Question]
) -> tuple[str, ...]:
    """Draw as many wrong facts as there are gold ones, in context order.

    A context with too few wrong facts is filled up from other questions of the same class.
    """
    wrong, count = _wrong_places(question, gold), _count_facts(question)
    drawn = rng.sample(wrong, min(count, len(wrong)))
    return _fill_up(question, drawn, rng, pool)


def draw_near_facts(
    question: Question,
    gold: Sequence[str],
    nearness: Callable[[Question, str], int],
    rng: random.Random,
    pool: Sequence[Question],
) -> tuple[str, ...]:
    """Draw as many wrong facts of the context as there are gold ones, in its order: the nearest.

    Among equally near ones the draw decides. A context with too few is filled up as for any wrong facts.

    Args:
        question: whose facts are wanted.
        gold: what a right step quotes.
        nearness: as of `Dataset`.
        rng: of the draw.
        pool: questions from which facts may be borrowed.

    """
    wrong = _wrong_places(question, gold)
    shuffled = rng.sample(wrong, len(wrong))
    nearest = sorted(shuffled, key=lambda place: -nearness(question, question.context[place]))
    return _fill_up(question, nearest[: _count_facts(question)], rng, pool)


def draw_far_facts(
    question: Question,
    gold: Sequence[str],
    nearness: Callable[[Question, str], int],
    rng: random.Random,
    pool: Sequence[Question],
) -> tuple[str, ...]:
    """Draw as many facts of other questions as there are gold ones, none with anything of what is asked.

    One of each question, from a place in the pool that is drawn, and on. Arguments as of `draw_near_facts`;
    DataError where there are too few.
    """
    count, own, drawn = _count_facts(question), set(question.context), list[str]()
    start = rng.randrange(max(1, len(pool)))
    for other in (*pool[start:], *pool[:start]):
        far = [fact for fact in other.context if fact not in own and nearness(question, fact) == 0]
        if unused := [fact for fact in far if fact not in drawn]:
            drawn.append(rng.choice(unused))
        if len(drawn) == count:
            return tuple(drawn)
    raise DataError(
        f"too few facts have nothing in common with the question for a wrong trace of {count}",
        where=question.id,
        hint="add questions or leave the arm wrong_far out",
    )


def _count_facts(question: Question) -> int:
    """Count the facts of a wrong step: as many as a right one has, and one at least."""
    return max(1, len(question.gold_facts))


def _wrong_places(question: Question, gold: Sequence[str]) -> list[int]:
    """Find the context facts that are not gold; other letter case is no other fact."""
    known = {text.casefold() for text in gold}
    return [index for index, fact in enumerate(question.context) if fact.casefold() not in known]


def _fill_up(
    question: Question, drawn: Sequence[int], rng: random.Random, pool: Sequence[Question]
) -> tuple[str, ...]:
    """Give the drawn context facts in context order, and foreign ones as far as there are too few."""
    facts = [question.context[index] for index in sorted(drawn)]
    return (*facts, *_foreign_facts(question, rng, pool, _count_facts(question) - len(facts)))


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


def as_set(items: Sequence[str] | None, text: str) -> Value:
    """Give the items as a set, or the text as the only one."""
    return frozenset(map(collapse, [text] if items is None else items))
