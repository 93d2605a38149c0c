"""CoTempQA: co-temporal questions over facts with dates (Su et al., ACL 2024; paper, section 2)."""

import random
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from tracekd.core.errors import DataError
from tracekd.core.files import sha256_text
from tracekd.core.literals import parse_list, render_list
from tracekd.core.normalise import normalise_answer
from tracekd.core.raw import FETCH_AGAIN, check_row, check_text
from tracekd.core.records import Question, Source, parse_json_object, read_lines, validator
from tracekd.datasets.splits import released_test_rows

TITLE = "CoTempQA"
CLASSES = ("during", "equal", "mix", "overlap")
ALTERNATIVE_ANSWERS = False
QUOTES_A_LIST = True

CLASS_SENTENCE = "The temporal relation between the event in question and the event in context is: "
RETRIEVAL_SENTENCE = "I need to use the following facts to answer the question: "

# how each relation reads in facts and in questions
RELATIONS = {
    "position": r"h[eo]lds? the position of",
    "employer": r"work(?:s|ed|ing) for",
    "school": r"attend(?:ed|ing)",
    "political_party": r"a member of(?: the)?",
    "team": r"play(?:s|ing) for",
    "owner": r"owned by",
    "chair": r"the chair of",
}
_DATE = r"(?:[A-Z][a-z]+ )?(?:\d+, |, )?(?:[A-Z][a-z]+, )?\d+"
_FACT = re.compile(
    rf"(?P<subject>.+?) (?:is )?(?:{'|'.join(RELATIONS.values())}) (?P<object>.+?) "
    rf"(?:in|from) {_DATE}(?: to {_DATE})?\."
)
_ASKED_SUBJECT = re.compile(r", who (?P<relation>.*)")
_ASKED_OBJECT = re.compile(r", which (?P<relation>[a-z ]+?) (?:did|was) ")
_VERB = re.compile("|".join(f"(?P<{name}>{verb})" for name, verb in RELATIONS.items()))


def read(raw: Path, options: dict, seed: int) -> list[Question]:
    """Read the files of JSON lines, one a class, in the order of `CLASSES` (paper, section 2.1).

    Test rows are those of the released split, which has a seed of its own; the run's seed is not used.

    Args:
        raw: folder of the raw files.
        options: `files` (class to file name), `class_sizes` (class to number of rows of the whole class,
            where the file holds a part of it; None: files are whole), `test_fraction`, `split_seed`.
        seed: of the run.

    Raises DataError, with file and line, at the first line that does not make a question.

    """
    return [
        question
        for label in CLASSES
        if label in options["files"]
        for question in _read_class(raw / options["files"][label], label, options)
    ]


def _read_class(path: Path, label: str, options: dict) -> list[Question]:
    """Read the questions of one class; a row without index was never in the released test split."""
    lines = list(read_lines(path))
    size = (options["class_sizes"] or {}).get(label, len(lines))
    if len(lines) > size:
        raise DataError(
            f"class {label!r} has {size} rows, the file {len(lines)}", where=path, hint=FETCH_AGAIN
        )
    test_rows = released_test_rows(size, options["test_fraction"], options["split_seed"])
    questions, seen = [], set()
    for number, line in lines:
        where = f"{path}:{number}"
        row = _parse_row(line, where)
        index = row["index"]
        if index is not None and index >= size:
            raise DataError(
                f"index {index} is beyond the {size} rows of class {label!r}", where=where, hint=FETCH_AGAIN
            )
        if index is not None and index in seen:
            raise DataError(f"index {index} occurs twice", where=where, hint=FETCH_AGAIN)
        seen.add(index)
        questions.append(
            Question(
                id=f"cotempqa-{label}-" + (f"L{number:05d}" if index is None else f"{int(index):05d}"),
                dataset="cotempqa",
                split="test" if index in test_rows else "train",
                class_label=label,
                context=tuple(row["facts"]),
                question=row["question"],
                answers=tuple(row["answer"]),
                gold_facts=gold_facts(row["facts"], row["answer"], where),
                source=Source(file=path.name, line=number, sha256=sha256_text(line)),
                attributes={"triple_element": row["triple_element"]} if row.get("triple_element") else {},
            )
        )
    return questions


