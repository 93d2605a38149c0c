"""The questions: two facts of a story give two numbers, and an operation gives the answer."""

import random
import re
from collections.abc import Mapping, Sequence
from operator import add, mul, sub
from pathlib import Path

import fastjsonschema
from tracekd.core.files import sha256_text
from tracekd.core.normalise import normalise_answer
from tracekd.core.raw import check_row
from tracekd.core.records import Question, Source, read_json_lines
from tracekd.datasets.interface import Answer, Dataset, Step, Value
from tracekd.datasets.steps import label_step, quote_step
from tracekd.settings.base import Settings

FILE = "problems.jsonl"
OPERATIONS = {"addition": (add, "+"), "subtraction": (sub, "-"), "multiplication": (mul, "*")}
NUMBERS = range(2, 10)
ROW = fastjsonschema.compile(
    {
        "type": "object",
        "required": ["split", "facts", "relevant", "operation", "numbers", "question"],
        "properties": {
            "split": {"enum": ["train", "test"]},
            "facts": {"type": "array", "minItems": 2, "items": {"type": "string", "pattern": r"\S"}},
            "relevant": {"type": "array", "minItems": 2, "items": {"type": "integer", "minimum": 0}},
            "operation": {"enum": list(OPERATIONS)},
            "numbers": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "integer"}},
            "question": {"type": "string", "pattern": r"\S"},
        },
    }
)
EQUATION = "The equation is: "
_EQUATION = re.compile(r"The equation is: (\d+ [-+*] \d+ = -?\d+)")
_TERMS = re.compile(r"(\d+) ([-+*]) (\d+) = (-?\d+)")


def write_equation(operation: str, numbers: Sequence[int]) -> str:
    """Write an equation that holds, e.g. ``7 + 3 = 10``."""
    compute, sign = OPERATIONS[operation]
    return f"{numbers[0]} {sign} {numbers[1]} = {compute(*numbers)}"


def evaluate(equation: str) -> int:
    """Compute the left side of an equation; what stands on its right is not looked at."""
    first, sign, second, _ = _TERMS.fullmatch(equation).groups()
    return next(compute for compute, known in OPERATIONS.values() if known == sign)(int(first), int(second))


def wrong_equation(question: Question, rng: random.Random, pool: Sequence[Question]) -> str:
    """Put another number in the second place: the equation holds, but not of this story."""
    first, second = map(int, question.attributes["numbers"].split())
    compute, _ = OPERATIONS[question.class_label]
    others = [number for number in range(1, 13) if number != second and compute(first, number) > 0]
    return write_equation(question.class_label, (first, rng.choice(others)))


def find_equation(reasoning: str) -> str | None:
    """Read the equation that a trace states."""
    found = _EQUATION.search(reasoning)
    return found[1] if found else None


class WordProblems(Dataset):
    """Three steps: which facts matter, what to do with their numbers, and the equation that comes of it."""

    name = "word_problems"
    title = "Word problems"
    classes = tuple(OPERATIONS)
    steps = (
        quote_step(
            name="facts",
            title="retrieval",
            asks="which facts matter?",
            opening="The facts that matter are: ",
        ),
        label_step(
            name="operation",
            title="operation",
            asks="what is to be done with their numbers?",
            opening="The operation is: ",
            labels=tuple(OPERATIONS),
        ),
        Step(
            name="equation",
            title="equation",
            asks="what comes of it?",
            opening=EQUATION,
            write=lambda equation: f"{equation}\n",
            gold=lambda question: question.attributes["equation"],
            wrong=wrong_equation,
            parse=find_equation,
        ),
    )
    # the left side of the equation is computed, whatever stands on its right
    implied_by = "equation"

    def read(self, raw: Path, options: Settings, seed: int) -> list[Question]:
        """Read one problem per line of `problems.jsonl`, which says itself what is train and what is test."""
        questions = []
        for number, row in read_json_lines(raw / FILE):
            check_row(ROW, row, f"{raw / FILE}:{number}")
            equation = write_equation(row["operation"], row["numbers"])
            questions.append(
                Question(
                    id=f"word_problems-{number:05d}",
                    dataset=self.name,
                    split=row["split"],
                    class_label=row["operation"],
                    context=tuple(row["facts"]),
                    question=row["question"],
                    answers=(equation.rpartition(" ")[2],),
                    gold_facts=tuple(sorted(row["relevant"])),
                    source=Source(FILE, number, sha256_text(str(row))),
                    attributes={"equation": equation, "numbers": " ".join(map(str, row["numbers"]))},
                )
            )
        return questions

    def user_prompt(self, question: Question) -> str:
        """Facts one per line, then the question."""
        facts = "\n".join(question.context)
        return (
            f"Answer the question based on the context:\n{facts}\n"
            f"Question: {question.question} Only return the answer.\n"
        )

    def answer_text(self, answers: Sequence[str]) -> str:
        """Write the number."""
        return answers[0]

    def parse_answer(self, text: str) -> Answer | None:
        """Read a number; anything else is unreadable."""
        return frozenset([normalise_answer(text)]) if re.fullmatch(r"\s*-?\d+\s*", text) else None

    def implied_answer(self, question: Question, stated: Mapping[str, Value]) -> Answer:
        """Compute the left side of the stated equation."""
        return frozenset([normalise_answer(str(evaluate(str(stated["equation"]))))])


__all__ = ["FILE", "NUMBERS", "OPERATIONS", "WordProblems", "write_equation"]
