"""Figure 1: how one real question becomes an SFT item whose trace can be verified, right or wrong."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from tracekd.core.errors import DataError
from tracekd.core.literals import spell_lists
from tracekd.core.records import Question, Trace
from tracekd.datasets import get_dataset
from tracekd.datasets.interface import Step
from tracekd.figures.layout import NOTE_HEIGHT, write_note
from tracekd.figures.style import (
    GOLD_FILL,
    GREY,
    INK,
    RIGHT_COLOUR,
    SMALL_SIZE,
    TEXT_SIZE,
    TEXT_WIDTH,
    WRONG_COLOUR,
    arm_style,
    house_style,
)
from tracekd.labels import arm_title, as_header, dataset_title, step_title, verdict_title
from tracekd.traces.prompts import ANSWER_CLOSE, ANSWER_OPEN, THINK_CLOSE, THINK_OPEN

# lines of context that leave the two columns about as tall, and characters on such a line
CONTEXT_LINES, LINE_CHARACTERS = 18, 46
# longer quotes are cut, the caption says so: a passage of MS MARCO may fill a page
FACT_LINES, GOLD_LINES, STEP_LINES = 2, 4, 8
# inches
MARGIN, GUTTER, BETWEEN, PAD, LINE_SPACING, ARROW = 0.04, 0.3, 0.12, 0.07, 1.28, 0.24
# of the left side: the one that makes the figure lowest is taken, and of equal ones the fullest
LEFT_WIDTHS = (2.75, 2.45, 2.15, 1.85)
# of an SFT target at the end of a lane
TARGET = 1.3

Point = tuple[float, float]


@dataclass(frozen=True)
class Paragraph:
    """A piece of text in a box; `fill` is the colour behind it."""

    text: str
    colour: str = INK
    bold: bool = False
    fill: str | None = None
    max_lines: int = 99
    size: float = SMALL_SIZE


@dataclass(frozen=True)
class Box:
    """A titled box of paragraphs, its lines already broken for its width (inches)."""

    title: str
    paragraphs: Sequence[Paragraph]
    width: float
    edge: str = GREY

    @property
    def height(self) -> float:
        """Height in inches that title and lines need."""
        return 2 * PAD + sum(_height(paragraph) for paragraph in (self.heading, *self.paragraphs))

    @property
    def heading(self) -> Paragraph:
        """The title as a paragraph."""
        return Paragraph(
            self.title, colour=INK if self.edge == GREY else self.edge, bold=True, size=TEXT_SIZE
        )


def choose_question(questions: Sequence[Question], traces: Mapping[str, Mapping[str, Trace]]) -> Question:
    """Pick the train question with gold facts and both traces whose context is the handiest to print.

    `traces` holds the traces of each arm by question id. Ties go to the smaller id.
    """
    fit = [
        question
        for question in questions
        if question.split == "train"
        and question.gold_facts
        and all(question.id in found for found in traces.values())
    ]
    if not fit:
        raise DataError(
            "no train question has gold facts and both traces", hint="read the questions and traces again"
        )
    return min(fit, key=lambda question: (abs(_context_lines(question) - CONTEXT_LINES), question.id))


def plot_pipeline(question: Question, traces: Mapping[str, Trace], note: str = "") -> Figure:
    """Draw raw item, decomposition, the two traces and the SFT target of one question.

    Args:
        question: a train question.
        traces: its correct trace and a wrong one, by arm.
        note: printed small below, for what is not real in the figure.

    """
    with house_style():
        figure = plt.figure(figsize=(TEXT_WIDTH, 1))
        texts = Texts(figure, question, traces)
        layouts = [lay_out(texts, width) for lay_out in (_in_rows, _in_lanes) for width in LEFT_WIDTHS]
        layout = min(layouts, key=lambda one: (one.height, one.blank))
        foot = MARGIN + NOTE_HEIGHT * bool(note)
        height = MARGIN + layout.height + foot
        figure.set_size_inches(TEXT_WIDTH, height)
        canvas = figure.add_axes((0, 0, 1, 1))
        canvas.set(xlim=(-MARGIN, TEXT_WIDTH - MARGIN), ylim=(layout.height + foot, -MARGIN))
        canvas.set_axis_off()
        for box, left, top, tall in layout.boxes:
            _draw_box(canvas, box, left, top, tall)
        for points in layout.arrows:
            _draw_arrow(canvas, points)
        if note:
            write_note(figure, note)
    return figure


@dataclass(frozen=True)
class Texts:
    """What stands in the boxes of one question, broken into lines that fit a width."""

    figure: Figure
    question: Question
    traces: Mapping[str, Trace]

    def item(self, width: float) -> Box:
        """The raw item."""
        title = f"1  Raw item ({dataset_title(self.question.dataset)})"
        return _wrapped(self.figure, Box(title, _item(self.question), width))

    def steps(self, width: float) -> Box:
        """The decomposition."""
        return _wrapped(self.figure, Box("2  Decomposition", _steps(self.question), width))

    def reasoning(self, width: float) -> list[Box]:
        """The trace of each arm."""
        return [
            _wrapped(
                self.figure,
                Box(
                    f"3  {as_header(arm_title(arm))} trace",
                    _trace(self.question, trace),
                    width,
                    arm_style(arm).colour,
                ),
            )
            for arm, trace in self.traces.items()
        ]

    def targets(self, width: float) -> list[Box]:
        """The SFT target of each arm."""
        return [
            _wrapped(
                self.figure, Box("4  SFT target", _target(self.question, arm), width, arm_style(arm).colour)
            )
            for arm in self.traces
        ]


@dataclass(frozen=True)
class Layout:
    """Where everything stands, in inches to the right and down from the upper left corner.

    `boxes`: with left, top and height; `arrows`: their corners, the head at the last one.
    """

    height: float
    boxes: list[tuple[Box, float, float, float]]
    arrows: list[list[Point]]

    @property
    def blank(self) -> float:
        """Square inches within the boxes that their texts leave empty."""
        return sum(box.width * (tall - box.height) for box, _, _, tall in self.boxes)


def _in_rows(texts: Texts, width: float) -> Layout:
    """Put the item on the left, as wide as this, and beside it rows from the decomposition to the targets."""
    left = width + GUTTER
    wide = TEXT_WIDTH - 2 * MARGIN - left
    half = (wide - BETWEEN) / 2
    item = texts.item(width)
    rows = [[texts.steps(wide)], texts.reasoning(half), texts.targets(half)]
    talls = [max(box.height for box in row) for row in rows]
    height = max(item.height, sum(talls) + (len(rows) - 1) * ARROW)
    gap = (height - sum(talls)) / (len(rows) - 1)
    boxes, arrows = [(item, 0.0, 0.0, height)], [[(width, talls[0] / 2), (left, talls[0] / 2)]]
    top = 0.0
    for number, (row, tall) in enumerate(zip(rows, talls, strict=True)):
        boxes += [(box, left + place * (half + BETWEEN), top, tall) for place, box in enumerate(row)]
        centres = [left + place * (half + BETWEEN) + half / 2 for place in range(len(texts.traces))]
        if number + 1 < len(rows):
            arrows += [[(x, top + tall), (x, top + tall + gap)] for x in centres]
        top += tall + gap
    return Layout(height, boxes, arrows)


def _in_lanes(texts: Texts, width: float) -> Layout:
    """Put item and decomposition one below the other, as wide as this, and beside them a lane per arm."""
    left, last = width + GUTTER, TEXT_WIDTH - 2 * MARGIN - TARGET
    middle = last - ARROW - left
    item, steps = texts.item(width), texts.steps(width)
    lanes = list(zip(texts.reasoning(middle), texts.targets(TARGET), strict=True))
    talls = [max(box.height for box in lane) for lane in lanes]
    between = (len(lanes) - 1) * BETWEEN
    height = max(item.height + ARROW + steps.height, sum(talls) + between)
    more = (height - sum(talls) - between) / len(lanes)
    begin = height - steps.height
    boxes = [(item, 0.0, 0.0, item.height), (steps, 0.0, begin, steps.height)]
    arrows: list[list[Point]] = [[(width / 2, item.height), (width / 2, begin)]]
    top, from_steps, turn = 0.0, begin + steps.height / 2, width + GUTTER / 2
    for (reasoning, target), tall in zip(lanes, talls, strict=True):
        centre = top + (tall + more) / 2
        boxes += [(reasoning, left, top, tall + more), (target, last, top, tall + more)]
        arrows += [[(width, from_steps), (turn, from_steps), (turn, centre), (left, centre)]]
        arrows += [[(last - ARROW, centre), (last, centre)]]
        top += tall + more + BETWEEN
    return Layout(height, boxes, arrows)


def _context_lines(question: Question) -> int:
    """Estimate how many lines the context takes."""
    return sum(min(FACT_LINES, ceil(len(fact) / LINE_CHARACTERS)) for fact in question.context)


def _item(question: Question) -> list[Paragraph]:
    """The raw item: question, facts (gold ones marked), answer."""
    gold = set(question.gold_facts)
    facts = [
        Paragraph(f"[{index + 1}] {fact}", fill=GOLD_FILL, max_lines=GOLD_LINES)
        if index in gold
        else Paragraph(f"[{index + 1}] {fact}", max_lines=FACT_LINES)
        for index, fact in enumerate(question.context)
    ]
    return [
        Paragraph("Context (gold facts marked)", colour=GREY),
        *facts,
        Paragraph("Question", colour=GREY),
        Paragraph(question.question),
        Paragraph("Answer", colour=GREY),
        _answer(question),
    ]


def _answer(question: Question, opening: str = "", closing: str = "") -> Paragraph:
    """The gold answer of the SFT target, between two tags."""
    answer = spell_lists(get_dataset(question.dataset).answer_text(question.answers))
    return Paragraph(f"{opening}{answer}{closing}", fill=GOLD_FILL, max_lines=STEP_LINES)


def _steps(question: Question) -> list[Paragraph]:
    """The steps of the question and what is right in them; facts by their numbers."""
    numbers = ", ".join(f"[{index + 1}]" for index in question.gold_facts)
    return [
        paragraph
        for step in get_dataset(question.dataset).steps
        for paragraph in (
            Paragraph(f"{_name(step)}: {step.asks}", colour=GREY),
            Paragraph(numbers if step.quotes else str(step.gold(question)), fill=GOLD_FILL),
        )
    ]


def _trace(question: Question, trace: Trace) -> list[Paragraph]:
    """The steps of a trace, each under the verifier's verdict."""
    verdict, steps = trace.verdict or {}, get_dataset(question.dataset).steps
    return [
        paragraph
        for step, text in zip(steps, trace.text.split("\n", len(steps) - 1), strict=True)
        for paragraph in (
            _verdict(_name(step), verdict.get(step.name)),
            Paragraph(
                spell_lists(text), max_lines=STEP_LINES, fill=GOLD_FILL if verdict.get(step.name) else None
            ),
        )
    ]


