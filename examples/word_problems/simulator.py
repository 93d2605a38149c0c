"""A small corpus of stories in the raw form of the dataset."""

import json
import random
from pathlib import Path

from tracekd.core.files import atomic_write
from tracekd.core.records import Question
from tracekd.datasets.simulation import Scene, distinct_scenes, pose
from word_problems.dataset import FILE, NUMBERS, OPERATIONS, write_equation

PEOPLE = ("Anna", "Ben", "Carla", "David", "Ella", "Finn")
THINGS = ("apples", "books", "coins", "eggs", "pens", "shells")
# the second fact of a story; the first one says what somebody has
CHANGES = {"addition": "{who} gets {n} more {what}.", "subtraction": "{who} gives {n} {what} away."}
PHRASES = (" has ", " gets ", " more ", " gives ", " away.", " boxes of ", "Each box of ", " of ", " holds ")
PHRASES += ("How many ", " does ", " have in all?")
MOST_OTHERS = 4


def sample(rng: random.Random) -> Scene:
    """Draw one story with one question."""
    operation = rng.choice(list(OPERATIONS))
    who, *others = rng.sample(PEOPLE, len(PEOPLE))
    what = rng.choice(THINGS)
    numbers = rng.sample(list(NUMBERS), 2)
    if operation == "subtraction":
        numbers.sort(reverse=True)
    if operation == "multiplication":
        first, second = "{who} has {n} boxes of {what}.", "Each box of {who} holds {n} {what}."
    else:
        first, second = "{who} has {n} {what}.", CHANGES[operation]
    gold = [form.format(who=who, what=what, n=n) for form, n in zip((first, second), numbers, strict=True)]
    noise = [
        rng.choice(["{who} has {n} {what}.", *CHANGES.values()]).format(
            who=other, what=rng.choice(THINGS), n=rng.choice(NUMBERS)
        )
        for other in others[: rng.randint(2, MOST_OTHERS)]
    ]
    context = [*noise]
    for fact in reversed(gold):
        context.insert(rng.randint(0, len(context)), fact)
    return Scene((_pose(context, gold, operation, numbers, f"How many {what} does {who} have in all?"),))


def _pose(context: list[str], gold: list[str], operation: str, numbers: list[int], asked: str) -> Question:
    """Make the question of a story."""
    equation = write_equation(operation, numbers)
    return pose(
        "word_problems",
        context,
        asked,
        [equation.rpartition(" ")[2]],
        operation,
        sorted(map(context.index, gold)),
        {"equation": equation, "numbers": " ".join(map(str, numbers))},
    )


def write_raw(folder: Path, sizes: dict[str, int], seed: int) -> None:
    """Write `problems.jsonl`; `sizes` holds the number of `train` and of `test` problems."""
    rng = random.Random(f"{seed}/word_problems")
    scenes = distinct_scenes(lambda: sample(rng))
    splits = [split for split, size in sizes.items() for _ in range(size)]
    with atomic_write(folder / FILE) as stream:
        for split, scene in zip(splits, scenes, strict=False):
            question = scene.questions[0]
            row = {
                "split": split,
                "facts": list(question.context),
                "relevant": list(question.gold_facts),
                "operation": question.class_label,
                "numbers": [int(number) for number in question.attributes["numbers"].split()],
                "question": question.question,
            }
            stream.write(json.dumps(row) + "\n")
