"""Traces that are set before the answer: what an item has of each kind, and the answer that each names."""

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tracekd.core.errors import ConfigError, DataError
from tracekd.core.normalise import collapse, normalise_answer
from tracekd.core.records import Question
from tracekd.datasets import get_dataset
from tracekd.datasets.free_text import conclude
from tracekd.datasets.interface import Value
from tracekd.interventions.prefills import CONDITIONS, condition_title
from tracekd.interventions.prefills import Setting as Prefilling
from tracekd.teacher.responses import OK, read_responses
from tracekd.traces.arms import get_arm
from tracekd.traces.build import build_trace

OWN, OWN_SWAPPED, OWN_CUED, OWN_MISTAKEN = "own", "own_swapped", "own_cued", "own_mistaken"
GOLD, NEAR, EMPTY, TEACHER = "gold", "wrong_near", "empty", "teacher"
# of an arm without think tags
NO_TRACE = "no_trace"
# % of the words of its own trace that the model answers behind, all of it aside
EARLY = (0, 25, 50, 75)
# a filler is made of so many words, the most common of the questions
READABLE_WORDS = 20
# answers by their kind: normalised to as they are written
Kinds = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Source:
    """What the set traces of one item are made of.

    pool: test questions to borrow from. kinds: as from `name_kinds`. seed: of the run. written: what the
    model itself wrote, by the name of the trace: its whole turn. teacher: the teacher's reasoning, if any.
    """

    question: Question
    pool: Sequence[Question]
    kinds: Kinds
    seed: int
    written: Mapping[str, str] = field(default_factory=dict)
    teacher: str | None = None


def paraphrase(question: Question, stated: Mapping[str, Value]) -> str | None:
    """Say the same steps in other words; None where a step has none or is not stated."""
    steps = get_dataset(question.dataset).steps
    if not all(step.rewording and stated.get(step.name) is not None for step in steps):
        return None
    return "".join(step.paraphrase(stated[step.name]) for step in steps)


def read_steps(question: Question, trace: str) -> dict[str, Value]:
    """Read what the steps of a trace state; quoted facts in the order in which they stand."""
    stated = {step.name: step.parse(trace) for step in get_dataset(question.dataset).steps}
    found = {name: value for name, value in stated.items() if value is not None}
    text = collapse(trace)
    return {
        name: tuple(sorted(value, key=text.find)) if isinstance(value, frozenset) else value
        for name, value in found.items()
    }


def _own(name: str) -> Callable[[Source], str | None]:
    """Give the reasoning that the model wrote, where it closed its think tag."""

    def write(source: Source) -> str | None:
        prefilling = Prefilling(source.question, source.written.get(name, ""), (), source.seed)
        return CONDITIONS.get("own").prefill(prefilling)

    return write


def _built(arm: str) -> Callable[[Source], str | None]:
    """Give the trace of an arm; None where the dataset or its questions have none of the kind."""

    def write(source: Source) -> str | None:
        try:
            return build_trace(source.question, arm, source.seed, source.pool).text
        except (ConfigError, DataError):  # no such step or recipe; too few facts to borrow
            return None

    return write


def _foreign(source: Source) -> str | None:
    return CONDITIONS.get("foreign").prefill(Prefilling(source.question, "", source.pool, source.seed))


def _gold_values(source: Source) -> dict[str, Value]:
    return {step.name: step.gold(source.question) for step in get_dataset(source.question.dataset).steps}


def _gold_paraphrased(source: Source) -> str | None:
    return paraphrase(source.question, _gold_values(source))


def _gold_reordered(source: Source) -> str | None:
    """Quote the gold facts from the last to the first; None where there is only one."""
    dataset, stated = get_dataset(source.question.dataset), _gold_values(source)
    quoting = dataset.quoting_step
    if quoting is None or len(stated[quoting.name]) < 2:
        return None
    stated[quoting.name] = tuple(stated[quoting.name])[::-1]
    return "".join(step.render(stated[step.name]) for step in dataset.steps)


def _filler_words(source: Source) -> str | None:
    """Draw common words of the questions, as many as the gold trace has: words that the model has read.

    None of them belongs to an answer of any question or to what the context offers.
    """
    asked = Counter(
        word for other in source.pool for word in set(re.findall(r"(?<!\S)[a-z]+(?!\S)", other.question))
    )
    answers = (form for names in source.kinds.values() for form in names)
    named = {word for form in (*answers, *map(normalise_answer, offered(source))) for word in form.split()}
    common = sorted(set(asked) - named, key=lambda word: (-asked[word], word))[:READABLE_WORDS]
    if not common:
        return None
    length = len(build_trace(source.question, "correct", source.seed).text.split())
    return " ".join(random.Random(f"{source.seed}/filler/{source.question.id}").choices(common, k=length))