def _name(step: Step) -> str:
    """Name a step at the beginning of a line."""
    return as_header(step_title(step))


def _verdict(step: str, ok: bool | None) -> Paragraph:
    """Name a step and say what the verifier found; nothing where it has not looked."""
    if ok is None:
        return Paragraph(step, colour=GREY)
    words = f"{step}: {verdict_title(ok)} {'✓' if ok else '✗'}"
    return Paragraph(words, colour=RIGHT_COLOUR if ok else WRONG_COLOUR)


def _target(question: Question, arm: str) -> list[Paragraph]:
    """The assistant turn of an arm: its trace, then the right answer."""
    return [
        Paragraph(f"{THINK_OPEN} {arm_title(arm)} trace {THINK_CLOSE}"),
        _answer(question, ANSWER_OPEN, ANSWER_CLOSE),
    ]


def _wrapped(figure: Figure, box: Box) -> Box:
    """Break the paragraphs of a box into lines that fit its width."""
    room = box.width - 2 * PAD
    return replace(box, paragraphs=[replace(p, text=_wrap(figure, p, room)) for p in box.paragraphs])


def _wrap(figure: Figure, paragraph: Paragraph, room: float) -> str:
    """Break text into lines of at most `room` inches, words whole where they fit; cut after `max_lines`."""
    lines: list[str] = []
    line = ""
    # a line may end at a tag, too
    for space, word in re.findall(r"(\s*)(</?\w+>|[^\s<]+|<)", paragraph.text):
        joined = f"{line} {word}" if line and space else f"{line}{word}"
        if _width(figure, joined, paragraph) <= room:
            line = joined
            continue
        if line:
            lines.append(line)
        while _width(figure, word, paragraph) > room:
            size = next(n for n in range(len(word), 0, -1) if _width(figure, word[:n], paragraph) <= room)
            lines.append(word[:size])
            word = word[size:]
        line = word
    lines.append(line)
    if len(lines) > paragraph.max_lines:
        lines = lines[: paragraph.max_lines]
        while _width(figure, f"{lines[-1]} …", paragraph) > room:
            lines[-1] = lines[-1].rpartition(" ")[0]
        lines[-1] += " …"
    return "\n".join(lines)


