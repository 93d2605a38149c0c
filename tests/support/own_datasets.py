"""Datasets as a user may add them, one of three steps and one of a single step, each with a verifier."""

import random
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from tracekd.core.literals import parse_list, render_list
from tracekd.core.normalise import collapse, normalise_answer
from tracekd.core.records import Question
from tracekd.datasets import DATASETS, add_dataset
from tracekd.datasets.interface import Dataset, Step
from tracekd.datasets.published import RULES
from tracekd.datasets.simulation import SIMULATORS
from tracekd.datasets.steps import draw_wrong_facts, gold_facts
from tracekd.interventions.prefills import CONDITIONS
from tracekd.scoring import SCORERS
from tracekd.traces import verification
from tracekd.traces.arms import ARMS
from tracekd.traces.verification import VERIFIERS

from support.examples import SOURCE

KIND, EVIDENCE, EQUATION = "The kind is: ", "The evidence is: ", "The equation is: "


@contextmanager
def kept_registries() -> Iterator[None]:
    """Let what is registered meanwhile be gone afterwards."""
    with ExitStack() as stack:
        for registry in (DATASETS, SIMULATORS, RULES, ARMS, SCORERS, CONDITIONS, VERIFIERS):
            stack.enter_context(patch.dict(registry._makers))
            stack.enter_context(patch.dict(registry._things))
        stack.enter_context(patch.dict(verification.EXPECTED))
        yield


def line_of(opening):
    """Read what stands behind an opening, up to the end of its line."""
    pattern = re.compile(f"{re.escape(opening)}(.*)\n")
    return lambda text: found[1] if (found := pattern.search(text)) else None


def parse_evidence(text):
    items = parse_list(line_of(EVIDENCE)(text) or "")
    return None if items is None else frozenset(map(collapse, items))


def other_result(question, rng, pool):
    """A sum that is too high."""
    head, _, result = question.attributes["equation"].rpartition(" ")
    return f"{head} {int(result) + rng.randint(1, 9)}"


KIND_STEP = Step(
    name="kind",
    title="kind",
    asks="what is to be done?",
    opening=KIND,
    write=lambda label: f"{label}\n",
    gold=lambda question: question.class_label,
    wrong=lambda question, rng, pool: rng.choice(
        [one for one in Sums.classes if one != question.class_label]
    ),
    parse=line_of(KIND),
)
EVIDENCE_STEP = Step(
    name="evidence",
    title="evidence",
    asks="which facts count?",
    opening=EVIDENCE,
    write=lambda facts: f"{render_list(list(facts))}\n",
    gold=gold_facts,
    wrong=lambda question, rng, pool: draw_wrong_facts(question, gold_facts(question), rng, pool),
    parse=parse_evidence,
    is_right=lambda question, facts: facts == frozenset(map(collapse, gold_facts(question))),
    quotes=True,
)
EQUATION_STEP = Step(
    name="equation",
    title="equation",
    asks="what is the result?",
    opening=EQUATION,
    write=lambda equation: f"{equation}\n",
    gold=lambda question: question.attributes["equation"],
    wrong=other_result,
    parse=line_of(EQUATION),
)


class Own(Dataset):
    """What both datasets have in common."""

    def read(self, raw, options, seed):
        return [make_own(self.name, number) for number in range(options["size"])]

    def user_prompt(self, question):
        return f"{render_list(question.context)}\n{question.question}\n"

    def answer_text(self, answers):
        return answers[0]

    def parse_answer(self, text):
        return frozenset([normalise_answer(text)])


class Sums(Own):
    """Three steps; the answer follows from the last one, which quotes nothing."""

    name = "sums"
    title = "Sums"
    classes = ("sum", "difference", "product")
    steps = (KIND_STEP, EVIDENCE_STEP, EQUATION_STEP)
    implied_by = "equation"

    def implied_answer(self, question, stated):
        return frozenset([normalise_answer(stated["equation"].rpartition("= ")[2])])


class LookUp(Own):
    """One step, from which no answer follows by itself."""

    name = "look_up"
    title = "LookUp"
    classes = ("plain", "odd")
    steps = (EVIDENCE_STEP,)


class LineVerifier:
    """Reads one step a line, whatever their order."""

    def __init__(self, **openings):
        self.openings = openings
        self.STEPS = tuple(openings)

    def read(self, reasoning):
        found = {}
        for line in reasoning.splitlines():
            name = next((name for name, head in self.openings.items() if line.startswith(head)), None)
            if name is None or name in found:
                return None
            found[name] = line.removeprefix(self.openings[name])
        return found

    def is_step_right(self, question, step, text):
        return text == self.right(question)[step]

    def is_gold_answer(self, question, answer):
        return answer == question.answers[0]

    def count_words(self, question):
        return sum(len(f"{head}{self.right(question)[name]}".split()) for name, head in self.openings.items())

    def right(self, question):
        facts = render_list([question.context[index] for index in question.gold_facts])
        return {
            "kind": question.class_label,
            "evidence": facts,
            "equation": question.attributes["equation"],
        }


def add_own_datasets():
    """Register both with their verifiers."""
    add_dataset(Sums())
    add_dataset(LookUp())
    VERIFIERS.add("sums", lambda: LineVerifier(kind=KIND, evidence=EVIDENCE, equation=EQUATION))
    VERIFIERS.add("look_up", lambda: LineVerifier(evidence=EVIDENCE))


def make_own(dataset, number, split="test"):
    """One question, of which every number differs from those of the others."""
    rng = random.Random(number)
    counts = rng.sample(range(10, 100), 4)
    context = tuple(f"Box {place} of {number} holds {count}." for place, count in enumerate(counts))
    classes = (Sums if dataset == "sums" else LookUp).classes
    total = counts[0] + counts[2]
    return Question(
        id=f"{dataset}-{number:03d}",
        dataset=dataset,
        split=split,
        class_label=classes[number % len(classes)],
        context=context,
        question=f"How many are in boxes 0 and 2 of {number}?",
        answers=(str(total),),
        gold_facts=(0, 2),
        source=SOURCE,
        attributes={"equation": f"{counts[0]} + {counts[2]} = {total}"},
    )
