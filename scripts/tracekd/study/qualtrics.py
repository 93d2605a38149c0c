"""The items of a group as an import file for Qualtrics, in its advanced TXT format.

Qualtrics shows questions as HTML: texts are escaped, and no text can hold one of the format's own tags.
"""

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import Any

from tracekd.settings.study import Study
from tracekd.study.pages import label_points, survey_data
from tracekd.study.tasks import FIND_ERROR, PREDICT


def import_file(study: Study, plan: Mapping[str, Any], group: str) -> str:
    """Write the survey of one group in the advanced TXT format.

    Order at random, forced answers and the end of the survey cannot stand in this format: docs/study.md says
    where to set them.
    """
    return "\n".join(_lines(study, survey_data(study, plan, group))) + "\n"


def escape_text(text: str) -> str:
    """Text as HTML on one line, without the brackets of the format's tags."""
    safe = escape(text).replace("[", "&#91;").replace("]", "&#93;")
    printable = "".join(char if char >= " " else "<br>" if char == "\n" else " " for char in safe)
    return printable.replace("\N{LINE SEPARATOR}", "<br>").replace("\N{PARAGRAPH SEPARATOR}", "<br>")


def _lines(study: Study, data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines: embedded data, consent, instruction, a block an item, check and trial, debrief."""
    yield "[[AdvancedFormat]]"
    for name in ("plan_sha256", "group"):
        yield f"[[ED:{name}:{data[name]}]]"
    yield from _block("Consent")
    yield from _text("consent", [*study.pages.consent, f"Contact: {study.contact}"])
    yield from ["[[Question:MC:SingleAnswer:Vertical]]", "[[ID:agree]]", "Do you take part?", "[[Choices]]"]
    yield escape_text(study.pages.agree)
    yield "I do not take part."
    yield from _block("Participant")
    yield from ["[[Question:TE:SingleLine]]", "[[ID:participant]]", "Participant ID"]
    yield from _block("Instruction")
    yield from _text("instruction", study.pages.instruction)
    for number, item in enumerate(data["items"], start=1):
        yield from _block(f"Item {number}")
        if item["choices"]:
            yield from _guess(f"item{number}_predict", item, data["tasks"][PREDICT], item["choices"])
            yield "[[PageBreak]]"
        yield from _text(f"item{number}_text", [*_item(item), f"Answer: {item['answer']}"])
        for part, (scale, questions) in enumerate(groupby(data["questions"], itemgetter("scale")), start=1):
            title = "How was it to read this?" if scale else "How far do you agree?"
            statements = [question["text"] for question in questions]
            yield from _matrix(f"item{number}_{part}", title, statements, scale or data["scale"])
    for check in data["checks"]:
        yield from _block(check["name"])
        yield from _matrix(check["name"], "A short check", [check["text"]], data["scale"])
    for number, trial in enumerate(data["trials"], start=1):
        yield from _block(f"Trial {number}")
        task = data["tasks"][FIND_ERROR]
        yield from _guess(f"trial{number}_find_error", trial, task, task["labels"])
    yield from _block("Debrief")
    yield from _text("debrief", data["pages"]["debrief"])


def _item(item: Mapping[str, Any]) -> list[str]:
    """Paragraphs of an item without its answer."""
    facts = ["Facts given:\n" + "\n".join(item["context"])] if item["context"] else []
    return [item["question"], *facts, f"Reasoning:\n{item['text']}"]


def _guess(name: str, item: Mapping[str, Any], task: Mapping[str, Any], choices: list[str]) -> Iterator[str]:
    """A page of a task: the text of an item, and one choice of several."""
    yield from _text(f"{name}_text", [task["instruction"], *_item(item)])
    yield from ["[[Question:MC:SingleAnswer:Vertical]]", f"[[ID:{name}]]", escape_text(task["text"])]
    yield from ["[[Choices]]", *map(escape_text, choices)]


def _block(title: str) -> list[str]:
    """Open a block, which Qualtrics can move or shuffle."""
    return ["", f"[[Block:{title}]]"]


def _text(name: str, texts: list[str]) -> list[str]:
    """A descriptive text."""
    return ["[[Question:DB]]", f"[[ID:{name}]]", "<br><br>".join(map(escape_text, texts))]


def _matrix(name: str, title: str, statements: list[str], scale: Mapping[str, Any]) -> list[str]:
    """A matrix of statements by points of a scale."""
    return [
        "[[Question:Matrix]]",
        f"[[ID:{name}]]",
        title,
        "[[Choices]]",
        *map(escape_text, statements),
        "[[Answers]]",
        *map(escape_text, label_points(scale)),
    ]
