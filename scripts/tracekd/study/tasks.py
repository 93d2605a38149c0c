"""Tasks with a right answer, beside the ratings: what will the program answer, and has a text a mistake?

Forward simulation (`predict`; Doshi-Velez and Kim 2017; Hase and Bansal 2020): the answer is chosen among
entities of the context before it is shown. Error detection (`find_error`): the trace of a question that is
not rated, a trial, is shown as it is or with the right entity renamed throughout to another one of its
context. What is drawn here stands in the plan.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import comb
from random import Random
from typing import Any

from tracekd.core.normalise import normalise_answer, normalise_answers
from tracekd.core.records import Question
from tracekd.datasets import get_dataset
from tracekd.datasets.interface import Answer
from tracekd.experiment.contexts import rename
from tracekd.experiment.traces import Kinds, Source, offered
from tracekd.settings.study import Study

PREDICT, FIND_ERROR = "predict", "find_error"
MOST_CHOICES = 5


def draw_choices(question: Question, answers: Iterable[str], kinds: Kinds, seed: int) -> dict[str, Any]:
    """Draw the answers among which that of the program is guessed, in an order of their own.

    Each names as many entities of the context as the program's answer does.

    Args:
        question: whose answer is guessed.
        answers: of the program under every condition, as it wrote them.
        kinds: as from `name_kinds`.
        seed: of the study.

    Returns:
        choices: texts, none where conditions answer differently, where the answer does not consist of
        entities that the context offers, or where these make no second choice; right: number of the
        program's answer, from 1, or None.

    """
    none: dict[str, Any] = {"choices": [], "right": None}
    given = {get_dataset(question.dataset).tolerant_answer(question, text) for text in answers}
    answer = given.pop()
    if given or answer is None:
        return none
    names = _list_names(question, kinds, answer)
    right = tuple(place for place, name in enumerate(names) if normalise_answer(name) in answer)
    wanted = min(MOST_CHOICES, comb(len(names), len(right)))
    if len(right) < len(answer) or wanted < 2:
        return none
    rng = Random(f"{seed}/{PREDICT}/{question.id}")
    drawn = {right}
    while len(drawn) < wanted:
        drawn.add(tuple(sorted(rng.sample(range(len(names)), len(right)))))
    order = rng.sample(sorted(drawn), wanted)
    choices = [", ".join(names[place] for place in places) for places in order]
    return {"choices": choices, "right": order.index(right) + 1}


def plant_mistake(
    question: Question, texts: Mapping[str, str], kinds: Kinds, seed: int
) -> dict[str, Any] | None:
    """Rename a right entity throughout the traces of a question to a wrong one of its context.

    Args:
        question: whose traces these are.
        texts: condition to trace.
        kinds: as from `name_kinds`.
        seed: of the study.

    Returns:
        entity and replacement; planted: condition to the trace with the mistake. None where a trace does not
        name a right entity, or would still speak of it; or where a fact would become another one that is
        given.

    """
    gold = normalise_answers(question.answers)
    names = _list_names(question, kinds, gold)
    rights = [name for name in names if normalise_answer(name) in gold]
    wrongs = [name for name in names if name not in rights]
    rng = Random(f"{seed}/{FIND_ERROR}/{question.id}")
    for entity in rng.sample(rights, len(rights)):
        for replacement in rng.sample(wrongs, len(wrongs)):
            new = {entity: replacement}
            planted = {condition: rename(text, new) for condition, text in texts.items()}
            facts = {fact: rename(fact, new) for fact in question.context}
            # its words that tell it from all else: a part of a name, or another spelling, would give it away
            own = _words(entity) - _words(" ".join([question.question, *facts.values()]))
            is_gone = all(
                text != texts[condition] and not own & _words(text) for condition, text in planted.items()
            )
            if is_gone and not {after for before, after in facts.items() if after != before} & facts.keys():
                return {"entity": entity, "replacement": replacement, "planted": planted}
    return None


def lay_out_trials(study: Study, items: Sequence[str]) -> list[list[dict[str, Any]]]:
    """What each group sees of the questions with and without a mistake.

    Every participant sees each of them, half with a mistake; over the groups each is seen with and without
    one equally often. Within subjects the same holds of the participant's conditions.
    """
    names = [condition.name for condition in study.conditions]
    step, cycle = (1, len(names)) if study.design == "within" else (0, 1)
    laid_out = []
    for number in range(len(study.groups)):
        row, block = divmod(number, study.n_blocks)
        laid_out.append(
            [
                {
                    "item": item,
                    "condition": names[(row + step * place) % len(names)],
                    "planted": (place // cycle + row + block) % 2 == 1,
                }
                for place, item in enumerate(items)
            ]
        )
    return laid_out


def _list_names(question: Question, kinds: Kinds, answer: Answer) -> list[str]:
    """Name the entities of the context that could be the answer, in its order.

    Those of the kind that is asked for, if one of them is not in the answer, else all; what the question
    itself names is no answer.
    """
    asked = f" {normalise_answer(question.question)} "
    names = {
        form: name
        for name in offered(Source(question, (), kinds, 0))
        if f" {(form := normalise_answer(name))} " not in asked
    }
    known = kinds[get_dataset(question.dataset).answer_kind(question)]
    likely = {form: name for form, name in names.items() if form in known}
    return list((likely if likely.keys() - answer else names).values())


def _words(text: str) -> set[str]:
    """Words of a text as answers are compared."""
    return set(normalise_answer(text).split())
