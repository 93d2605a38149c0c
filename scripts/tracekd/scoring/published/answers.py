"""Answer scores of the released evaluation: what is taken for the answer, and how it is compared."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Set
from dataclasses import dataclass
from functools import cache

from tracekd.core.normalise import normalise_answer
from tracekd.core.records import Question
from tracekd.scoring.aligned import HEADER
from tracekd.scoring.published.quirks import Quirk

Off = Set[Quirk]

NO_ANSWER = "no answer present"

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


@dataclass(frozen=True, slots=True)
class AnswerScore:
    """Exact match, and overlap of the lists of answers."""

    exact: bool = False
    f1: float = 0.0
    precision: float = 0.0
    recall: float = 0.0


WRONG = AnswerScore()


def score_answer(question: Question, text: str, with_trace: bool, off: Off) -> AnswerScore:
    """Score the answer of one generation; `with_trace`: its arm was trained to write an answer tag."""
    answer = extract_answer(question, text, with_trace, off)
    return WRONG if answer is None else _SCORE[question.dataset](question, answer, off)


def extract_answer(question: Question, text: str, with_trace: bool, off: Off) -> str | None:
    """Take what counts as the answer out of a generation, in lower case; None: there is none (Q3 off)."""
    text = text.lower()
    unanswerable = question.dataset == "ms_marco" and NO_ANSWER in question.answers[0].lower()
    if "<answer>" in text:
        text = text.split("<answer>", 2)[1].partition("</answer>")[0]
    elif with_trace and Quirk.NO_ANSWER_TAG_NEEDED in off:
        return None
    elif unanswerable:
        pass
    elif "answer the question based on" in text and Quirk.TEXT_BEFORE_PROMPT not in off:
        text = text.partition("answer the question based on")[0]
    elif " answer " in text and Quirk.TEXT_AFTER_WORD_ANSWER not in off:
        text = text.split(" answer ", 2)[1]
    elif "answer:" in text:
        text = text.split("answer:", 2)[1]
    if Quirk.WORDS_DELETED_ANYWHERE in off:
        return text[HEADER.match(text).end() :]
    return text.replace("assistant", "").replace("think", "")


def _score_cotempqa(question: Question, answer: str, off: Off) -> AnswerScore:
    """Compare the entities that are named in the answer with the gold ones."""
    golds = {gold.lower() for gold in question.answers}
    named = find_entities(answer, question.question.lower(), candidates(question, off), off)
    return compare([normalise_answer(text) for text in named], [normalise_answer(text) for text in golds])


def _score_babi(question: Question, answer: str, off: Off) -> AnswerScore:
    """Compare the whole text, when it contains the gold answer, with the gold answer."""
    gold = ",".join(question.answers).lower()
    return compare(_whole_text(answer, [gold]), [normalise_answer(gold)])


def _score_ms_marco(question: Question, answer: str, off: Off) -> AnswerScore:
    """Compare the whole text, when it contains a gold answer, with all gold answers (Q9 off: with each)."""
    golds = [gold.lower() for gold in question.answers]
    found = _whole_text(answer, golds)
    distinct = {normalise_answer(gold) for gold in golds}
    if Quirk.ALL_ALTERNATIVES_NEEDED in off:
        return max((compare(found, [gold]) for gold in distinct), key=lambda score: score.exact)
    return compare(found, distinct)


_SCORE: dict[str, Callable[[Question, str, Off], AnswerScore]] = {
    "cotempqa": _score_cotempqa,
    "babi": _score_babi,
    "ms_marco": _score_ms_marco,
}


def _whole_text(answer: str, golds: Collection[str]) -> list[str]:
    """Give the normalised text as the one answer when it contains a gold answer, else no answer."""
    return [normalise_answer(answer)] if any(gold in answer for gold in golds) else []


def compare(found: Collection[str], golds: Collection[str]) -> AnswerScore:
    """Compare two bags of normalised answers."""
    shared = (Counter(found) & Counter(golds)).total()
    if not shared:
        return WRONG
    precision, recall = shared / len(found), shared / len(golds)
    f1 = 2 * precision * recall / (precision + recall)
    return AnswerScore(sorted(found) == sorted(golds), f1, precision, recall)


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


def candidates(question: Question, off: Off) -> list[str]:
    """Give gold answers and distractors in lower case, the longest first."""
    asks_subject = ASKS_SUBJECT in question.attributes.get("triple_element", "")
    side = asks_subject == (Quirk.DISTRACTORS_FROM_WRONG_SIDE not in off)
    found = {gold.lower() for gold in question.answers}
    found.update(pair[side] for pair in map(subject_and_object, question.context) if pair)
    if Quirk.TIES_DESCENDING in off:
        return sorted(found, key=lambda text: (-len(text), text))
    return sorted(found, key=lambda text: (len(text), text), reverse=True)


@cache  # every fact recurs in each model, arm and seed
def subject_and_object(fact: str) -> tuple[str, str] | None:
    """Take the two entities of a fact, in lower case; None when it has no known form."""
    for keyword, patterns in _PATTERNS.items():
        if keyword in fact:
            for past, present in PRESENT.items():
                fact = fact.replace(past, present)
            if match := next(filter(None, (pattern.match(fact) for pattern in patterns)), None):
                return match[1].lower(), match[2].lower()
    return None
