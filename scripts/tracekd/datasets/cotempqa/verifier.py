"""Independent reading of CoTempQA's traces; it finds the gold facts anew (paper, section 3)."""

import re
from functools import cache, partial

from tracekd.core import checking
from tracekd.core.checking import are_facts_right, match_steps
from tracekd.core.literals import parse_list, render_list
from tracekd.core.records import Question

STEPS = ("class", "facts")
_REASONING = re.compile(
    r"The temporal relation between the event in question and the event in context is: (?P<class>\S+)\.\n"
    r"(?:I need to use the following facts to answer the question: (?P<facts>.+))?",
    re.DOTALL,
)
# of a correct trace, by white space, without those of its facts
SENTENCE_WORDS = 26
# wordings of the relations in facts; past and present are one
VERBS = {
    "holds the position of": "position",
    "held the position of": "position",
    "works for": "work",
    "worked for": "work",
    "attended": "school",
    "is a member of the": "member",
    "is a member of": "member",
    "plays for": "team",
    "is owned by": "owner",
    "is the chair of": "chair",
}


def read(reasoning: str) -> dict[str, str] | None:
    """Take a reasoning text apart: what each step states, in their order; None where it is malformed."""
    return match_steps(_REASONING, reasoning)


def is_step_right(question: Question, step: str, text: str) -> bool:
    """Judge one step; VerificationError where it is neither right nor wrong."""
    if step == "class":
        return text == question.class_label
    quoted = parse_list(text)
    return are_facts_right([text] if quoted is None else quoted, _gold_facts(question), question.id)


def is_gold_answer(question: Question, answer: str) -> bool:
    """Tell whether a final answer is the gold one, untouched."""
    return parse_list(answer) == list(question.answers)


def count_words(question: Question) -> int:
    """Count the words of the correct trace, as white space parts them."""
    return SENTENCE_WORDS + len(render_list(_gold_facts(question)).split())


def kinds_of_noise(question: Question, text: str) -> frozenset[str]:
    """Say whether a wrong step states the nearest facts, far ones, both or neither."""
    quoted = parse_list(text) or [text]
    return checking.kinds_of_noise(
        quoted, question.context, _gold_facts(question), partial(_count_common, question)
    )


def _count_common(question: Question, fact: str) -> int:
    """Count what a fact has in common with the nearest gold one: an entity, the relation, twice a year."""
    told = _take_apart(fact)
    golds = [gold for gold in map(_take_apart, _gold_facts(question)) if gold]
    if not told or not golds:
        return 0
    sides, verb, years = told
    return max(
        (not sides.isdisjoint(other_sides)) + (verb == other_verb) + 2 * any(year in years for year in others)
        for other_sides, other_verb, others in golds
    )


def is_swapped(before: Question, after: Question) -> bool:
    """Tell whether the gold entities were renamed throughout the facts, and nothing else.

    An entity is one whole side of a fact. Every fact must have a form that is known, say the same of the
    renamed entities, and name none of the new ones before or of the old ones after.
    """
    new = dict(zip(before.answers, after.answers, strict=True))
    if before.question != after.question or any(
        name in before.question for names in new.items() for name in names
    ):
        return False
    if len(before.context) != len(after.context):
        return False
    for fact, renamed in zip(before.context, after.context, strict=True):
        told, retold = _take_apart(fact), _take_apart(renamed)
        for old, name in new.items():
            fact = fact.replace(old, name)
        if not told or not retold or fact != renamed:
            return False
        if ({new.get(side, side) for side in told[0]}, *told[1:]) != retold:
            return False
    old_left = any(name in fact for name in before.answers for fact in after.context)
    new_known = any(name in fact for name in after.answers for fact in before.context)
    places = [before.context.index(fact) for fact in _gold_facts(before)]
    return not old_left and not new_known and [after.context[place] for place in places] == _gold_facts(after)


@cache  # every gold fact is held against many others
def _take_apart(fact: str) -> tuple[set[str], str, range] | None:
    """Read entities, verb and years of a fact; None where there is no known verb, or no year."""
    dated = re.fullmatch(r"(?P<body>.+) (?:in|from) (?P<dates>.+)\.", fact)
    if not dated:
        return None
    places = {verb: dated["body"].find(f" {verb} ") for verb in VERBS if f" {verb} " in dated["body"]}
    years = [int(number) for number in re.findall(r"\d+", dated["dates"]) if len(number) > 2]
    if not places or not years:
        return None
    # the first one in the text, and of two in one place the longer one
    verb = min(places, key=lambda one: (places[one], -len(one)))
    subject, _, thing = dated["body"].partition(f" {verb} ")
    return {subject, thing}, VERBS[verb], range(years[0], years[-1] + 1)


def _gold_facts(question: Question) -> list[str]:
    """Find the context facts that hold a gold answer."""
    # one loop over both: a generator for every fact takes three times as long
    found = {
        place for answer in question.answers for place, fact in enumerate(question.context) if answer in fact
    }
    return [question.context[place] for place in sorted(found)]