def _early(share: int) -> Callable[[Source], str | None]:
    """Cut the model's own trace behind a share of its words (after Lanham et al. 2023)."""

    def write(source: Source) -> str | None:
        own = _own(OWN)(source)
        if own is None:
            return None
        ends = [found.end() for found in re.finditer(r"\S+", own)]
        count = share * len(ends) // 100
        return own[: ends[count - 1]] if count else ""

    return write


def _own_paraphrased(source: Source) -> str | None:
    own = _own(OWN)(source)
    return None if own is None else paraphrase(source.question, read_steps(source.question, own))


TRACES: dict[str, Callable[[Source], str | None]] = {
    OWN: _own(OWN),
    GOLD: _built("correct"),
    "gold_paraphrased": _gold_paraphrased,
    "gold_reordered": _gold_reordered,
    NEAR: _built("wrong_near"),
    "wrong_far": _built("wrong_far"),
    "wrong_released": _built("incorrect"),
    "foreign": _foreign,
    EMPTY: lambda source: "",
    "filler_words": _filler_words,
    TEACHER: lambda source: source.teacher,
    OWN_SWAPPED: _own(OWN_SWAPPED),
    OWN_CUED: _own(OWN_CUED),
    OWN_MISTAKEN: _own(OWN_MISTAKEN),
    "own_paraphrased": _own_paraphrased,
    **{f"own_{share}": _early(share) for share in EARLY},
}
TITLES = {
    OWN: condition_title(OWN),
    GOLD: condition_title(GOLD),
    "gold_paraphrased": "gold, paraphrased",
    "gold_reordered": "gold, facts reordered",
    NEAR: get_arm(NEAR).title,
    "wrong_far": get_arm("wrong_far").title,
    "wrong_released": "wrong, as released",
    "foreign": condition_title("foreign"),
    EMPTY: condition_title(EMPTY),
    "filler_words": "filler words",
    TEACHER: "teacher's trace",
    NO_TRACE: "no trace",
}
# true whatever their form, so they name the gold answer
TRUE_FORMS = (GOLD, "gold_paraphrased", "gold_reordered")


def mistaken_beginning(question: Question, seed: int) -> str:
    """Write the first step wrong: a mistake behind which the model goes on by itself (Lanham et al. 2023)."""
    first = get_dataset(question.dataset).steps[0]
    rng = random.Random(f"{seed}/mistake/{question.id}")
    return first.render(first.wrong(question, rng, ()))


def name_kinds(questions: Sequence[Question]) -> Kinds:
    """Give the answers of all questions by their kind (`Dataset.answer_kind`): normalised, and as written."""
    kinds: dict[str, dict[str, str]] = {}
    for question in questions:
        names = kinds.setdefault(get_dataset(question.dataset).answer_kind(question), {})
        for answer in question.answers:
            names.setdefault(normalise_answer(answer), answer)
    return kinds


def offered(source: Source, facts: Sequence[str] | None = None) -> list[str]:
    """Name the entities that facts, or else the context, offer as answers, each once, in their order.

    Where facts of a dataset imply no answer by themselves, an entity counts only if it answers some question
    of this kind: bAbI's sentences end in all sorts of words.
    """
    question = source.question
    dataset = get_dataset(question.dataset)
    asked = question if facts is None else replace(question, context=tuple(facts))
    names: dict[str, str] = {}
    for name in filter(None, dataset.candidates(asked)):
        names.setdefault(normalise_answer(name), name)
    if dataset.implied_by is None:
        known = source.kinds[dataset.answer_kind(question)]
        names = {form: name for form, name in names.items() if form in known}
    return list(names.values())


def name_answer(source: Source, trace: str) -> tuple[str, ...] | None:
    """Name the answer that a trace implies; None where it implies none.

    By the facts that it quotes: all of their entities, or, where facts imply no answer by themselves, the
    last one. By what it concludes in words of its own, where it quotes none.
    """
    question = source.question
    dataset = get_dataset(question.dataset)
    quoting = dataset.quoting_step
    facts = read_steps(question, trace).get(quoting.name) if quoting else None
    if facts is None:
        known = {normalise_answer(name): name for name in (*question.answers, *offered(source))}
        concluded = conclude(question, trace) or frozenset()
        return tuple(name for form, name in known.items() if form in concluded) or None
    names = tuple(offered(source, tuple(facts)))
    return (names if dataset.implied_by else names[-1:]) or None


def read_teacher(paths: Sequence[str]) -> dict[str, str]:
    """Read a teacher's whole reasoning by question id, of files of the kind `r1`."""
    return {
        response.id: response.reasoning
        for path in paths
        for response in read_responses(path)
        if response.status == OK
    }
