"""What the captions say of a run's generations, and what its end says of its results (rules/ending.smk)."""

from pathlib import Path

from tracekd.core.tables import read_table
from tracekd.released.supplied import find_others, get_folder
from tracekd.tables.inputs import say_inputs
from tracekd.workflow.run import Run


def say_origin(run: Run) -> str:
    """Say whose generations a run scores: the one sentence that report and captions repeat."""
    if run.replay and run.config["mirror"] is None:
        return "released by the paper's authors"
    if run.replay:
        return (
            "in the form that the paper's authors released, from the config's mirror; the table inputs says "
            "which files are the released ones"
        )
    if run.supplied:
        return f"supplied under {get_folder(run.name)}; this run has not made them"
    if run.level == "adapters":
        return "made by this run with the adapters that it was given"
    return "made by this run with the adapters that it trained"


def list_notes(run: Run) -> list[str]:
    """List what supplied generations lack, which files were left out, and what to open."""
    page = Path(f"results/{run.name}/index.html")
    opened = [f"open {page}: every number with its items and its command"] if page.is_file() else []
    return _list_missing(run) + opened


def _list_missing(run: Run) -> list[str]:
    """List what supplied generations lack, and which files were left out."""
    if run.supplied is None:
        return []
    inputs = Path(f"results/{run.name}/tables/inputs.csv")
    notes = say_inputs(read_table(inputs)) if inputs.is_file() else []
    return notes + [f"{path}: the config does not name it" for path in find_others(run.supplied)]
