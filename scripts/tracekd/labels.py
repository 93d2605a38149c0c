"""The glossary: how tables, figures and the reviewer's page name things and write numbers.

Each thing has one name. A verdict on what a model wrote is *right* or *wrong*; *correct* and *incorrect* are
said of training traces and of the arms that hold them. `docs/architecture.md` has the other words.
"""

from collections.abc import Collection, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from math import isnan

from tracekd.datasets import get_dataset
from tracekd.datasets.interface import Step
from tracekd.datasets.rows import TRACE
from tracekd.traces.arms import ARMS

RIGHT, WRONG, NO_VERDICT = "right", "wrong", "no verdict"
INTERVAL = "95 % interval"
WHOLE_TRACE = "whole trace"
# of a 2x2 table of a step, or the whole trace, and the answer: its cells
CELL_TITLES = {
    "both_ok": "both right",
    "answer_only_ok": "answer only",
    "trace_only_ok": "trace only",
    "neither_ok": "neither",
}
# what an answer after a trace is
OUTCOME_TITLES = {
    "follows": "answer is the implied one",
    "true": "answer is right",
    "baseline": "implied one without traces",
}
DIMENSION_TITLES = {"interpretability": "interpretability", "load": "cognitive load"}
ANALYSIS_TITLES = {"intention_to_treat": "intention to treat", "per_protocol": "per protocol"}
TASK_TITLES = {"predict": "prediction of the answer", "find_error": "detection of a mistake"}
STEP_TITLES = {
    "sent": "sent an export",
    "incomplete": "stopped before the end",
    "failed_checks": "failed attention checks",
    "seconds_per_word": "read too fast",
    "stays": "stays, per protocol",
}
QUIRK_TITLES = {
    "Q1": "cut at repeated prompt",
    "Q2": "cut at word “answer”",
    "Q3": "no answer tag needed",
    "Q4": "“think” deleted anywhere",
    "Q5": "wrong-side distractors",
    "Q6": "descending ties",
    "Q7": "one named entity skipped",
    "Q8": "mean of classes",
    "Q9": "all alternatives needed",
    "Q10": "left out without trace",
    "Q11": "gold row by answer",
    "Q12": "last gold row reused",
    "Q13": "any fact counts",
    "Q14": "case-sensitive facts",
    "all": "all of them",
}
BASELINE_TITLES = {
    "majority": "majority answer",
    "majority_per_kind": "majority per kind",
    "random_fact": "random fact",
    "last_fact": "last fact",
    "type_consistent": "type-consistent",
}


# characters of a model name on one line
MODEL_WIDTH = 16


def analysis_titles(analyses: Iterable[str]) -> list[str]:
    """Name of whose answers each row of a study's table is made."""
    return [ANALYSIS_TITLES[analysis] for analysis in analyses]


def condition_pair(first: str, second: str, titles: Mapping[str, str]) -> str:
    """Write a pair of a study's conditions; `titles` by name."""
    return f"{titles[first]} – {titles[second]}"


def arm_title(arm: str) -> str:
    """Short name of an arm; an arm without one keeps its own."""
    return ARMS.get(arm).title if arm in ARMS else arm.replace("_", " ")


def step_title(step: Step) -> str:
    """Name of a step, e.g. `class step`."""
    return f"{step.title} step"


def part_titles(datasets: Iterable[str]) -> dict[str, str]:
    """Name what a scorer judges in these datasets: the answer, every step, the whole trace."""
    steps = {step.name: step_title(step) for name in datasets for step in get_dataset(name).steps}
    return {"answer": "answer", **steps, TRACE: WHOLE_TRACE}


def share_titles(part: str = "trace") -> dict[str, str]:
    """Name the shares of a 2x2 table of the answer and a part of the trace."""
    return {
        "p_joint": f"{part} and answer {RIGHT}",
        "p_answer_given_trace_ok": f"answer {RIGHT} if {part} {RIGHT}",
        "p_answer_given_trace_wrong": f"answer {RIGHT} if {part} {WRONG}",
    }


def verdict_title(flag: int | None) -> str:
    """Name a verdict: 1, 0 or, of an item that enters no matrix, none."""
    return NO_VERDICT if flag is None else RIGHT if flag else WRONG


def scorer_title(scorer: str) -> str:
    """Name of a scorer, e.g. `aligned scorer`."""
    return f"{scorer} scorer"


def as_header(title: str) -> str:
    """Write a name over a column."""
    return title[:1].upper() + title[1:]


def model_title(model: str) -> str:
    """Name of a model, broken behind the last hyphen that fits when too long to stand along a panel."""
    end = model.rfind("-", 0, MODEL_WIDTH) + 1
    return f"{model[:end]}\n{model[end:]}" if len(model) > MODEL_WIDTH and end else model


def dataset_title(dataset: str) -> str:
    """Name of a dataset as its authors write it."""
    return get_dataset(dataset).title


def show_number(value: float | None, digits: int, scale: int = 1) -> str:
    """Write a number with so many digits and a true minus sign; a dash for no value.

    What counts is the number as a CSV holds it, with six digits, and halves go away from zero: so tables,
    made of exact numbers, and figures, made of a CSV, write the same. At a scale of 100 a share is in %.
    """
    if value is None or isnan(value):
        return "–"
    known = Decimal(f"{value:.6f}") * scale
    return f"{known.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):z}".replace("-", "−")


def show_change(value: float | None, digits: int) -> str:
    """Write a number as `show_number`, with its sign where it is not 0."""
    written = show_number(value, digits)
    return f"+{written}" if value and value > 0 and written.strip("0.") else written


def show_percent(share: float | None) -> str:
    """Write a share in %, with one digit; a dash for no value."""
    return show_number(share, 1, 100)


def show_share(share: float | None) -> str:
    """Write a share with its sign, e.g. ``49.3 %``; a dash for no value."""
    return "–" if share is None else f"{show_percent(share)} %"


def count(number: int) -> str:
    """Write a number of items, e.g. 4,748."""
    return f"{number:,}"


def count_range(numbers: Collection[int]) -> str:
    """Write how many items stand behind several values: 950, or 20–950 where they differ."""
    return "–".join(count(number) for number in sorted({min(numbers), max(numbers)}))


def run_size(numbers: Collection[int], seeds: int) -> str:
    """Write how many items stand behind one or several values, e.g. ``n = 950 × 3 seeds``."""
    return f"n = {count_range(numbers)}" + (f" × {seeds} seeds" if seeds > 1 else "")
