"""Small hand-written questions that several tests share."""

from pathlib import Path

from tracekd.core.records import Question, Source
from tracekd.datasets import get_dataset

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Source(file="raw.json", line=1, sha256="0" * 64)
# persons that no real question names
NAMES = [
    "Ada Byron",
    "Kurt Weil",
    "Emmy Noe",
    "Max Brod",
    "Lise Mei",
    "Otto Hahn",
    "Ida Tacke",
    "Hans Geiger",
]


def make_question(dataset="cotempqa", **changes):
    """One small, valid question of a dataset."""
    examples = {
        "cotempqa": {
            "class_label": "mix",
            "context": (
                "David Widder works for Aberdeen Proving Ground from 1918 to 1919.",
                "Hubert Yockey works for Aberdeen Proving Ground from 1964 to 1980.",
                "Norbert Wiener works for Aberdeen Proving Ground from 1916 to 1919.",
                "Irving Segal works for Aberdeen Proving Ground from 1943 to 1945.",
            ),
            "question": "While Philip Franklin was working there, who worked there too?",
            "answers": ("David Widder", "Norbert Wiener"),
            "gold_facts": (0, 2),
            "attributes": {"triple_element": "S2_R1_O1"},
        },
        "babi": {
            "class_label": "two-supporting-facts",
            "context": (
                "Mary got the milk there.",
                "John moved to the bedroom.",
                "Mary travelled to the hallway.",
                "Daniel went to the office.",
            ),
            "question": "Where is the milk?",
            "answers": ("hallway",),
            "gold_facts": (0, 2),
        },
        "ms_marco": {
            "class_label": "NUMERIC",
            "context": (
                "The population of Vostria is 210.",
                "The climate of Vostria is mild and wet all through the year.",
                "The population of Maldor is 455.",
            ),
            "question": "what is the population of vostria",
            "answers": ("210", "about 210"),
            "gold_facts": (0,),
        },
    }
    fields = {"id": f"{dataset}-1", "dataset": dataset, "split": "train", "source": SOURCE}
    return Question(**{**fields, **examples[dataset], **changes})


def strangers(dataset):
    """Questions of every class about something else, from which wrong facts may be borrowed."""
    return [
        make_question(
            dataset,
            id=f"{label}{number}",
            class_label=label,
            context=(f"stranger {label}{number} is here", f"no one is in {label}{number}"),
            answers=(f"stranger {label}{number}",),
            gold_facts=(0,),
        )
        for label in get_dataset(dataset).classes
        for number in range(8)
    ]
