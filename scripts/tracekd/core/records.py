"""The records that one rule hands to the next: JSON lines, keyed by question id, checked by schema.

Schemas live in `schemas/`; a reader names file and line of the first record that breaks its schema, and a
writer leaves either the whole file or none.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol, Self

import fastjsonschema  # compiled JSON Schema checks: the only validator fast enough for every record

from tracekd.core.errors import DataError
from tracekd.core.files import atomic_write
from tracekd.core.raw import check_row
from tracekd.core.texts import read_json_lines

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"


class Record(Protocol):
    """What can be written as a line of a JSON-lines file."""

    @property
    def id(self) -> str:
        """Question id, the key of every record."""

    def to_json(self) -> dict[str, Any]:
        """Give the record as its schema has it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a question comes from: raw file, 1-based line (or row), SHA-256 of that raw text."""

    file: str
    line: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Question:
    """One QA item: what the model reads, what it should answer, and which facts carry the answer.

    `gold_facts` are indices into `context`, in context order. `attributes` holds what only one dataset
    knows (CoTempQA: `triple_element`).
    """

    id: str
    dataset: str
    split: str
    class_label: str
    context: tuple[str, ...]
    question: str
    answers: tuple[str, ...]
    gold_facts: tuple[int, ...]
    source: Source
    attributes: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give the record as in `schemas/question.schema.json`."""
        return {
            "id": self.id,
            "dataset": self.dataset,
            "split": self.split,
            "class": self.class_label,
            "context": list(self.context),
            "question": self.question,
            "answers": list(self.answers),
            "gold_facts": list(self.gold_facts),
            "source": {"file": self.source.file, "line": self.source.line, "sha256": self.source.sha256},
            "attributes": self.attributes,
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Build from a record that has passed the schema."""
        return cls(
            id=record["id"],
            dataset=record["dataset"],
            split=record["split"],
            class_label=record["class"],
            context=tuple(record["context"]),
            question=record["question"],
            answers=tuple(record["answers"]),
            gold_facts=tuple(record["gold_facts"]),
            source=Source(**record["source"]),
            attributes=record["attributes"],
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """One SFT target: the decomposed reasoning and the answer that follows it.

    `stated` holds what each step of a decomposed trace states, right or wrong: a text, or the texts that it
    quotes. `text` is the reasoning between the think tags (empty in the arms `none` and `empty_trace`);
    `target` is the whole assistant turn. `verdict` is what the independent verifier found, step by step, None
    before it has looked.
    """

    id: str
    arm: str
    stated: dict[str, Any]
    text: str
    target: str
    verdict: dict[str, bool | None] | None = None

    def with_verdict(self, verdict: dict[str, bool | None]) -> Self:
        """Give the trace with what the verifier found; `dataclasses.replace` takes three times as long."""
        return type(self)(self.id, self.arm, self.stated, self.text, self.target, verdict)

    def to_json(self) -> dict[str, Any]:
        """Give the record as in `schemas/trace.schema.json`."""
        return {
            "id": self.id,
            "arm": self.arm,
            "stated": {
                step: list(value) if isinstance(value, tuple) else value
                for step, value in self.stated.items()
            },
            "text": self.text,
            "target": self.target,
            "verdict": self.verdict,
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Build from a record that has passed the schema."""
        stated = {
            step: tuple(value) if isinstance(value, list) else value
            for step, value in record["stated"].items()
        }
        return cls(**{**record, "stated": stated})


@dataclass(frozen=True, slots=True)
class Generation:
    """What a model wrote for one question. `finish_reason` is `stop` (end token) or `length` (cut).

    Only `id` and `text` are needed; what a file does not tell is None.
    """

    id: str
    prompt_sha256: str | None
    text: str
    n_prompt_tokens: int | None
    n_new_tokens: int | None
    finish_reason: str | None

    def to_json(self) -> dict[str, Any]:
        """Give the record as in `schemas/generation.schema.json`."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Build from a record that has passed the schema."""
        absent: dict[str, Any] = dict.fromkeys(cls.__slots__)
        return cls(**(absent | record))


@dataclass(frozen=True, slots=True)
class Intervention:
    """What a model wrote after a set trace.

    `id` is `{item}/{condition}`, `item` the question's id. `trace` stood between the think tags; `text` is
    what stands behind them: what the model wrote, and before it what its tokenizer holds in one token with
    `</think>`. `n_prompt_tokens` counts the trace too.
    """

    id: str
    item: str
    condition: str
    trace: str
    prompt_sha256: str
    text: str
    n_prompt_tokens: int
    n_new_tokens: int
    finish_reason: str

    def to_json(self) -> dict[str, Any]:
        """Give the record as in `schemas/intervention.schema.json`."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Build from a record that has passed the schema."""
        return cls(**record)


def read_questions(path: str | Path, split: str | None = None) -> list[Question]:
    """Read questions, all or one split (`train`, `test`), in file order."""
    questions = [Question.from_json(record) for record in read_records(path, "question")]
    return [question for question in questions if split in (None, question.split)]


def read_traces(path: str | Path) -> list[Trace]:
    """Read the traces of one dataset and arm."""
    return [Trace.from_json(record) for record in read_records(path, "trace")]


def read_generations(path: str | Path, questions: Iterable[Question] | None = None) -> list[Generation]:
    """Read the generations of one dataset, model, arm and seed; one or more.

    With `questions`, those of the dataset, DataError at an id that none of them outside the train split has.
    """
    asked = None
    if questions is not None:
        asked = dict.fromkeys(question.id for question in questions if question.split != "train")
    generations = [Generation.from_json(record) for record in read_records(path, "generation", asked)]
    if not generations:
        raise DataError("holds no generation", where=path, hint='a line is {"id": …, "text": …}')
    return generations


def read_interventions(path: str | Path) -> list[Intervention]:
    """Read the interventions on one dataset, model, arm and seed."""
    return [Intervention.from_json(record) for record in read_records(path, "intervention")]


def write_records(records: Iterable[Record], path: str | Path) -> None:
    """Write records as JSON lines, whole or not at all; ids must be unique."""
    seen: set[str] = set()
    with atomic_write(path) as stream:
        for record in records:
            if record.id in seen:
                raise DataError(
                    f"id {record.id!r} occurs twice", where=path, hint="make the source ids unique"
                )
            seen.add(record.id)
            stream.write(json.dumps(record.to_json(), ensure_ascii=False) + "\n")


@cache
def validator(schema: str) -> Callable[[Any], Any]:
    """Compile the checker of `schemas/{schema}.schema.json`."""
    rules = json.loads((SCHEMAS / f"{schema}.schema.json").read_text("utf-8"))
    check: Callable[[Any], Any] = fastjsonschema.compile(rules)
    return check


def read_records(
    path: str | Path, schema: str, known: Collection[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Parse and check one JSON-lines file against `schemas/{schema}.schema.json`.

    Raises DataError, with file and line, at a line that breaks the schema, that repeats an id, or whose id is
    not among `known` ones. The hints are for a file of the user's own: one that the workflow wrote and that
    was damaged since is refused before it is read (tracekd.run.provenance).
    """
    check, seen, form = (
        validator(schema),
        set(),
        f"correct the line; its form is schemas/{schema}.schema.json",
    )
    for number, record in read_json_lines(path, form):
        where = f"{path}:{number}"
        check_row(check, record, where, form)
        if record["id"] in seen:
            raise DataError(f"id {record['id']!r} occurs twice", where=where, hint="keep one line per id")
        if known is not None and record["id"] not in known:
            raise DataError(f"id {record['id']!r} is no test question's", where=where, hint=_say_ids(known))
        seen.add(record["id"])
        yield record


def _say_ids(known: Collection[str]) -> str:
    """Say what the ids of the test questions look like."""
    return f"ids look like {next(iter(known))!r}" if known else "there is no test question"