def _parse_row(line: str, where: str) -> dict[str, Any]:
    """Parse and check one raw line."""
    row = parse_json_object(line, where)
    check_row(validator("raw_cotempqa"), row, where)
    check_text([row["question"], *row["facts"], *row["answer"]], where)
    return row


def gold_facts(context: Sequence[str], answers: Sequence[str], where: str) -> tuple[int, ...]:
    """Give the indices of the facts that hold a gold answer as a substring (paper, section 3)."""
    found = {index for index, fact in enumerate(context) for answer in answers if answer in fact}
    if not found:
        raise DataError(
            "gold fact missing: no fact holds an answer", where=where, hint="fetch the file again"
        )
    return tuple(sorted(found))


def user_prompt(question: Question) -> str:
    """Context as a list literal, one blank before the instruction (paper, section 3)."""
    return _prompt(question, render_list(question.context))


def prompt_only_prompt(question: Question) -> str:
    """The same with newline-joined facts: the released prompting baseline prints them so."""
    return _prompt(question, "\n".join(question.context))


def _prompt(question: Question, facts: str) -> str:
    return (
        f"Answer the question based on the context:\n{facts}\n"
        f"Question: {question.question} Only return the answer.\n"
    )


def class_step(label: str) -> str:
    """Name the temporal relation."""
    return f"{CLASS_SENTENCE}{label}.\n"


def retrieval_step(facts: Sequence[str]) -> str:
    """Quote facts as a list literal."""
    return RETRIEVAL_SENTENCE + render_list(facts)


def gold_texts(question: Question) -> tuple[str, ...]:
    """Give the context facts that hold a gold answer."""
    return tuple(question.context[index] for index in question.gold_facts)


def published_incorrect_step(question: Question, rng: random.Random) -> tuple[tuple[int, ...], str]:
    """One random fact without a gold answer, as a bare string; `[]` when every fact holds one."""
    gold = gold_texts(question)
    wrong = [index for index, fact in enumerate(question.context) if fact not in gold]
    if not wrong:
        return (), f"{RETRIEVAL_SENTENCE}[]"
    index = rng.choice(wrong)
    return (index,), RETRIEVAL_SENTENCE + question.context[index]


def answer_text(answers: Sequence[str]) -> str:
    """Write all gold answers as a list literal."""
    return render_list(answers)


def parse_answer(text: str) -> frozenset[str] | None:
    """Read the list literal of the answer; text of another form is unreadable."""
    items = parse_list(text)
    return None if items is None else frozenset(map(normalise_answer, items))


def candidates(question: Question) -> list[str]:
    """Give the subject or the object of each fact, whichever is asked for; '' for a fact of unknown form."""
    return _entities(question, question.context)


def implied_answer(question: Question, facts: Collection[str]) -> frozenset[str]:
    """Give the entities of the asked side: whoever reads facts and question needs no dates for them."""
    return frozenset(map(normalise_answer, _entities(question, facts)))


def _entities(question: Question, facts: Collection[str]) -> list[str]:
    """Read the side of each fact that the question asks for."""
    side = "subject" if _ASKED_SUBJECT.search(question.question) else "object"
    return [match[side] if (match := _FACT.fullmatch(fact)) else "" for fact in facts]


def answer_kind(question: Question) -> str:
    """Name the asked relation and the side of it that is asked for, e.g. `employer/object`."""
    if asked := _ASKED_SUBJECT.search(question.question):
        verb = _VERB.search(asked["relation"])
        return f"{verb.lastgroup if verb else 'other'}/subject"
    asked = _ASKED_OBJECT.search(question.question)
    return f"{asked['relation'].replace(' ', '_') if asked else 'other'}/object"
