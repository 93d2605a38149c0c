"""What the captions say of a run's generations, and what its end says of its results (rules/ending.smk)."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tracekd.core.tables import read_table
from tracekd.labels import arm_title
from tracekd.released.supplied import find_others, get_folder
from tracekd.scoring import choose_first
from tracekd.tables.inputs import say_inputs
from tracekd.tables.write import percent
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
    """List what supplied generations lack, and which files were left out."""
    if run.supplied is None:
        return []
    inputs = Path(f"results/{run.name}/tables/inputs.csv")
    notes = say_inputs(read_table(inputs)) if inputs.is_file() else []
    return notes + [f"{path}: the config does not name it" for path in find_others(run.supplied)]


def say_end(run: Run, call: str) -> list[str]:
    """Say the main result of a finished run in one line, what to open, and the next command.

    Args:
        run: the run.
        call: of Snakemake, by which it was made, without targets.

    """
    results, figures = f"results/{run.name}", f"figures/{run.name}"
    scorer = choose_first(run.scorers)
    table = read_table(Path(f"{results}/tables/results.csv"))
    told = compare_arms(table[table["scorer"] == scorer], run.arms)
    note = f"; {run.note}" if run.note else ""
    return [
        "",
        f"right answers by the {scorer} scorer{note}, {told}",
        f"open     {results}/index.html (every number with its items and its command)",
        f"tables   {results}/tables/ (start with results.md)",
        f"figures  {figures}/",
        f"check    {call} -- verify",
    ]


def say_part_end(run: Run, jobs: int) -> str:
    """Say that a part of a run is finished, by its number of jobs."""
    return f"Finished {jobs or 'no'} {'job' if jobs == 1 else 'jobs'}, a part of the run {run.name}"


def compare_arms(results: pd.DataFrame, arms: Sequence[str]) -> str:
    """Give the mean share of right answers of each arm, over the same datasets and models for all of them."""
    by_arm = results.pivot_table(
        index=["dataset", "model"], columns="arm", values=["answer_acc", "readable"], sort=False
    )
    complete = by_arm.dropna()
    if complete.empty:
        return "arm by arm: see the tables, since no dataset and model has all arms"
    means = complete.mean()
    found = [
        f"{arm_title(arm)} {percent(means['answer_acc', arm])} %"
        + ("" if means["readable", arm] else " (no output of the form asked for)")
        for arm in arms
    ]
    return f"mean of {_say_part(len(complete), len(by_arm))}: {', '.join(found)}"


def _say_part(n_complete: int, n: int) -> str:
    if n_complete == n:
        return "datasets and models"
    return f"the {n_complete} of {n} pairs of dataset and model that have every arm"
