"""Whether the outputs of a run can be read at all; without pandas, for it is asked last and of every run."""

from collections import defaultdict
from pathlib import Path

from tracekd.core.errors import DataError
from tracekd.core.texts import read_rows, restore
from tracekd.traces.arms import ARMS, get_arm

RUN = ("dataset", "model", "arm")


def check_readable(results: str | Path) -> None:
    """Raise DataError where no output of a trained arm is readable: its zeros say nothing about traces.

    Args:
        results: CSV of `results_table`.

    """
    scorers: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for _, row in read_rows(results, (*RUN, "scorer", "readable")):
        key = tuple(restore(row[name]) for name in RUN)
        is_trained = key[-1] not in ARMS or get_arm(key[-1]).is_trained
        if is_trained and row["readable"] and float(row["readable"]) == 0:
            scorers[key].append(restore(row["scorer"]))
    if scorers:
        named = "; ".join(f"{'/'.join(key)} (scorer {', '.join(names)})" for key, names in scorers.items())
        raise DataError(
            f"no output has the form that is read, after SFT, of {named}",
            where=results,
            hint="look at these generations, at max_new_tokens, and at how the dataset parses them",
        )
