"""MS MARCO QA v2.1: web questions of five types over ten passages (paper, section 2)."""

import random
from collections.abc import Sequence
from pathlib import Path

from tracekd.core.literals import render_list
from tracekd.core.normalise import normalise_answers
from tracekd.core.records import Question
from tracekd.datasets.interface import Answer, Dataset, Value
from tracekd.datasets.ms_marco import reader
from tracekd.datasets.ms_marco.reader import NO_ANSWER
from tracekd.datasets.paper_steps import class_step, facts_step
from tracekd.datasets.steps import gold_facts

CLASS_SENTENCE = (
    "The category of the question represents what is being asked in that question. "
    "The category of the question asked is: "
)
RETRIEVAL_SENTENCE = "I need to use the following text to answer the question: "
# the same in other words, for a paraphrase
CLASS_REWORDED = "Questions can be told apart by what they ask for. This one is of the kind: "
RETRIEVAL_REWORDED = "What the passages say on this is: "
# a passage is drawn as wrong only if it shares fewer white-space tokens with the gold one (paper, section 3)
MAX_SHARED_TOKENS = 8


def gold_texts(question: Question) -> tuple[str, ...]:
    """Give the gold passage; an unanswerable question has the no-answer string in its place."""
    return gold_facts(question) or (NO_ANSWER,)


class MsMarco(Dataset):
    """Passages as a list literal, one passage quoted as it is, alternative answers in free text."""

    name = "ms_marco"
    title = "MS MARCO"
    classes = reader.CLASSES
    Options = reader.Options
    steps = (
        class_step(reader.CLASSES, CLASS_SENTENCE, CLASS_REWORDED),
        facts_step(RETRIEVAL_SENTENCE, RETRIEVAL_REWORDED, as_list=False, gold=gold_texts),
    )
    alternatives = True

    def read(self, raw: Path, options: reader.Options, seed: int) -> list[Question]:
        """Draw questions of each query type; see `reader.read`."""
        return reader.read(raw, options, seed)

    def user_prompt(self, question: Question) -> str:
        """Passages as a list literal, the instruction on a line of its own (paper, section 3)."""
        return (
            f"Answer the question based on the context:\n{render_list(list(question.context))}\n"
            f"Question: {question.question}\nOnly return the answer.\n"
        )

    def released_incorrect(self, question: Question, rng: random.Random) -> tuple[dict[str, Value], str]:
        """Another class, and a random passage that shares few words with the gold one; `[]` for none."""
        class_, facts_ = self.steps
        label = class_.wrong(question, rng, ())
        # a short gold passage could otherwise be drawn in another letter case
        quotes = {text.casefold() for text in gold_texts(question)}
        tokens = {token for passage in gold_facts(question) for token in passage.split()}
        wrong = [
            passage
            for passage in question.context
            if passage.casefold() not in quotes and len(tokens & set(passage.split())) < MAX_SHARED_TOKENS
        ]
        facts = (rng.choice(wrong),) if wrong else ()
        text = class_.render(label) + facts_.render(facts or ("[]",))
        return {"class": label, "facts": facts}, text

    def answer_text(self, answers: Sequence[str]) -> str:
        """Write the first reference answer: the released training rows hold no other."""
        return answers[0]

    def parse_answer(self, text: str) -> Answer | None:
        """Read free text as one item; a blank one is no answer."""
        return normalise_answers([text]) or None

    def candidates(self, question: Question) -> list[str]:
        """Give what follows the last "is" of each passage; '' where there is none."""
        return [
            passage.rpartition(" is ")[2].rstrip(".") if " is " in passage else ""
            for passage in question.context
        ]

    def anchor(self, question: Question) -> str:
        """Give the passages, whatever their order."""
        return "\n".join(sorted(question.context))


DATASET = MsMarco()
