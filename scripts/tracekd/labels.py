"""How names of the config are written in tables and figures."""

from collections.abc import Collection

from tracekd.datasets import get_dataset

ARM_TITLES = {
    "prompt_only": "prompt only",
    "none": "no trace",
    "class_only": "class only",
    "correct": "correct",
    "incorrect": "incorrect",
    "incorrect_matched": "inc. matched",
    "r1": "R1",
    "r1_summary": "R1 summary",
    "r1_explanation": "R1 explan.",
    "r1_swapped": "R1 swapped",
    "wrong_class": "wrong class",
    "wrong_facts": "wrong facts",
    "empty_trace": "empty trace",
    "filler": "filler",
    "mixed_0": "0 % correct",
    "mixed_25": "25 % correct",
    "mixed_50": "50 % correct",
    "mixed_75": "75 % correct",
    "mixed_100": "100 % correct",
}
CONDITION_TITLES = {
    "own": "own trace",
    "gold": "gold trace",
    "wrong_class": "wrong class",
    "wrong_facts": "wrong facts",
    "wrong_both": "both wrong",
    "foreign": "foreign trace",
    "empty": "empty trace",
    "filler": "filler",
}
STEP_TITLES = {"class": "classification", "facts": "retrieval", "trace": "trace"}
PART_TITLES = {"answer": "answer", **STEP_TITLES}
DIMENSION_TITLES = {"interpretability": "interpretability", "load": "cognitive load"}
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


def arm_title(arm: str) -> str:
    """Short name of an arm; an arm without one keeps its own."""
    return ARM_TITLES.get(arm, arm.replace("_", " "))


def condition_title(condition: str) -> str:
    """Name of a trace that is set from outside."""
    return CONDITION_TITLES[condition]


def model_title(model: str) -> str:
    """Name of a model, its last part on a second line when it is too long to stand along a panel."""
    head, hyphen, tail = model.rpartition("-")
    return f"{head}{hyphen}\n{tail}" if len(model) > MODEL_WIDTH and head else model


def dataset_title(dataset: str) -> str:
    """Name of a dataset as its authors write it."""
    return get_dataset(dataset).TITLE


def count(number: int) -> str:
    """Write a number of items, e.g. 4,748."""
    return f"{number:,}"


def count_range(numbers: Collection[int]) -> str:
    """Write how many items stand behind several values: 950, or 20–950 where they differ."""
    return "–".join(count(number) for number in sorted({min(numbers), max(numbers)}))


def run_size(numbers: Collection[int], seeds: int) -> str:
    """Write how many items stand behind one or several values, e.g. ``n = 950 × 3 seeds``."""
    return f"n = {count_range(numbers)}" + (f" × {seeds} seeds" if seeds > 1 else "")
