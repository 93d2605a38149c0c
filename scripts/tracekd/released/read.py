"""Released test splits and generations as questions and generations, joined by (question, facts).

The released lines carry their question and facts, so every line finds its own question whatever the order of
lines. The order of the records is that of the released files, because the `published` scorer depends on it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tracekd.core.errors import DataError
from tracekd.core.files import sha256_text
from tracekd.core.literals import parse_list
from tracekd.core.raw import FETCH_AGAIN, check_row, check_text
from tracekd.core.records import Generation, Question, Source, validator
from tracekd.core.texts import read_json_lines, read_rows
from tracekd.datasets import get_dataset
from tracekd.datasets.cotempqa import reader as cotempqa
from tracekd.datasets.ms_marco import reader as ms_marco
from tracekd.released.registry import Generations, Table
from tracekd.released.replay import Replay
from tracekd.traces.arms import PROMPT_ONLY

Key = tuple[str, str, tuple[str, ...]]
# the released CSV files count CoTempQA's rows through all classes, in this order
COTEMPQA_SIZES = {"during": 3096, "equal": 436, "mix": 563, "overlap": 653}
# between two items of a printed array
_GAP = re.compile(r"""(['"])\s+(?=['"])""")


@dataclass(frozen=True, slots=True)
class Line:
    """One generation as released: the question it carries, the prompt and the text; where it stands."""

    question: Question
    prompt: str
    text: str
    where: str


def read_replay(folder: Path, table: Table, cells: Sequence[Generations]) -> Replay:
    """Read a dataset's released test split and the generations of the cells of which `folder` has a file.

    Where the folder lacks the test split, the questions are those that the lines carry.

    Raises DataError, with file and line, at the first row or line that is not of the released form, that
    repeats a question, or whose question the test split does not have.

    """
    cells = [cell for cell in cells if any((folder / path).is_file() for path in cell.paths.values())]
    lines = [list(_read_cell(folder, cell)) for cell in cells]
    paths = {label: folder / path for label, path in table.paths.items() if (folder / path).is_file()}
    if paths:
        questions = [
            question for label, path in paths.items() for question in _TABLES[table.dataset](path, label)
        ]
    else:
        questions = _questions_of(lines)
    known = defaultdict(list)
    for question in questions:
        known[_key(question)].append(question)
    others: dict[str, Question] = {}
    generations = [
        _join(cell, cell_lines, known, others if cell.arm == PROMPT_ONLY else None)
        for cell, cell_lines in zip(cells, lines, strict=True)
    ]
    order = {question.id: place for place, question in enumerate(_released_order(questions))}
    for found in generations:
        found.sort(key=lambda one: (order.get(one.id, len(order)), one.id))
    questions += [others[name] for name in sorted(others)]
    return Replay(questions, list(zip(cells, generations, strict=True)))


def _released_order(questions: Sequence[Question]) -> Sequence[Question]:
    """Order of the lines in the released generations: CoTempQA's raw order, else that of the test split."""
    if questions[0].dataset == "cotempqa":
        return sorted(questions, key=lambda one: (cotempqa.CLASSES.index(one.class_label), one.id))
    return questions


def _join(
    cell: Generations,
    lines: Iterable[Line],
    known: dict[Key, list[Question]],
    others: dict[str, Question] | None,
) -> list[Generation]:
    """Give every line the id of its question; equal questions are told apart by the order of their texts.

    `others` collects questions beyond the test split; None forbids them. The released prompting baseline
    found its questions by answer text, so it repeats some and was asked some of the train split.
    """
    groups: dict[Key, list[Line]] = defaultdict(list)
    for line in lines:
        groups[_key(line.question)].append(line)
    generations = []
    for key, group in groups.items():
        questions = known.get(key, [])
        if others is None:
            _check_known(cell, group, questions)
        group.sort(key=lambda line: line.text)
        for place, line in enumerate(group):
            if place < len(questions):
                question = questions[place]
                _check_gold(line, question)
            else:
                first = questions[0].id if questions else line.question.id
                question = replace(
                    line.question, id=f"{first}~{place + 1}" if place else first, split="other"
                )
                assert others is not None, "_check_known lets no surplus line pass"
                others[question.id] = question
            generations.append(Generation(question.id, sha256_text(line.prompt), line.text, None, None, None))
    return generations


def _check_known(cell: Generations, lines: Sequence[Line], questions: Sequence[Question]) -> None:
    """Raise DataError on a question that is not of the test split, or that has more lines than rows."""
    if not questions:
        raise DataError(
            f"the question is not one of the {cell.dataset} test split: {lines[0].question.question!r}",
            where=lines[0].where,
            hint="question and facts must be those of the released test split",
        )
    if len(lines) > len(questions):
        raise DataError(
            f"the question occurs again: {lines[0].question.question!r}",
            where=lines[len(questions)].where,
            hint="keep one generation a question",
        )


def _check_gold(line: Line, question: Question) -> None:
    """Raise DataError when a line carries another gold than the question that it is about."""
    if (line.question.answers, line.question.attributes) != (question.answers, question.attributes):
        raise DataError(
            f"the gold {list(line.question.answers)} is not that of the question, {list(question.answers)}",
            where=line.where,
            hint=FETCH_AGAIN,
        )


def _key(question: Question) -> Key:
    """What identifies a question: its class, its text and its facts."""
    return question.class_label, question.question, question.context


def _questions_of(lines: Iterable[Sequence[Line]]) -> list[Question]:
    """Give the questions that the lines carry, in order of first appearance."""
    return list({_key(line.question): line.question for group in lines for line in group}.values())


def _read_cell(folder: Path, cell: Generations) -> Iterable[Line]:
    """Read the lines of all files of a cell that are there."""
    for label, path in cell.paths.items():
        if (folder / path).is_file():
            yield from _read_lines(folder / path, cell.dataset, label)


def _read_lines(path: Path, dataset: str, label: str) -> Iterable[Line]:
    """Read the lines of one file of generations; DataError when it has none."""
    schema = "released_cotempqa" if dataset == "cotempqa" else "released_qa"
    check, number = validator(schema), 0
    for number, row in read_json_lines(path):
        where = f"{path}:{number}"
        check_row(check, row, where)
        prompt = row["input"] if isinstance(row["input"], str) else row["input"]["text"]
        check_text([prompt, row["prediction"], row["question"]], where)
        source = Source(str(path.name), number, sha256_text(prompt + row["prediction"]))
        yield Line(_carried(row, dataset, label, source, where), prompt, row["prediction"], where)
    if not number:
        raise DataError("holds no generation", where=f"{path}:1", hint=FETCH_AGAIN)


def _carried(row: dict[str, Any], dataset: str, label: str, source: Source, where: str) -> Question:
    """Make the question that a line carries; its id is made from its text, as the line has no other."""
    if dataset == "cotempqa":
        context, answers = tuple(row["facts"]), tuple(row["gold"])
        gold_facts = cotempqa.gold_facts(context, answers, where)
        attributes = {"triple_element": row["triple_element"]}
    else:
        context, label = _literal(row["passage"], where), row["query_type"]
        answers, attributes = _answers(row["gold"], dataset, where), {}
        gold_facts = _gold_facts(row["answer_passage"], context, answers, dataset, where)
    _check_class(label, dataset, where)
    check_text([*context, *answers], where)
    name = sha256_text("\n".join((row["question"], *context)))[:12]
    return Question(
        id=f"{dataset}-{label}-x{name}",
        dataset=dataset,
        split="test",
        class_label=label,
        context=context,
        question=row["question"],
        answers=answers,
        gold_facts=gold_facts,
        source=source,
        attributes=attributes,
    )


def _read_cotempqa_table(path: Path, label: str) -> list[Question]:
    """Read one class of CoTempQA's released test split; ids are those of the raw data's reader."""
    before = sum(COTEMPQA_SIZES[name] for name in cotempqa.CLASSES[: cotempqa.CLASSES.index(label)])
    questions = []
    for where, row in read_rows(path, ("index", "triple_element", "facts", "question", "answer")):
        context, answers = _literal(row["facts"], where), _literal(row["answer"], where)
        index = int(row["index"]) - before if row["index"].isdecimal() else -1
        if not 0 <= index < COTEMPQA_SIZES[label]:
            raise DataError(
                f"index {row['index']!r} is not one of class {label!r}", where=where, hint=FETCH_AGAIN
            )
        questions.append(
            Question(
                id=f"cotempqa-{label}-{index:05d}",
                dataset="cotempqa",
                split="test",
                class_label=label,
                context=context,
                question=_asked(row["question"], where),
                answers=answers,
                gold_facts=cotempqa.gold_facts(context, answers, where),
                source=_source(path, where, row),
                attributes={"triple_element": row["triple_element"]},
            )
        )
    return questions


def _read_qa_table(dataset: str, answer: str) -> Callable[[Path, str], list[Question]]:
    """Make the reader of bAbI's or MS MARCO's released test split; rows are numbered.

    `answer` is the column of the gold answers.
    """

    def read(path: Path, label: str) -> list[Question]:
        columns = ("passages", "question", "query_type", "answer_passage", answer)
        questions = []
        for number, (where, row) in enumerate(read_rows(path, columns), start=1):
            context, answers = _literal(row["passages"], where), _answers(row[answer], dataset, where)
            _check_class(row["query_type"], dataset, where)
            questions.append(
                Question(
                    id=f"{dataset}-released-{number:05d}",
                    dataset=dataset,
                    split="test",
                    class_label=row["query_type"],
                    context=context,
                    question=row["question"],
                    answers=answers,
                    gold_facts=_gold_facts(row["answer_passage"], context, answers, dataset, where),
                    source=_source(path, where, row),
                )
            )
        return questions

    return read


_TABLES = {
    "cotempqa": _read_cotempqa_table,
    "babi": _read_qa_table("babi", "answer"),
    "ms_marco": _read_qa_table("ms_marco", "answers"),
}


def _source(path: Path, where: str, row: dict[str, str]) -> Source:
    """Name the row that a question comes from by its last line."""
    return Source(path.name, int(where.rpartition(":")[2]), sha256_text("\x1f".join(row.values())))


def _asked(prompt: str, where: str) -> str:
    """Take the question out of CoTempQA's user prompt."""
    _, opened, tail = prompt.rpartition("\nQuestion: ")
    question, closed, _ = tail.rpartition(" Only return the answer.")
    if not (opened and closed and question):
        raise DataError("the prompt holds no question", where=where, hint=FETCH_AGAIN)
    return question


def _literal(cell: str, where: str) -> tuple[str, ...]:
    """Read a list literal with at least one item."""
    items = parse_list(cell)
    if not items:
        raise DataError(f"not a list of texts: {cell[:60]!r}", where=where, hint=FETCH_AGAIN)
    return tuple(items)


def _answers(text: str, dataset: str, where: str) -> tuple[str, ...]:
    """Read the gold answers: bAbI joins a list by commas, MS MARCO prints an array of alternatives."""
    answers = tuple(text.split(",")) if dataset == "babi" else _alternatives(text)
    if not all(map(str.strip, answers)):
        raise DataError("the answer is empty", where=where, hint=FETCH_AGAIN)
    return answers


def _alternatives(text: str) -> tuple[str, ...]:
    """Read an array of texts as NumPy prints it, with blanks for commas, or as a list; else one text."""
    return tuple(parse_list(text) or parse_list(_GAP.sub(r"\1, ", text)) or (text,))


def _gold_facts(
    cell: str, context: tuple[str, ...], answers: Sequence[str], dataset: str, where: str
) -> tuple[int, ...]:
    """Give the gold facts' indices: bAbI's rows quote them; for MS MARCO the paper's rule finds them."""
    if dataset == "ms_marco":
        return ms_marco.gold_passage(context, answers[0], where)
    quoted = parse_list(cell)
    missing = [text for text in quoted or () if text not in context]
    if not quoted or missing:
        raise DataError(
            "gold fact missing: answer_passage quotes none of the passages", where=where, hint=FETCH_AGAIN
        )
    return tuple(sorted({context.index(text) for text in quoted}))


def _check_class(label: str, dataset: str, where: str) -> None:
    """Raise DataError on a class that the dataset does not have."""
    if label not in get_dataset(dataset).classes:
        raise DataError(f"class {label!r} is unknown", where=where, hint=FETCH_AGAIN)
