"""Trace steps of the released evaluation: the gold row of an item, and what counts as right against it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tracekd.core.records import Generation, Question
from tracekd.datasets import get_dataset
from tracekd.datasets.published import RULES, Off
from tracekd.datasets.quirks import Quirk


@dataclass(frozen=True, slots=True)
class StepScore:
    """Right or wrong; None: the item enters no matrix of this step."""

    class_ok: bool | None
    facts_ok: bool | None


NO_STEPS = StepScore(None, None)
BOTH_WRONG = StepScore(False, False)


class GoldTable:
    """The rows of one released test file, found by a text that their answer cell contains."""

    def __init__(self, rows: Sequence[Question]):
        self._cells = [(RULES.get(row.dataset).answer_cell(row), row) for row in rows]
        self._first: dict[str, Question | None] = {}

    def find(self, answer: str) -> Question | None:
        """Give the first row whose answer cell contains the text, looked for once a text."""
        if answer not in self._first:
            self._first[answer] = next((row for cell, row in self._cells if answer in cell), None)
        return self._first[answer]


def released_file(question: Question) -> str:
    """Name the released file that a question stands in."""
    return question.class_label if RULES.get(question.dataset).FILE_PER_CLASS else "all"


def gold_tables(questions: Sequence[Question]) -> dict[str, GoldTable]:
    """Make the table of each test file, rows in file order."""
    rows: dict[str, list[Question]] = {}
    for question in questions:
        file = rows.setdefault(released_file(question), [])
        if question.split == "test":
            file.append(question)
    return {file: GoldTable(test) for file, test in rows.items()}


def score_steps(
    questions: Sequence[Question], generations: Sequence[Generation], off: Off
) -> Iterator[StepScore]:
    """Judge both steps of each generation, in file order: a row may be that of the item before."""
    by_id = {question.id: question for question in questions}
    tables = gold_tables(questions)
    last: dict[str, Question] = {}
    for generation in generations:
        question = by_id[generation.id]
        trace = find_trace(generation.text)
        if trace is None:
            yield BOTH_WRONG if Quirk.LEFT_OUT_WITHOUT_TRACE in off else NO_STEPS
            continue
        file = released_file(question)
        row = find_row(question, tables[file], off)
        if row is None and Quirk.LAST_ROW_REUSED not in off:
            row = last.get(file)
        if row is None:
            yield BOTH_WRONG
            continue
        last[file] = row
        yield StepScore(
            RULES.get(row.dataset).is_class_right(row, trace), is_retrieval_right(row, trace, off)
        )


def find_trace(text: str) -> str | None:
    """Give the text before the first `</think>`, header and opening tag included; None: there is no trace."""
    return text.partition("</think>")[0] or None if "think" in text else None


def find_row(question: Question, table: GoldTable, off: Off) -> Question | None:
    """Give the row that the item is held against; None when no cell has its answer as written there."""
    if Quirk.GOLD_ROW_BY_ANSWER in off:
        return question
    return table.find(RULES.get(question.dataset).sought_answer(question))


def is_retrieval_right(row: Question, trace: str, off: Off) -> bool:
    """Tell whether any fact of the row stands in the trace word for word."""
    quoting = get_dataset(row.dataset).quoting_step
    facts: Iterable[str] = quoting.gold(row) if quoting and Quirk.ANY_CONTEXT_FACT in off else row.context
    if Quirk.FACTS_COMPARED_WITH_CASE in off:
        trace, facts = trace.lower(), [fact.lower() for fact in facts]
    return any(fact in trace for fact in facts)
