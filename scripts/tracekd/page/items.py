"""What the page knows of single items: questions, what was written to each, how it was judged, what was set.

Flags of many items are one text: `1` right, `0` wrong, `-` where an item enters no count.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from tracekd.core.normalise import collapse
from tracekd.core.records import Generation, Question, read_interventions
from tracekd.core.tables import read_table
from tracekd.datasets import get_dataset
from tracekd.datasets.interface import Step, Value
from tracekd.datasets.rows import TRACE
from tracekd.experiment.contexts import TITLES as CONTEXTS
from tracekd.experiment.traces import TITLES as TRACES
from tracekd.interventions.outcomes import read_outcome
from tracekd.interventions.prefills import condition_title
from tracekd.run.cells import read_run
from tracekd.scoring import get_scorer
from tracekd.scoring.aligned import read_own_words
from tracekd.scoring.outputs import parse_generation
from tracekd.scoring.readings import MAIN
from tracekd.tables.differences import name_reasons
from tracekd.tables.scores import PATH
from tracekd.traces.arms import Form, get_arm

# digits of a measure
DIGITS = 3

Json = dict[str, Any]
Key = tuple[str, str, str, int]


@dataclass(frozen=True)
class Cell:
    """The generations of one dataset, model, arm and seed, and all that is known of them.

    Attributes:
        dataset, model, arm, seed: which.
        generations: in file order.
        scores: by scorer, in the same order.
        readings: of the main way, in the same order; None of an arm whose answers are not read.
        reasons: of differences between the scorers: id, part, in words.
        interventions: path of the answers after set traces; None where none are set.

    """

    dataset: str
    model: str
    arm: str
    seed: int
    generations: Sequence[Generation]
    scores: Mapping[str, pd.DataFrame]
    readings: pd.DataFrame | None = None
    reasons: Sequence[tuple[str, str, str]] = ()
    interventions: str | None = None

    @property
    def key(self) -> Key:
        """Which cell of the run it is."""
        return self.dataset, self.model, self.arm, self.seed


@dataclass
class Files:
    """Paths of a run's files by (dataset, model, arm, seed)."""

    scores: dict[tuple[Any, ...], dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    readings: dict[tuple[Any, ...], str] = field(default_factory=dict)
    interventions: dict[tuple[Any, ...], str] = field(default_factory=dict)


def read_key(path: str) -> Key:
    """Take dataset, model, arm and seed from a path."""
    run = read_run(path)
    return str(run["dataset"]), str(run["model"]), str(run["arm"]), int(run["seed"])


def sort_files(scores: Iterable[str], readings: Iterable[str], interventions: Iterable[str]) -> Files:
    """Say which file belongs to which cell."""
    files = Files()
    for path in scores:
        if match := PATH.search(path):
            cell = (match["dataset"], match["model"], match["arm"], int(match["seed"]))
            files.scores[cell][match["scorer"]] = path
    files.readings = {read_key(path): path for path in readings}
    files.interventions = {read_key(path): path for path in interventions}
    return files


def sort_reasons(differences: pd.DataFrame) -> dict[tuple[Any, ...], list[tuple[str, str, str]]]:
    """Give (id, part, reason in words) of every difference of the scorers, by cell."""
    found = defaultdict(list)
    names = ["dataset", "model", "arm", "seed", "id", "what", "reasons"]
    for *cell, item, part, reasons in differences[names].itertuples(index=False, name=None):
        found[tuple(cell)].append((item, part, name_reasons(reasons)))
    return found


def read_reading(path: str, ids: Sequence[str]) -> pd.DataFrame:
    """Read the main way of a file of readings, in the order of these ids."""
    table = read_table(path)
    return table[table["way"] == MAIN].set_index("id").loc[list(ids)].reset_index()


def read_score(path: str, ids: Sequence[str]) -> pd.DataFrame:
    """Read a file of scores, in the order of these ids."""
    return read_table(path).set_index("id").loc[list(ids)].reset_index()


def describe_questions(questions: Sequence[Question]) -> list[Json]:
    """Give the questions as the page shows them, with what each step states when it is right."""
    return [
        {
            "id": one.id,
            "class": one.class_label,
            "question": one.question,
            "context": list(one.context),
            "gold": list(one.gold_facts),
            "answers": list(one.answers),
            "right": [show_value(one, step, step.gold(one)) for step in get_dataset(one.dataset).steps],
        }
        for one in questions
    ]


def describe_cell(cell: Cell, questions: Mapping[str, tuple[int, Question]]) -> Json:
    """Give generations and verdicts of a cell.

    Args:
        cell: what is known of it.
        questions: id to place in `describe_questions` and question.

    Returns arm, seed; rows: [place of the question, text, what each step states, answer, implied answer];
    judged: scorer to flags of `answer`, `readable` and of every step and the trace, and measures; follows:
    flags, None where answers are not read; reasons: [row, part, words].

    """
    dataset, arm = get_dataset(cell.dataset), get_arm(cell.arm)
    implied = [None] * len(cell.generations) if cell.readings is None else show_sets(cell.readings["implied"])
    rows = []
    for one, follows_from in zip(cell.generations, implied, strict=True):
        place, question = questions[one.id]
        found = parse_generation(one.text, dataset, arm.has_tags)
        stated = [show_value(question, step, found.stated.get(step.name)) for step in dataset.steps]
        answer = found.answer
        if arm.form is Form.TEACHER:
            answer = read_own_words(question, one.text, answer)
        rows.append([place, one.text, stated, None if answer is None else sorted(answer), follows_from])
    row = {one.id: number for number, one in enumerate(cell.generations)}
    return {
        "arm": cell.arm,
        "seed": cell.seed,
        "rows": rows,
        "judged": {name: describe_scores(name, table, dataset.steps) for name, table in cell.scores.items()},
        "follows": None if cell.readings is None else flags(cell.readings["follows"]),
        "reasons": [[row[item], part, words] for item, part, words in cell.reasons],
    }


def describe_scores(scorer: str, table: pd.DataFrame, steps: Iterable[Step]) -> Json:
    """Give the verdicts of a scorer as flags, and its measures as numbers."""
    parts = [*(step.name for step in steps), TRACE]
    measures = [name for name in get_scorer(scorer).measures if name in table and table[name].notna().any()]
    return {
        "answer": flags(table["answer_ok"]),
        "readable": flags(table["readable"]),
        "parts": {name: flags(table[f"{name}_ok"]) for name in parts if f"{name}_ok" in table},
        "measures": {
            name: [None if pd.isna(value) else round(value, DIGITS) for value in table[name]]
            for name in measures
        },
    }


def describe_interventions(cell: Cell, questions: Mapping[str, tuple[int, Question]]) -> list[list[Any]]:
    """Give what followed each set trace.

    Each is [place of the question, condition, trace, text, answer, true, follows]; the last is None where the
    trace implies no answer.
    """
    rows = []
    for one in read_interventions(cell.interventions) if cell.interventions else ():
        place, question = questions[one.item]
        found = read_outcome(question, one, cell.arm)
        answer = None if found.answer is None else sorted(found.answer)
        title = condition_title(one.condition)
        rows.append([place, title, one.trace, one.text, answer, found.true, found.follows])
    return rows


def describe_experiment(rows: pd.DataFrame, questions: Mapping[str, tuple[int, Question]]) -> list[list[Any]]:
    """Give what the experiment measured in a cell, from the table `experiment_items`.

    Each is [place of the question, trace, context, log-odds, answer, true, follows], None for what is empty.
    """
    found = rows[["id", "trace", "context", "log_odds", "answer", "true", "follows"]]
    return [
        [questions[item][0], _title(trace), _title(context), *(None if pd.isna(one) else one for one in rest)]
        for item, trace, context, *rest in found.itertuples(index=False, name=None)
    ]


def _title(name: str) -> str:
    """Write a trace or a context of the experiment for readers."""
    return (TRACES | CONTEXTS).get(name, name.replace("_", " "))


def show_value(question: Question, step: Step, value: Value | None) -> Any:
    """Give what a step states: a text, or a list; in it a fact of the context is its index."""
    if value is None or isinstance(value, str):
        return value
    facts = {collapse(fact): place for place, fact in reversed(list(enumerate(question.context)))}
    found = [facts.get(collapse(one), one) if step.quotes else one for one in value]
    return sorted(found, key=lambda one: (isinstance(one, str), one))


def show_sets(column: pd.Series) -> list[Any]:
    """Give the sets of a column of readings as lists, None where there is none."""
    return [None if pd.isna(cell) else json.loads(cell) for cell in column]


def flags(column: pd.Series) -> str:
    """Write verdicts as one text."""
    return "".join("-" if pd.isna(value) else "1" if value == 1 else "0" for value in column)
