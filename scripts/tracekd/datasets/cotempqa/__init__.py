"""CoTempQA: co-temporal questions over facts with dates (Su et al., ACL 2024; paper, section 2)."""

import random
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tracekd.core.literals import parse_list, parse_loose_list, render_list
from tracekd.core.normalise import normalise_answer, normalise_answers
from tracekd.core.records import Question
from tracekd.datasets.cotempqa import reader
from tracekd.datasets.interface import Answer, Dataset, Value
from tracekd.datasets.paper_steps import class_step, facts_step
from tracekd.datasets.steps import gold_facts

CLASS_SENTENCE = "The temporal relation between the event in question and the event in context is: "
RETRIEVAL_SENTENCE = "I need to use the following facts to answer the question: "
# the same in other words, for a paraphrase
CLASS_REWORDED = "In time, the event in the context and the one asked about are related like this: "
RETRIEVAL_REWORDED = "What the context says on this is: "

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
# a list literal somewhere in a line
_QUOTED_LIST = re.compile(r"""\[\s*['"].*['"]\s*\]""")
_DATE = r"(?:[A-Z][a-z]+ )?(?:\d+, |, )?(?:[A-Z][a-z]+, )?\d+"
_FACT = re.compile(
    rf"(?P<subject>.+?) (?:is )?(?P<relation>{'|'.join(RELATIONS.values())}) (?P<object>.+?) "
    rf"(?P<period>(?:in|from) {_DATE}(?: to {_DATE})?)\."
)
# days have two digits
_YEAR = re.compile(r"\d{3,}")
_ASKED_SUBJECT = re.compile(r", who (?P<relation>.*)")
_ASKED_OBJECT = re.compile(r", which (?P<relation>[a-z ]+?) (?:did|was) ")
_VERB = re.compile("|".join(f"(?P<{name}>{verb})" for name, verb in RELATIONS.items()))


class Told(NamedTuple):
    """What a fact tells: of which entities, in which relation, in which years (inclusive)."""

    entities: frozenset[str]
    relation: str
    first: int
    last: int


