"""What every group of a study sees: a block of questions, under one condition or under all.

The questions are drawn evenly from classes and dealt into blocks. Each participant sees one block (incomplete
blocks); over the groups every question is seen under every condition equally often. The order in which a
participant sees them is drawn in the survey itself and recorded with the answers. What is asked beside the
ratings is in the plan, too (`study.tasks`).
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, product, zip_longest
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tracekd.core.errors import DataError
from tracekd.core.files import atomic_write, sha256_text
from tracekd.core.literals import parse_list
from tracekd.core.raw import check_row
from tracekd.core.records import Question, Trace, validator
from tracekd.core.texts import parse_json_object, read_flags, read_text
from tracekd.experiment.traces import Kinds, name_kinds
from tracekd.settings.study import Study
from tracekd.study.tasks import FIND_ERROR, PREDICT, draw_choices, lay_out_trials, plant_mistake
from tracekd.traces.prompts import ANSWER_CLOSE, ANSWER_OPEN

# how the tables of a run write yes and no, and others in other cases
_CHECK_ANSWERS = "check `answers` of the study"


def build_plan(
    study: Study,
    questions: Sequence[Question],
    traces: Mapping[str, Sequence[Trace]],
    answered: Mapping[str, bool] | None = None,
) -> dict[str, Any]:
    """Choose the items of a study and lay out its groups, as in `schemas/study_plan.schema.json`.

    Args:
        study: its definition.
        questions: of its dataset.
        traces: arm to traces.
        answered: question id to whether it was answered rightly; with it only questions that it holds are
            drawn, evenly from right and wrong.

    Raises DataError when too few questions have a trace in every condition.

    """
    by_arm = {arm: {trace.id: trace for trace in traces[arm]} for arm in study.arms}
    candidates = [
        question
        for question in questions
        if all(question.id in known and known[question.id].text.strip() for known in by_arm.values())
        and (answered is None or question.id in answered)
    ]
    chosen = draw_items(candidates, answered or {}, study.items, study.seed)
    shown = {
        question.id: {one.name: by_arm[one.arm][question.id] for one in study.conditions}
        for question in candidates
    }
    items = [
        {
            "item": question.id,
            "class": question.class_label,
            "answer_ok": (answered or {}).get(question.id),
            "question": question.question,
            "context": list(question.context),
            "texts": {name: trace.text for name, trace in shown[question.id].items()},
            "answers": {name: answer_of(trace.target) for name, trace in shown[question.id].items()},
        }
        for question in chosen
    ]
    plan = {
        "study": study.title,
        "design": study.design,
        "conditions": [condition.model_dump() for condition in study.conditions],
        "scale": study.scale.model_dump(),
        "questions": [question.model_dump() for question in study.questions],
        "checks": [check.model_dump() for check in study.checks],
        "items": items,
        "groups": lay_out_groups(study, deal_blocks(chosen, answered or {}, study.n_blocks, study.seed)),
    }
    # without tasks a plan is that of a study which was run before there were any, to its SHA-256
    if study.tasks:
        plan["tasks"] = [task.model_dump() for task in study.tasks]
        rated = {question.id for question in chosen}
        spare = [
            question
            for question in candidates
            if question.id not in rated and (answered or {}).get(question.id, True)
        ]
        _add_tasks(plan, study, chosen, spare, shown, name_kinds(questions))
    return {**plan, "plan_sha256": digest(plan)}


def _add_tasks(
    plan: dict[str, Any],
    study: Study,
    rated: Sequence[Question],
    spare: Sequence[Question],
    shown: Mapping[str, Mapping[str, Trace]],
    kinds: Kinds,
) -> None:
    """Add what the tasks of a study ask: choices to its items, and questions that are not rated."""
    if find_task(plan, PREDICT):
        for item, question in zip(plan["items"], rated, strict=True):
            answers = [_read_answer(trace.target) for trace in shown[question.id].values()]
            item |= draw_choices(question, answers, kinds, study.seed)
    if study.find_error is not None:
        plan["trials"] = _draw_trials(study.find_error.pages, spare, shown, kinds, study.seed)
        trials = lay_out_trials(study, [trial["item"] for trial in plan["trials"]])
        for group, sequence in zip(plan["groups"], trials, strict=True):
            group["trials"] = sequence


def _draw_trials(
    pages: int,
    spare: Sequence[Question],
    shown: Mapping[str, Mapping[str, Trace]],
    kinds: Kinds,
    seed: int,
) -> list[dict[str, Any]]:
    """Draw the questions whose traces may have a mistake, evenly from classes, in an order of their own."""
    texts = {question.id: {name: one.text for name, one in shown[question.id].items()} for question in spare}
    planted = {
        question.id: mistake
        for question in spare
        if (mistake := plant_mistake(question, texts[question.id], kinds, seed))
    }
    if len(planted) < pages:
        raise DataError(
            f"{len(planted)} questions that are not rated have a trace in every condition in which the right "
            f"entity can be renamed, {pages} are wanted",
            where="study: tasks",
            hint="ask for fewer pages of find_error, or leave it out",
        )
    drawn = draw_items([question for question in spare if question.id in planted], {}, pages, seed)
    return [
        {
            "item": question.id,
            "class": question.class_label,
            "question": question.question,
            "context": list(question.context),
            "texts": texts[question.id],
            **planted[question.id],
        }
        for question in Random(seed).sample(drawn, pages)
    ]


def draw_items(
    candidates: Sequence[Question], answered: Mapping[str, bool], n_items: int, seed: int
) -> list[Question]:
    """Draw questions evenly from classes and, within a class, from right and wrong answers.

    The draw depends on the seed and the ids, not on their order. Items come class by class.
    """
    if len(candidates) < n_items:
        raise DataError(
            f"{len(candidates)} questions have a trace in every condition, {n_items} are wanted",
            where="study: items",
            hint="ask for fewer items or leave a condition out",
        )
    rng = Random(seed)
    classes: dict[str, dict[bool | None, list[Question]]] = {}
    for question in sorted(candidates, key=lambda question: question.id):
        strata = classes.setdefault(question.class_label, {})
        strata.setdefault(answered.get(question.id), []).append(question)
    queues = []
    for _, strata in sorted(classes.items()):
        drawn = [rng.sample(strata[ok], len(strata[ok])) for ok in sorted(strata, key=str)]
        rng.shuffle(drawn)
        queues.append(_in_turn(drawn))
    rng.shuffle(queues)
    chosen = list(_in_turn(queues))[:n_items]
    return sorted(chosen, key=lambda question: (question.class_label, question.id))


def deal_blocks(
    items: Sequence[Question], answered: Mapping[str, bool], n_blocks: int, seed: int
) -> list[list[str]]:
    """Deal items into blocks of one size, so that no class or stratum has two more in one than in another.

    In a block items come class by class, so that the Latin square spreads each class over the conditions.

    Args:
        items: as many as go evenly into the blocks.
        answered: question id to whether it was answered rightly.
        n_blocks: number of blocks.
        seed: of the order within a stratum.

    Returns:
        Question ids by block.

    """
    shuffled = Random(seed).sample(items, len(items))
    dealt = sorted(shuffled, key=lambda item: (item.class_label, str(answered.get(item.id))))
    return [
        [item.id for item in sorted(dealt[block::n_blocks], key=lambda item: (item.class_label, item.id))]
        for block in range(n_blocks)
    ]


def lay_out_groups(study: Study, blocks: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """A group for each condition and block; within subjects, group g sees item i under condition g + i."""
    names = [condition.name for condition in study.conditions]
    step = 1 if study.design == "within" else 0
    laid_out = product(range(len(names)), blocks)
    return [
        {
            "group": group,
            "sequence": [
                {"item": item, "condition": names[(row + step * place) % len(names)]}
                for place, item in enumerate(block)
            ],
        }
        for group, (row, block) in zip(study.groups, laid_out, strict=True)
    ]


class Overlap(NamedTuple):
    """Items that the same groups see, and how many participants see each of them under each condition."""

    groups: tuple[str, ...]
    classes: Counter[str]
    views: dict[str, int]


def find_overlap(plan: Mapping[str, Any], per_group: int) -> list[Overlap]:
    """Items by conditions: who sees which, with as many participants of each group as planned.

    Items that differ in nothing of it are one row: there is one for each block, in the order of the groups.
    """
    seen: dict[str, list[tuple[str, str]]] = {}
    for group in plan["groups"]:
        for step in group["sequence"]:
            seen.setdefault(step["item"], []).append((step["condition"], group["group"]))
    rows: dict[tuple[Any, ...], Overlap] = {}
    for item in plan["items"]:
        views = Counter(condition for condition, _ in seen[item["item"]])
        counts = {one["name"]: views[one["name"]] * per_group for one in plan["conditions"]}
        groups = tuple(group for _, group in seen[item["item"]])
        row = rows.setdefault((*sorted(groups), *counts.items()), Overlap(groups, Counter(), counts))
        row.classes[item["class"]] += 1
    order = [group["group"] for group in plan["groups"]]
    return sorted(rows.values(), key=lambda row: order.index(row.groups[0]))


class Asked(NamedTuple):
    """What a task asks of an item: number of choices, which is right (from 1), whether there is a mistake."""

    choices: int
    right: int
    planted: bool


def find_task(plan: Mapping[str, Any], kind: str) -> dict[str, Any] | None:
    """Give a task of a plan by its kind; None where participants do not have it."""
    return next((task for task in plan.get("tasks", []) if task["kind"] == kind), None)


def list_pages(group: Mapping[str, Any]) -> dict[str, str]:
    """Condition by item of all that a group of a plan sees: the items that it rates, and its trials."""
    return {step["item"]: step["condition"] for step in [*group["sequence"], *group.get("trials", [])]}


def list_asked(plan: Mapping[str, Any], group: Mapping[str, Any]) -> dict[tuple[str, str], Asked]:
    """List what the tasks ask of a group of a plan, by item and task."""
    items = {item["item"]: item for item in plan["items"]}
    rated = (items[step["item"]] for step in group["sequence"])
    predictions = {
        (item["item"], PREDICT): Asked(len(item["choices"]), item["right"], False)
        for item in rated
        if item.get("choices")
    }
    return predictions | {
        (trial["item"], FIND_ERROR): Asked(2, 1 + trial["planted"], trial["planted"])
        for trial in group.get("trials", [])
    }


def condition_titles(plan: Mapping[str, Any]) -> dict[str, str]:
    """Titles of the conditions by name."""
    return {condition["name"]: condition["title"] for condition in plan["conditions"]}


def answer_of(target: str) -> str:
    """Answer that a trace leads to, between the answer tags; a list as people write it, with commas."""
    text = _read_answer(target)
    return ", ".join(parse_list(text) or [text])


def _read_answer(target: str) -> str:
    """Answer as it stands between the answer tags."""
    return target.rpartition(ANSWER_OPEN)[2].removesuffix(ANSWER_CLOSE)


def read_answered(path: str | Path, column: str) -> dict[str, bool]:
    """Read which questions were answered rightly, of columns id and `column`; empty cells are left out.

    Raises DataError, with the row, at a cell that is no flag and at an id that occurs twice; and where no
    cell is filled.
    """
    flags = read_flags(path, column, _CHECK_ANSWERS)
    answered = {item: flag for item, flag in flags.items() if flag is not None}
    if not answered:
        what = f"column {column!r} says of no question whether it was answered rightly"
        raise DataError(what, where=path, hint=_CHECK_ANSWERS)
    return answered


def digest(plan: Mapping[str, Any]) -> str:
    """SHA-256 of a plan's content: answers are only ever read beside the plan they were given to."""
    content = {key: value for key, value in plan.items() if key != "plan_sha256"}
    return sha256_text(json.dumps(content, sort_keys=True))


def write_plan(plan: Mapping[str, Any], path: str | Path) -> None:
    """Write a plan as JSON, whole or not at all."""
    with atomic_write(path) as stream:
        stream.write(json.dumps(plan, indent=1, ensure_ascii=False) + "\n")


def read_plan(path: str | Path) -> dict[str, Any]:
    """Read a plan; DataError when it is not one or was changed after it was made."""
    remade = "delete the file and run the workflow again"
    plan = parse_json_object(read_text(path, remade), str(path), remade)
    check_row(validator("study_plan"), plan, str(path), remade)
    if plan["plan_sha256"] != digest(plan):
        raise DataError("was changed after it was made", where=path, hint=remade)
    return plan


def _in_turn(queues: Iterable[Iterable[Question]]) -> Iterator[Question]:
    """Take one of each queue in turn until all are empty."""
    return (one for one in chain.from_iterable(zip_longest(*queues)) if one is not None)