def _width(figure: Figure, text: str, paragraph: Paragraph) -> float:
    """Width of one line in inches."""
    label = figure.text(0, 0, text, size=paragraph.size, weight="bold" if paragraph.bold else "normal")
    width = label.get_window_extent().width / figure.dpi
    label.remove()
    return width


def _height(paragraph: Paragraph) -> float:
    """Height of a paragraph in inches, with the gap below it."""
    return (paragraph.text.count("\n") + 1) * paragraph.size * LINE_SPACING / 72 + 0.03


def _draw_box(canvas: Axes, box: Box, left: float, top: float, height: float) -> None:
    """Draw a box with its upper left corner at (left, top), stretched to a height."""
    frame = FancyBboxPatch(
        (left, top),
        box.width,
        height,
        boxstyle="round,pad=0,rounding_size=0.05",
        fc="white",
        ec=box.edge,
        lw=0.9,
    )
    canvas.add_patch(frame)
    y = top + PAD
    for paragraph in (box.heading, *box.paragraphs):
        tall = _height(paragraph)
        if paragraph.fill:
            corner = (left + 0.03, y - 0.015)
            canvas.add_patch(Rectangle(corner, box.width - 0.06, tall - 0.01, fc=paragraph.fill, ec="none"))
        for number, line in enumerate(paragraph.text.split("\n")):
            canvas.text(
                left + PAD,
                y + (number + 0.78) * paragraph.size * LINE_SPACING / 72,
                line,
                size=paragraph.size,
                color=paragraph.colour,
                weight="bold" if paragraph.bold else "normal",
                va="baseline",
            )
        y += tall


def _draw_arrow(canvas: Axes, points: Sequence[Point]) -> None:
    """Draw an arrow between two boxes, along these corners."""
    for start, end in pairwise(points[:-1]):
        canvas.plot(*zip(start, end, strict=True), color=GREY, lw=0.9, solid_capstyle="projecting")
    canvas.add_patch(
        FancyArrowPatch(
            *points[-2:], arrowstyle="-|>", mutation_scale=7, lw=0.9, color=GREY, shrinkA=0, shrinkB=2
        )
    )
