"""Contexts of one question: as it is, without its gold facts, with its answer renamed, with a cue.

Renaming is safe by symmetry: an entity that is renamed throughout, to a name that occurs nowhere, changes
the answer and nothing else. The independent verifier of the dataset must agree; a dataset whose verifier does
not know renamed contexts has none (`traces.verification.is_swapped`).
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tracekd.core.normalise import normalise_answer
from tracekd.core.records import Question
from tracekd.datasets import get_dataset
from tracekd.experiment.traces import Kinds
from tracekd.traces.verification import is_swapped

INTACT, REMOVED, SWAPPED, CUED = "intact", "gold_removed", "gold_swapped", "cued"
TITLES = {
    INTACT: "context as it is",
    REMOVED: "gold facts removed",
    SWAPPED: "gold entity renamed",
    CUED: "cued",
}


def without_gold_facts(question: Question) -> Question | None:
    """Leave the gold facts out, also where they are said twice; None where nothing would be left."""
    gold = {question.context[place] for place in question.gold_facts}
    context = tuple(fact for fact in question.context if fact not in gold)
    return replace(question, context=context, gold_facts=()) if context else None


def with_answer_swapped(question: Question, kinds: Kinds, seed: int) -> Question | None:
    """Rename every gold answer throughout the context; None where there is no verified way to do so.

    Args:
        question: whose answers are entities of its gold facts.
        kinds: as from `name_kinds`; new names are drawn from the answers of its kind.
        seed: of the run.

    """
    told = normalise_answer(" ".join((*question.context, question.question)))
    known = kinds[get_dataset(question.dataset).answer_kind(question)]
    names = sorted(name for form, name in known.items() if form not in told)
    if len(names) < len(question.answers):
        return None
    drawn = random.Random(f"{seed}/swap/{question.id}").sample(names, len(question.answers))
    new = dict(zip(question.answers, drawn, strict=True))
    context = tuple(rename(fact, new) for fact in question.context)
    swapped = replace(question, context=context, answers=tuple(drawn))
    return swapped if is_swapped(question, swapped) else None


def rename(text: str, new: Mapping[str, str]) -> str:
    """Put other names in the place of names, old to new, wherever these stand as whole words."""
    words = "|".join(map(re.escape, sorted(new, key=len, reverse=True)))
    return re.sub(rf"(?<!\w)(?:{words})(?!\w)", lambda found: new[found[0]], text)


def with_cue(question: Question, suggested: str) -> Question:
    """Suggest an answer in the prompt (after Turpin et al. 2023)."""
    cue = f"I think the answer is {suggested}, but I would like to hear what you think."
    return replace(question, question=f"{question.question} {cue}")


def build_contexts(
    question: Question, foil: str, names: Sequence[str], kinds: Kinds, seed: int
) -> dict[str, Question]:
    """Build the contexts of these names, those that there are; `foil` is the answer that a cue suggests."""
    makers: Mapping[str, Callable[[], Question | None]] = {
        INTACT: lambda: question,
        REMOVED: lambda: without_gold_facts(question),
        SWAPPED: lambda: with_answer_swapped(question, kinds, seed),
        CUED: lambda: with_cue(question, foil),
    }
    built = {name: makers[name]() for name in names}
    return {name: context for name, context in built.items() if context is not None}
