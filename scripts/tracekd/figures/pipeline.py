"""Figure 1: how one real question becomes an SFT item whose trace can be verified, right or wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from tracekd.core.errors import DataError
from tracekd.core.literals import spell_lists
from tracekd.core.records import Question, Trace
from tracekd.datasets import get_dataset
from tracekd.figures.layout import NOTE_HEIGHT, write_note
from tracekd.figures.style import (
    GOLD_FILL,
    GREY,
    INK,
    SMALL_SIZE,
    TEXT_SIZE,
    TEXT_WIDTH,
    arm_style,
    house_style,
)
from tracekd.labels import arm_title, dataset_title
from tracekd.traces.arms import RIGHT, WRONG
from tracekd.traces.prompts import ANSWER_CLOSE, ANSWER_OPEN, THINK_CLOSE, THINK_OPEN

# lines of context that leave the two columns about as tall, and characters on such a line
CONTEXT_LINES, LINE_CHARACTERS = 18, 46
# longer quotes are cut, the caption says so: a passage of MS MARCO may fill a page
FACT_LINES, GOLD_LINES, STEP_LINES = 2, 4, 8
# inches
MARGIN, GUTTER, PAD, LINE_SPACING, ARROW = 0.04, 0.3, 0.07, 1.28, 0.24
# of the raw item: the one that makes the figure lowest is taken, so that neither side is half empty
LEFT_WIDTHS = (2.75, 2.45, 2.15, 1.85)


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
        layouts = [_lay_out(figure, question, traces, width) for width in LEFT_WIDTHS]
        item, rows = min(layouts, key=lambda layout: (_measure(layout), -layout[0].height))
        tops = [max(box.height for box in row) for row in rows]
        half = rows[1][0].width
        foot = MARGIN + NOTE_HEIGHT * bool(note)
        right = sum(tops) + (len(rows) - 1) * ARROW
        body = _measure((item, rows))
        height = body + MARGIN + foot
        figure.set_size_inches(TEXT_WIDTH, height)
        canvas = figure.add_axes((0, 0, 1, 1))
        canvas.set(xlim=(0, TEXT_WIDTH), ylim=(0, height))
        canvas.set_axis_off()

        top = height - MARGIN
        _draw_box(canvas, item, MARGIN, top, item.height)
        gap = ARROW + (body - right) / (len(rows) - 1)
        left, y = MARGIN + item.width + GUTTER, top
        _arrow(canvas, (MARGIN + item.width, top - tops[0] / 2), (left, top - tops[0] / 2))
        for number, (row, row_height) in enumerate(zip(rows, tops, strict=True)):
            for column, box in enumerate(row):
                _draw_box(canvas, box, left + column * (half + 0.12), y, row_height)
            for column in range(len(traces)) if number + 1 < len(rows) else ():
                x = left + column * (half + 0.12)
                _arrow(canvas, (x + half / 2, y - row_height), (x + half / 2, y - row_height - gap))
            y -= row_height + gap
        if note:
            write_note(figure, note)
    return figure


def _lay_out(
    figure: Figure, question: Question, traces: Mapping[str, Trace], left: float
) -> tuple[Box, list[list[Box]]]:
    """Break all texts beside a raw item of this width: its box, and the rows of boxes right of it."""
    wide = TEXT_WIDTH - left - GUTTER - 2 * MARGIN
    half = (wide - 0.12) / 2
    item = Box(f"1  Raw item ({dataset_title(question.dataset)})", _item(question), left)
    steps = Box("2  Decomposition", _steps(question), wide)
    colours = {arm: arm_style(arm).colour for arm in traces}
    reasoning = [
        Box(f"3  {arm_title(arm).capitalize()} trace", _trace(question, trace), half, colours[arm])
        for arm, trace in traces.items()
    ]
    targets = [Box("4  SFT target", _target(question, arm), half, colours[arm]) for arm in traces]
    rows = [[_wrapped(figure, box) for box in row] for row in ([steps], reasoning, targets)]
    return _wrapped(figure, item), rows


def _measure(layout: tuple[Box, list[list[Box]]]) -> float:
    """Height of a layout in inches: that of its higher side."""
    item, rows = layout
    return max(item.height, sum(max(box.height for box in row) for row in rows) + (len(rows) - 1) * ARROW)


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
            Paragraph(step.asks, colour=GREY),
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
            _verdict(step.asks.partition(":")[0], verdict.get(step.name)),
            Paragraph(
                spell_lists(text), max_lines=STEP_LINES, fill=GOLD_FILL if verdict.get(step.name) else None
            ),
        )
    ]


def _verdict(step: str, ok: bool | None) -> Paragraph:
    """Name a step and say what the verifier found; nothing where it has not looked."""
    if ok is None:
        return Paragraph(step, colour=GREY)
    return Paragraph(f"{step}: {'right ✓' if ok else 'wrong ✗'}", colour=RIGHT if ok else WRONG)


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
    for word in paragraph.text.split():
        joined = f"{line} {word}".lstrip()
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
        (left, top - height),
        box.width,
        height,
        boxstyle="round,pad=0,rounding_size=0.05",
        fc="white",
        ec=box.edge,
        lw=0.9,
    )
    canvas.add_patch(frame)
    y = top - PAD
    for paragraph in (box.heading, *box.paragraphs):
        tall = _height(paragraph)
        if paragraph.fill:
            canvas.add_patch(
                Rectangle(
                    (left + 0.03, y - tall + 0.025),
                    box.width - 0.06,
                    tall - 0.01,
                    fc=paragraph.fill,
                    ec="none",
                )
            )
        for number, line in enumerate(paragraph.text.split("\n")):
            canvas.text(
                left + PAD,
                y - (number + 0.78) * paragraph.size * LINE_SPACING / 72,
                line,
                size=paragraph.size,
                color=paragraph.colour,
                weight="bold" if paragraph.bold else "normal",
                va="baseline",
            )
        y -= tall


def _arrow(canvas: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw an arrow between two boxes."""
    canvas.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=7, lw=0.9, color=GREY, shrinkA=2, shrinkB=2
        )
    )