class CoTempQA(Dataset):
    """Facts as a list literal, all gold entities as a list literal."""

    name = "cotempqa"
    title = "CoTempQA"
    classes = reader.CLASSES
    Options = reader.Options
    steps = (
        class_step(reader.CLASSES, CLASS_SENTENCE, CLASS_REWORDED),
        facts_step(RETRIEVAL_SENTENCE, RETRIEVAL_REWORDED, as_list=True),
    )
    implied_by = "facts"

    def read(self, raw: Path, options: reader.Options, seed: int) -> list[Question]:
        """Read the released split; see `reader.read`."""
        return reader.read(raw, options, seed)

    def user_prompt(self, question: Question) -> str:
        """Context as a list literal, one blank before the instruction (paper, section 3)."""
        return _prompt(question, render_list(question.context))

    def prompt_only_prompt(self, question: Question) -> str:
        """The same with newline-joined facts: the released prompting baseline prints them so."""
        return _prompt(question, "\n".join(question.context))

    def released_incorrect(self, question: Question, rng: random.Random) -> tuple[dict[str, Value], str]:
        """Another class, and one random fact without a gold answer as a bare string; `[]` for none."""
        label = self.steps[0].wrong(question, rng, ())
        gold = gold_facts(question)
        wrong = [fact for fact in question.context if fact not in gold]
        facts = (rng.choice(wrong),) if wrong else ()
        text = self.steps[0].render(label) + RETRIEVAL_SENTENCE + (facts[0] if facts else "[]")
        return {"class": label, "facts": facts}, text

    def answer_text(self, answers: Sequence[str]) -> str:
        """Write all gold answers as a list literal."""
        return render_list(list(answers))

    def parse_answer(self, text: str) -> Answer | None:
        """Read the list literal of the answer; text of another form is unreadable."""
        return normalise_answers(parse_list(text) or ()) or None

    def tolerant_answer(self, question: Question, text: str) -> Answer | None:
        """Read a list, with unescaped quotes or of whole facts too; else what a sentence names.

        A fact stands for the entity that is asked for. Of a sentence those entities count that the context
        offers and the question does not name itself. A text that states a step of the trace is no answer.
        """
        if any(step.lenient["tolerant"](question, text) is not None for step in self.steps):
            return None
        facts = dict(zip(question.context, self.candidates(question), strict=True))
        offered = {
            normalise_answer(form): normalise_answer(name)
            for fact, name in facts.items()
            if name
            for form in (fact, name)
        }
        listed = _QUOTED_LIST.search(text)
        items = parse_loose_list(listed[0]) if listed else None
        if items is None and normalise_answer(text) in offered:
            items = [text]
        if items is not None:
            return frozenset(offered.get(item, item) for item in map(normalise_answer, items))
        names = sorted(filter(None, facts.values()), key=len, reverse=True)
        any_name = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names)) or '(?!)'})(?!\w)", re.IGNORECASE)
        named, asked = (
            set(map(normalise_answer, any_name.findall(words))) for words in (text, question.question)
        )
        return frozenset(named - asked) or None

    def candidates(self, question: Question) -> list[str]:
        """Give the subject or the object of each fact, whichever is asked for; '' for an unknown form."""
        return _entities(question, question.context)

    def anchor(self, question: Question) -> str:
        """Name the entity that most context facts are about, on either side; the first one of equals.

        A question about two people has one of them only: those who share the other one are not told apart
        from independent ones. Taking both would make one cluster of a third of the released test split.
        """
        facts = filter(None, map(_FACT.fullmatch, question.context))
        entities = Counter(fact[side] for fact in facts for side in ("subject", "object"))
        return entities.most_common(1)[0][0] if entities else question.id

    def nearness(self, question: Question, fact: str) -> int:
        """Count 1 for an entity that a gold fact names, 1 for its relation, 2 for a common year with it.

        Of several gold facts the nearest one counts. The year counts double: what else was true at a time is
        the question. A fact of unknown form has nothing in common with any.
        """
        told = _read_fact(fact)
        golds = filter(None, map(_read_fact, gold_facts(question)))
        return max((_count_common(told, gold) for gold in golds if told), default=0)

    def implied_answer(self, question: Question, stated: Mapping[str, Value]) -> Answer:
        """Give the entities of the asked side: whoever reads facts and question needs no dates for them."""
        return frozenset(map(normalise_answer, _entities(question, stated["facts"])))

    def answer_kind(self, question: Question) -> str:
        """Name the asked relation and the side of it that is asked for, e.g. `employer/object`."""
        if asked := _ASKED_SUBJECT.search(question.question):
            verb = _VERB.search(asked["relation"])
            return f"{verb.lastgroup if verb else 'other'}/subject"
        asked = _ASKED_OBJECT.search(question.question)
        return f"{asked['relation'].replace(' ', '_') if asked else 'other'}/object"


def _prompt(question: Question, facts: str) -> str:
    return (
        f"Answer the question based on the context:\n{facts}\n"
        f"Question: {question.question} Only return the answer.\n"
    )


def _entities(question: Question, facts: Collection[str]) -> list[str]:
    """Read the side of each fact that the question asks for."""
    side = "subject" if _ASKED_SUBJECT.search(question.question) else "object"
    return [match[side] if (match := _FACT.fullmatch(fact)) else "" for fact in facts]


@cache  # every gold fact is held against many others
def _read_fact(fact: str) -> Told | None:
    """Take a fact apart; None for an unknown form."""
    match = _FACT.fullmatch(fact)
    years = _YEAR.findall(match["period"]) if match else []
    if not match or not years:
        return None
    relation = _VERB.fullmatch(match["relation"])
    return Told(
        frozenset((match["subject"], match["object"])),
        str(relation.lastgroup if relation else None),
        int(years[0]),
        int(years[-1]),
    )


def _count_common(one: Told, other: Told) -> int:
    """Weigh what two facts have in common."""
    at_once = one.first <= other.last and other.first <= one.last
    return bool(one.entities & other.entities) + (one.relation == other.relation) + 2 * at_once


DATASET = CoTempQA()
