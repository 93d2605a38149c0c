"""What is asked of every item: contexts, set traces, weighed answers, and what had to be left out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracekd.core.normalise import normalise_answers
from tracekd.core.records import Question
from tracekd.datasets.splits import draw_balanced
from tracekd.experiment.contexts import CUED, INTACT, SWAPPED, build_contexts
from tracekd.experiment.traces import (
    EARLY,
    EMPTY,
    NEAR,
    NO_TRACE,
    OWN,
    OWN_CUED,
    OWN_MISTAKEN,
    OWN_SWAPPED,
    TRACES,
    TRUE_FORMS,
    Kinds,
    Source,
    name_answer,
    name_kinds,
    offered,
)
from tracekd.settings.experiment import Experiment

# an answer as its dataset writes it: entities in their order
Entities = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One question of the experiment; the same for every model and arm.

    asked: the settings that hold for it: of items that the battery is not made on, without it. contexts: name
    to the question in it, `intact` first. foil: the wrong answer that it is held against
    wherever a set trace names none: that of the trace `wrong_near`, else the first wrong one of the context.
    answers: all that are weighed, none twice: entities of its contexts, gold and swapped answers, what the
    set traces name.
    """

    question: Question
    asked: Experiment
    contexts: Mapping[str, Question]
    foil: Entities
    answers: tuple[Entities, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One set trace in one context of an item; `named`: the answer that it implies, None for none.

    text: between the think tags; None for an arm without tags.
    """

    context: str
    trace: str
    text: str | None
    named: Entities | None


class LeftOut(NamedTuple):
    """What an item does not have: `part` is `item`, `context` or `trace`, `name` which of them, or why."""

    id: str
    part: str
    name: str


def contexts_of(settings: Experiment) -> list[str]:
    """Name the contexts of the experiment, the intact one first."""
    return list(dict.fromkeys((INTACT, *settings.contexts, *[CUED] * ("cue" in settings.battery))))


def written_traces(settings: Experiment) -> list[str]:
    """Name what the model writes beside its own trace: one in another context, one after a mistake."""
    wanted = {
        OWN_SWAPPED: OWN in settings.traces and SWAPPED in settings.contexts,
        OWN_CUED: "cue" in settings.battery,
        OWN_MISTAKEN: "mistake" in settings.battery,
    }
    return [name for name, is_wanted in wanted.items() if is_wanted]


def crossing(settings: Experiment) -> dict[str, list[str]]:
    """Say which traces are set in each context."""
    crossed = [*settings.traces, *[OWN_SWAPPED] * (OWN_SWAPPED in written_traces(settings))]
    probes = {
        "early_answering": [OWN, *(f"own_{share}" for share in EARLY)],
        "mistake": [OWN, OWN_MISTAKEN],
        "paraphrase": [OWN, "own_paraphrased"],
        "cue": [OWN],
    }
    intact = dict.fromkeys([*crossed, *(name for probe in settings.battery for name in probes[probe])])
    rows = {name: crossed for name in settings.contexts} | {INTACT: list(intact)}
    return rows | {CUED: [OWN, OWN_CUED, EMPTY]} if "cue" in settings.battery else rows


@dataclass(frozen=True, slots=True)
class Bench:
    """What the items of a dataset are made of.

    pool: test questions; items, and facts that are borrowed, are of these. kinds: as from `name_kinds`. seed:
    of the run; whatever is drawn depends on it and the item only. teacher: question id to its reasoning.
    """

    pool: Sequence[Question]
    kinds: Kinds
    seed: int
    teacher: Mapping[str, str]

    def source(self, question: Question, written: Mapping[str, str] | None = None) -> Source:
        """Give what the set traces of a question are made of."""
        teacher = self.teacher.get(question.id)
        return Source(question, self.pool, self.kinds, self.seed, written or {}, teacher)


def set_up(questions: Sequence[Question], seed: int, teacher: Mapping[str, str]) -> Bench:
    """Put together what the items of a dataset are made of, from its questions of all splits."""
    pool = [question for question in questions if question.split == "test"]
    return Bench(pool, name_kinds(questions), seed, teacher)


def design_items(bench: Bench, settings: Experiment) -> tuple[list[Item], list[LeftOut]]:
    """Choose the items, build their contexts, and say what had to be left out."""
    items, left_out = [], []
    foils = {}
    for question in bench.pool:
        source = bench.source(question)
        foil = _find_foil(source)
        if not _names_gold(source):
            left_out.append(LeftOut(question.id, "item", "answer is no entity of its facts"))
        elif foil is None:
            left_out.append(LeftOut(question.id, "item", "no wrong entity"))
        else:
            foils[question.id] = foil
    fit = [question for question in bench.pool if question.id in foils]
    drawn = draw_balanced(fit, settings.items, bench.seed)
    probed = frozenset(drawn[: settings.battery_items])
    plain = settings.changed(battery=[])
    for question in [one for one in fit if one.id in drawn]:
        source = bench.source(question)
        asked = settings if question.id in probed else plain
        item = _design(source, foils[question.id], asked)
        missing = [name for name in contexts_of(asked) if name not in item.contexts]
        left_out += [LeftOut(question.id, "context", name) for name in missing]
        absent = [name for name in _fixed(settings) if TRACES[name](source) is None]
        left_out += [LeftOut(question.id, "trace", name) for name in absent]
        items.append(item)
    return items, left_out


def set_traces(item: Item, bench: Bench, written: Mapping[str, str]) -> list[Cell]:
    """Cross the traces of an item with its contexts, for an arm with think tags.

    `written` holds what the model wrote itself: by the name of the trace, its whole turn.
    """
    source = bench.source(item.question, written)
    cells = []
    for context, names in crossing(item.asked).items():
        for name in names if context in item.contexts else ():
            text = TRACES[name](source)
            if text is not None:
                cells.append(Cell(context, name, text, _name(name, text, source)))
    return cells


def set_nothing(item: Item) -> list[Cell]:
    """Cross nothing with the contexts of an item: what an arm without think tags answers."""
    return [Cell(context, NO_TRACE, None, None) for context in item.contexts]


def find_answers(item: Item, cells: Iterable[Cell]) -> tuple[Entities, ...]:
    """Give the answers to be weighed: those of the item, and what traces of this model name beyond them."""
    return _distinct([*item.answers, *(cell.named for cell in cells if cell.named)])


def same(one: Iterable[str], other: Iterable[str]) -> bool:
    """Tell whether two answers are the same set of entities."""
    return normalise_answers(one) == normalise_answers(other)


def _fixed(settings: Experiment) -> list[str]:
    """Name the set traces that do not depend on a model."""
    return [name for name in settings.traces if name != OWN]


def _name(trace: str, text: str, source: Source) -> Entities | None:
    if trace in TRUE_FORMS:
        return source.question.answers
    return name_answer(source, text)


def _names_gold(source: Source) -> bool:
    """Tell whether every gold answer is an entity that a gold fact offers."""
    question = source.question
    facts = [question.context[place] for place in question.gold_facts]
    offers = normalise_answers(offered(source, facts)) if facts else frozenset()
    return bool(facts) and normalise_answers(question.answers) <= offers


def _find_foil(source: Source) -> Entities | None:
    """Give what `wrong_near` names, else the first entity of the context that is not gold; None for none."""
    gold = normalise_answers(source.question.answers)
    trace = TRACES[NEAR](source)
    named = None if trace is None else name_answer(source, trace)
    if named and not normalise_answers(named) & gold:
        return named
    others = [name for name in offered(source) if not normalise_answers([name]) & gold]
    return (others[0],) if others else None


def _design(source: Source, foil: Entities, settings: Experiment) -> Item:
    """Build the contexts of an item, and list the answers that are weighed in all of them."""
    names = contexts_of(settings)
    contexts = build_contexts(source.question, " and ".join(foil), names, source.kinds, source.seed)
    texts = {name: TRACES[name](source) for name in _fixed(settings)}
    named = [_name(name, text, source) for name, text in texts.items() if text is not None]
    answers = [
        *(context.answers for context in contexts.values()),
        foil,
        *((name,) for context in contexts.values() for name in offered(source, context.context)),
        *filter(None, named),
    ]
    return Item(source.question, settings, contexts, foil, _distinct(answers))


def _distinct(answers: Iterable[Entities]) -> tuple[Entities, ...]:
    """Leave out answers that are there already, in whatever order of entities."""
    found: dict[frozenset[str], Entities] = {}
    for answer in answers:
        found.setdefault(normalise_answers(answer), answer)
    return tuple(found.values())
