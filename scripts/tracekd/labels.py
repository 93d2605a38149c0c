"""How names of the config are written in tables and figures."""

from collections.abc import Collection, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from math import isnan

from tracekd.datasets import get_dataset
from tracekd.datasets.rows import TRACE
from tracekd.traces.arms import ARMS

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


def part_titles(datasets: Iterable[str]) -> dict[str, str]:
    """Name what a scorer judges in these datasets: the answer, every step, the whole trace."""
    steps = {step.name: step.title for name in datasets for step in get_dataset(name).steps}
    return {"answer": "answer", **steps, TRACE: "trace"}


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


def show_percent(share: float | None) -> str:
    """Write a share in %, with one digit; a dash for no value."""
    return show_number(share, 1, 100)


def count(number: int) -> str:
    """Write a number of items, e.g. 4,748."""
    return f"{number:,}"


def count_range(numbers: Collection[int]) -> str:
    """Write how many items stand behind several values: 950, or 20–950 where they differ."""
    return "–".join(count(number) for number in sorted({min(numbers), max(numbers)}))


def run_size(numbers: Collection[int], seeds: int) -> str:
    """Write how many items stand behind one or several values, e.g. ``n = 950 × 3 seeds``."""
    return f"n = {count_range(numbers)}" + (f" × {seeds} seeds" if seeds > 1 else "")
