"""The released evaluation's rules for CoTempQA."""

import re
from collections.abc import Collection
from functools import cache

from tracekd.core.literals import render_list
from tracekd.core.records import Question
from tracekd.datasets.published import AnswerScore, Off, compare, strip_marks
from tracekd.datasets.quirks import Quirk

FILE_PER_CLASS = True

# how each relation reads in a fact, after a keyword of it; sought in this order
RELATIONS = {
    " the position of ": "holds the position of",
    " a member of ": "is a member of the",
    " the chair of ": "is the chair of",
    " the head of ": "is the head of",
    " owned by ": "is owned by",
    "attend": "attended",
    "work": "works for",
    "play": "plays for",
}
PRESENT = {" was ": " is ", " held ": " holds ", " worked ": " works ", " played ": " plays "}
_FORMS = (
    r"(.+?) {} (.+?) from (.+?) to (.+?)\.",
    r"(.+?) {} (.+?) in (.+?)\.",
    r"(.+?) {} (.+?) from (.+?)",
    r"(.+?) {} (.+?)\.",
)
_PATTERNS = {
    keyword: tuple(re.compile(form.format(relation)) for form in _FORMS)
    for keyword, relation in RELATIONS.items()
}
# the questions that ask "who", for the subject of a fact
ASKS_SUBJECT = "S2_R1_O1"


def score_answer(question: Question, answer: str, off: Off) -> AnswerScore:
    """Compare the entities that are named in the answer with the gold ones."""
    golds = {gold.lower() for gold in question.answers}
    named = find_entities(answer, question.question.lower(), candidates(question, off), off)
    return compare([strip_marks(text) for text in named], [strip_marks(text) for text in golds])


def is_unanswerable(question: Question) -> bool:
    """Every question has an answer."""
    return False


def answer_cell(question: Question) -> str:
    """Write the list literal of all gold answers."""
    return render_list(question.answers)


def sought_answer(question: Question) -> str:
    """Give the first gold answer: any row whose list holds it is found."""
    return question.answers[0]


def is_class_right(row: Question, trace: str) -> bool:
    """Tell whether the row's class occurs in the first sentence.

    The released test looks for the first class name in the row's own sentence: that is the row's class.
    """
    return row.class_label in trace.partition(".")[0]


def find_entities(answer: str, question: str, ordered: Collection[str], off: Off) -> set[str]:
    """Give the candidates found in the answer, each deleted from it before the next is sought.

    The first one that the question names itself is deleted only (Q7 off: all such are). An answer without
    candidate is, as it stands, the one entity.
    """
    found, skipped = set(), False
    for candidate in ordered:
        if candidate not in answer:
            continue
        answer = answer.replace(candidate, "")
        if candidate in question and (not skipped or Quirk.ONE_NAMED_ENTITY_SKIPPED in off):
            skipped = True
        else:
            found.add(candidate)
    return found or {answer}


def candidates(question: Question, off: Off) -> tuple[str, ...]:
    """Give gold answers and distractors in lower case, the longest first."""
    asks_subject = ASKS_SUBJECT in question.attributes.get("triple_element", "")
    side = asks_subject == (Quirk.DISTRACTORS_FROM_WRONG_SIDE not in off)
    return _order(question.context, question.answers, side, Quirk.TIES_DESCENDING in off)


@cache  # every question recurs in each model, arm and seed
def _order(
    context: tuple[str, ...], answers: tuple[str, ...], side: bool, ascending_ties: bool
) -> tuple[str, ...]:
    """Put the entities of one side of the facts, and the answers, in their order."""
    found = name_side(context, side).union(answer.lower() for answer in answers)
    if ascending_ties:
        return tuple(sorted(found, key=lambda text: (-len(text), text)))
    return tuple(sorted(found, key=lambda text: (len(text), text), reverse=True))


@cache  # every context recurs in other questions
def name_side(context: tuple[str, ...], side: bool) -> frozenset[str]:
    """Name the subjects (False) or objects (True) of the facts of known form, in lower case."""
    return frozenset(pair[side] for pair in map(subject_and_object, context) if pair)


@cache  # every fact recurs in other contexts
def subject_and_object(fact: str) -> tuple[str, str] | None:
    """Take the two entities of a fact, in lower case; None when it has no known form."""
    for keyword, patterns in _PATTERNS.items():
        if keyword in fact:
            for past, present in PRESENT.items():
                fact = fact.replace(past, present)
            if match := next(filter(None, (pattern.match(fact) for pattern in patterns)), None):
                return match[1].lower(), match[2].lower()
    return None
