"""bAbI's raw files, read into the first question of each story (paper, section 2.3)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from tracekd.core.errors import DataError
from tracekd.core.files import sha256_text
from tracekd.core.raw import FETCH_AGAIN
from tracekd.core.records import Question, Source
from tracekd.core.texts import read_lines
from tracekd.datasets.splits import draw_sorted
from tracekd.settings.base import Settings

TASKS = {
    "single-supporting-fact": 1,
    "two-supporting-facts": 2,
    "two-arg-relations": 4,
    "counting": 7,
    "lists-sets": 8,
    "conjunction": 12,
    "time-reasoning": 14,
    "basic-deduction": 15,
    "basic-induction": 16,
    "positional-reasoning": 17,
    "size-reasoning": 18,
}
CLASSES = tuple(TASKS)

FOLDER = "en-valid"
_LINE = re.compile(
    r"(?P<id>[0-9]{1,6}) (?P<text>[^\t]*[^\t ]) ?"
    r"(?:\t(?P<answer>[^\t]+)\t(?P<support>[0-9]{1,6}(?: [0-9]{1,6})*))?"
)

# (1-based number in the file, match of `_LINE`) of every line of one story
Story = list[tuple[int, re.Match[str]]]


class Options(Settings):
    """How train and test are drawn."""

    test_fraction: Annotated[float, Field(gt=0, le=1)] = Field(description="Share of each class in test")


def read(raw: Path, options: Options, seed: int) -> list[Question]:
    """Read the first question of each story, in the order of `TASKS` (paper, section 2.3).

    Train is the original 1k training set, which `en-valid` splits in two files. Test is a sample of each
    task's test stories, seeded here; the paper's sample of the same size was not.

    Args:
        raw: folder that holds `en-valid/qa{task}_{train,valid,test}.txt`.
        options: `test_fraction`, rounded down to whole stories of each task.
        seed: of the run.

    Raises DataError, with file and line, at the first line that is not bAbI's.

    """
    questions = []
    for label, task in TASKS.items():
        for part in ("train", "valid"):
            questions += _read_file(raw, label, task, part, "train")
        stories = _read_file(raw, label, task, "test", "test")
        count = int(options.test_fraction * len(stories))
        questions += [stories[index] for index in draw_sorted(range(len(stories)), count, f"{seed}/{label}")]
    return questions


def _read_file(raw: Path, label: str, task: int, part: str, split: str) -> list[Question]:
    """Read the first question of each story of one file."""
    file = f"{FOLDER}/qa{task}_{part}.txt"
    return [
        _first_question(raw, file, story, f"babi-qa{task:02d}-{part}-{number:05d}", label, split)
        for number, story in enumerate(_stories(raw / file), start=1)
    ]


def _stories(path: Path) -> Iterator[Story]:
    """Cut a file into stories: line ids start again at 1, and the last line of a story is a question."""
    story: Story = []
    for number, line in read_lines(path):
        match = _LINE.fullmatch(line)
        if not match:
            raise DataError(
                "not a numbered bAbI sentence or question", where=f"{path}:{number}", hint=FETCH_AGAIN
            )
        if story and match["id"] == "1":
            yield _whole(path, story)
            story = []
        if int(match["id"]) != len(story) + 1:
            raise DataError(
                f"line id {match['id']} where {len(story) + 1} or 1 is due",
                where=f"{path}:{number}",
                hint=FETCH_AGAIN,
            )
        story.append((number, match))
    if story:
        # half a list of supporting ids reads as a whole one: only the line end tells
        if not path.read_bytes().endswith(b"\n"):
            raise DataError("the last line is cut off", where=f"{path}:{number}", hint=FETCH_AGAIN)
        yield _whole(path, story)


def _whole(path: Path, story: Story) -> Story:
    """Give the story back; DataError when it is cut off before its last question."""
    number, last = story[-1]
    if last["answer"] is None:
        raise DataError("the story ends without a question", where=f"{path}:{number}", hint=FETCH_AGAIN)
    return story


def _first_question(raw: Path, file: str, story: Story, question_id: str, label: str, split: str) -> Question:
    """Make the canonical question; line ids of the supporting sentences become context indices."""
    position = next(index for index, (_, match) in enumerate(story) if match["answer"] is not None)
    number, asked = story[position]
    where = f"{raw / file}:{number}"
    support = sorted({int(line_id) for line_id in asked["support"].split(" ")})
    if support[0] < 1 or support[-1] > position:
        raise DataError(
            f"gold fact missing: supporting line {asked['support']!r} is no sentence before the question",
            where=where,
            hint=FETCH_AGAIN,
        )
    answers = tuple(asked["answer"].split(","))
    if not all(map(str.strip, answers)):
        raise DataError("the answer is empty", where=where, hint=FETCH_AGAIN)
    read_text = "\n".join(match.string for _, match in story[: position + 1])
    return Question(
        id=question_id,
        dataset="babi",
        split=split,
        class_label=label,
        context=tuple(match["text"] for _, match in story[:position]),
        question=asked["text"],
        answers=answers,
        gold_facts=tuple(line_id - 1 for line_id in support),
        source=Source(file=file, line=number, sha256=sha256_text(read_text)),
    )
