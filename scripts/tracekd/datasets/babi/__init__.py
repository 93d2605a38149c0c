"""bAbI v1.2 English: eleven of the twenty toy tasks, first question of each story (paper, section 2)."""

import random
from collections.abc import Sequence
from pathlib import Path

from tracekd.core.normalise import normalise_answers
from tracekd.core.records import Question
from tracekd.datasets.babi import reader
from tracekd.datasets.interface import Answer, Dataset, Value
from tracekd.datasets.paper_steps import class_step, facts_step
from tracekd.datasets.steps import gold_facts

CLASS_SENTENCE = (
    "The category of the question represents what is being asked in that question. "
    "The category of the question asked is: "
)
RETRIEVAL_SENTENCE = "I need to use the following text to answer the question: "
# the same in other words, for a paraphrase
CLASS_REWORDED = "Questions can be told apart by what they ask for. This one is of the kind: "
RETRIEVAL_REWORDED = "What the story says on this is: "


class Babi(Dataset):
    """Facts one a line, a word, yes or no, or a list joined by commas as the answer."""

    name = "babi"
    title = "bAbI"
    classes = reader.CLASSES
    Options = reader.Options
    steps = (
        class_step(reader.CLASSES, CLASS_SENTENCE, CLASS_REWORDED),
        facts_step(RETRIEVAL_SENTENCE, RETRIEVAL_REWORDED, as_list=True),
    )

    def read(self, raw: Path, options: reader.Options, seed: int) -> list[Question]:
        """Read the first question of each story; see `reader.read`."""
        return reader.read(raw, options, seed)

    def user_prompt(self, question: Question) -> str:
        """Context one sentence per line, one blank before the instruction (paper, section 3)."""
        facts = "\n".join(question.context)
        return (
            f"Answer the question based on the context:\n{facts}\n"
            f"Question: {question.question} Only return the answer.\n"
        )

    def released_incorrect(self, question: Question, rng: random.Random) -> tuple[dict[str, Value], str]:
        """Another class, and as many random other sentences as gold ones (or all), in lower case."""
        class_, facts_ = self.steps
        label, gold = class_.wrong(question, rng, ()), gold_facts(question)
        wrong = [fact for fact in question.context if fact not in gold]
        drawn = rng.sample(wrong, min(len(question.gold_facts), len(wrong)))
        facts = tuple(fact.lower() for fact in drawn)
        return {"class": label, "facts": facts}, class_.render(label) + facts_.render(facts)

    def answer_text(self, answers: Sequence[str]) -> str:
        """Write the answer as in the raw file."""
        return ",".join(answers)

    def parse_answer(self, text: str) -> Answer | None:
        """Read the comma list as a set: bAbI's lists have no order."""
        return normalise_answers(text.split(",")) or None

    def candidates(self, question: Question) -> list[str]:
        """Give the last word of each sentence, where bAbI puts places, things, colours and names."""
        # a sentence that a model quotes may be empty
        return [(sentence.rstrip(".").split() or [""])[-1] for sentence in question.context]

    def anchor(self, question: Question) -> str:
        """Give the story."""
        return "\n".join(question.context)


DATASET = Babi()
