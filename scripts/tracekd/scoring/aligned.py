"""The `aligned` scorer: every generation against its own question's gold, found by id.

Answer: text of the answer tag (the whole text where the arm has no tags), compared as a set; free text also
by its words (ROUGE-1 and ROUGE-L, Lin 2004). Models that learnt from a teacher may answer in its words:
where the answer is not right as it stands, what it concludes counts. Class step: the stated class is the
question's. Retrieval step: the quoted facts are exactly the gold facts. An output that is cut off or not of
the asked form counts as wrong.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from tracekd.core.literals import parse_list
from tracekd.core.normalise import collapse, normalise_answer
from tracekd.core.records import Generation, Question
from tracekd.datasets import Dataset, get_dataset
from tracekd.scoring.free_text import conclude
from tracekd.scoring.score import Score
from tracekd.traces.build import TEACHER_ARMS

_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_CLASS = re.compile(r"(?:event in context|question asked) is:?\s*(\S+?)\s*\.")
_FACTS = re.compile(r"I need to use the following (?:facts|text) to answer the question:(.*)", re.DOTALL)
# what a model that writes its own turn header, or Qwen3's chat template, puts before a bare answer; Qwen3
# often leaves the empty think block open
HEADER = re.compile(r"^\s*(?:assistant\b\s*)?(?:<think>\s*(?:</think>\s*)?)?")

# the arms whose outputs are a bare answer; all others are asked for think and answer tags
BARE_ARMS = ("prompt_only", "none")
# the steps that the trace of an arm holds; arms not named here hold both
ARM_STEPS = {
    **dict.fromkeys((*BARE_ARMS, *TEACHER_ARMS, "empty_trace", "filler"), ()),
    "class_only": ("class",),
}
BOTH_STEPS = ("class", "facts")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A generation taken apart; None for every part that is not there."""

    class_label: str | None
    facts: frozenset[str] | None
    answer: frozenset[str] | None


def score(questions: Sequence[Question], generations: Sequence[Generation], arm: str) -> list[Score]:
    """Judge the generations of `arm`, each against the gold of its own question."""
    by_id = {question.id: question for question in questions}
    return [score_item(by_id[generation.id], generation, arm) for generation in generations]


def score_item(question: Question, generation: Generation, arm: str) -> Score:
    """Judge one generation of `arm` against the gold of `question`."""
    dataset = get_dataset(question.dataset)
    steps = ARM_STEPS.get(arm, BOTH_STEPS)
    found = parse_generation(generation.text, dataset, with_trace=arm not in BARE_ARMS)
    if arm in TEACHER_ARMS:
        found = replace(found, answer=read_own_words(question, generation.text, found.answer))
    gold_facts = frozenset(map(collapse, dataset.gold_texts(question)))
    class_ok = found.class_label == question.class_label if "class" in steps else None
    facts_ok = found.facts == gold_facts if "facts" in steps else None
    missing = (
        found.answer is None,
        class_ok is not None and found.class_label is None,
        facts_ok is not None and found.facts is None,
    )
    precision, recall, f1, rouge_l = overlap(question, found.answer)
    return Score(
        id=question.id,
        class_label=question.class_label,
        answer_ok=found.answer is not None and is_right(question, found.answer),
        f1=f1,
        precision=precision,
        recall=recall,
        class_ok=class_ok,
        facts_ok=facts_ok,
        trace_ok=all(ok for ok in (class_ok, facts_ok) if ok is not None) if steps else None,
        parsed=not any(missing),
        rouge_l=rouge_l,
    )


def parse_generation(text: str, dataset: Dataset, with_trace: bool) -> Parsed:
    """Take a generation apart.

    With a trace the reasoning must be closed by `</think>` and the answer stand in a closed answer tag;
    without one the whole text is the answer unless it holds the tag.
    """
    tagged = _ANSWER.search(text)
    if not with_trace:
        bare = HEADER.sub("", text, count=1)
        return Parsed(None, None, dataset.parse_answer(tagged[1] if tagged else bare))
    reasoning, closed, _ = text.partition("</think>")
    label = _CLASS.search(reasoning) if closed else None
    facts = _FACTS.search(reasoning) if closed else None
    return Parsed(
        class_label=label[1] if label else None,
        facts=parse_facts(facts[1], dataset) if facts else None,
        answer=dataset.parse_answer(tagged[1]) if tagged else None,
    )


def read_own_words(question: Question, text: str, strict: frozenset[str] | None) -> frozenset[str] | None:
    """Read the tagged answer as free text, unless it is right as it stands."""
    tagged = _ANSWER.search(text)
    if not tagged or (strict is not None and is_right(question, strict)):
        return strict
    return conclude(question, tagged[1]) or strict


def parse_facts(text: str, dataset: Dataset) -> frozenset[str]:
    """Read quoted facts: a list literal where the dataset quotes lists, else one bare fact."""
    items = parse_list(text) if dataset.QUOTES_A_LIST else None
    return frozenset(map(collapse, [text] if items is None else items))


def is_right(question: Question, answer: frozenset[str]) -> bool:
    """Compare an answer with the gold answers: as a set, or with any one where they are alternatives."""
    gold = frozenset(map(normalise_answer, question.answers))
    if get_dataset(question.dataset).ALTERNATIVE_ANSWERS:
        return bool(answer & gold)
    return answer == gold


def overlap(question: Question, answer: frozenset[str] | None) -> tuple[float, float, float, float | None]:
    """Give (precision, recall, F1, ROUGE-L) of the answer.

    Over the items of the set, where ROUGE-L is None; over the words of the best alternative where answers
    are free text.
    """
    free_text = get_dataset(question.dataset).ALTERNATIVE_ANSWERS
    if answer is None:
        return 0.0, 0.0, 0.0, 0.0 if free_text else None
    if free_text:
        best = _rouge().score_multi(question.answers, " ".join(answer))
        return *best["rouge1"], best["rougeL"].fmeasure
    gold = frozenset(map(normalise_answer, question.answers))
    shared = len(answer & gold)
    if not shared:
        return 0.0, 0.0, 0.0, None
    precision, recall = shared / len(answer), shared / len(gold)
    return precision, recall, 2 * precision * recall / (precision + recall), None


class _Words:
    """The words of a normalised answer: the library's own tokeniser would drop all letters but a to z."""

    @staticmethod
    def tokenize(text: str) -> list[str]:
        return normalise_answer(text).split()


@cache
def _rouge():
    """Give ROUGE-1 and ROUGE-L without stemming."""
    from rouge_score.rouge_scorer import RougeScorer  # loading it takes a second, and only free text needs it

    return RougeScorer(["rouge1", "rougeL"], tokenizer=_Words)
