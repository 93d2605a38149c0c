"""What the association of trace and answer is made of: copying from the facts that the trace names.

Where every gold answer stands in exactly one fact, naming the gold facts and naming the gold entities is
one and the same. An answer copied from the named facts is then right exactly when the retrieval step is,
and phi of trace and answer says no more than that the model copies. Class step alone, class step among
equal retrieval, and the answer replaced by the named entities take the association apart. The negative
control puts an answer in its place that never saw the trace: what phi is left comes from items that are easy
or hard whatever the trace says.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from tracekd.datasets import get_dataset
from tracekd.datasets.rows import TRACE, Grid
from tracekd.labels import WHOLE_TRACE, count, show_number, step_title, verdict_title
from tracekd.scoring.readings import MAIN
from tracekd.statistics.association import (
    CELLS,
    Columns,
    cell_flags,
    count_flags,
)
from tracekd.tables.estimates import show_estimates
from tracekd.tables.readings import RUN, phi_columns, share_columns, show_run

# phi of retrieval with the answer of a model that saw no trace
CONTROL = "control"
INTERVALS = ("", "_low", "_high", "_item_low", "_item_high")
SUBSETS = {"all": None, "one-to-one": 1, "not one-to-one": 0}


class Association(NamedTuple):
    """What is held against what, and among which items.

    Args:
        title: for readers.
        answer, step: columns of the two flags.
        among: column and value of the items that are looked at; None: all.

    """

    title: str
    answer: str
    step: str
    among: tuple[str, int] | None = None


def associations(datasets: Sequence[str]) -> dict[str, Association]:
    """Name the associations that the steps of these datasets have: `phi_{name}` are the columns about one.

    The whole trace, every step, every step among items whose implying step is right or wrong, what the trace
    implies in the answer's place, and the negative control: the step that answers are taken from, with the
    answer of the same model without traces.
    """
    steps = {step.name: step for name in datasets for step in get_dataset(name).steps}
    found = {TRACE: Association(WHOLE_TRACE, "answer_ok", "trace_ok")}
    found |= {name: Association(step_title(step), "answer_ok", f"{name}_ok") for name, step in steps.items()}
    sources = dict.fromkeys(get_dataset(name).source_step for name in datasets)
    for source in sources:
        for name, step in steps.items():
            for end, flag in (("ok", 1), ("wrong", 0)) if name != source else ():
                title = f"{step_title(step)} if {steps[source].title} {verdict_title(flag)}"
                among = (f"{source}_ok", flag)
                found[f"{name}_given_{source}_{end}"] = Association(title, "answer_ok", f"{name}_ok", among)
    found["implied"] = Association(f"{WHOLE_TRACE} and implied answer", "implied_ok", "trace_ok")
    control = " or ".join(step_title(steps[source]) for source in sources)
    return found | {CONTROL: Association(f"{control} and answer without traces", "baseline_ok", "control_ok")}


def columns(names: Iterable[str]) -> list[str]:
    """Name the columns of the table."""
    return [
        *[*RUN, "subset", "n", "clusters", "answers", "copies"],
        *[f"copying_rate{end}" for end in INTERVALS],
        *CELLS,
        *[f"phi_{name}{end}" for name in names for end in ("_n", *INTERVALS)],
    ]


def copying_table(readings: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Take the association of trace and answer apart, for all items and by whether the map is one-to-one.

    Args:
        readings: as from `join_baseline`, with a column `anchor`.
        grid: names in config order.

    Returns:
        dataset, model, arm, seed, subset (all, one-to-one, not one-to-one), n, clusters; answers: readable
        ones after a trace that names context facts; copies: those that are exactly the entities of the named
        facts, also as a share; both_ok, answer_only_ok, trace_only_ok, neither_ok of the whole trace; then
        phi with n of answer and whole trace, class step, retrieval step (facts), class step among right and
        among wrong retrieval, of whole trace and the entities that the trace names put in the answer's place
        (implied; none named is wrong), and of retrieval step and answer of the model without traces
        (control). Share and phi have their 95 % interval, clustered and with every item for itself. Empty
        where undefined; datasets whose facts imply no answer have subset `all` only, without copies.

    """
    main = readings[readings["way"] == MAIN]
    known = associations(grid.datasets)
    steps = [f"{name}_ok" for name in grid.steps if name != TRACE and f"{name}_ok" in main]
    # a step that the dataset does not have says nothing
    main = main.assign(trace_ok=main[steps].fillna(1).prod(axis=1))
    for name in grid.present(main, "dataset"):
        rows = main["dataset"] == name
        main.loc[rows, "control_ok"] = main.loc[rows, f"{get_dataset(name).source_step}_ok"]
    rows = [
        {**dict(zip(RUN, key, strict=True)), "subset": name, **_take_apart(part, known)}
        for key, items in main.groupby(RUN, sort=False)
        for name, flag in SUBSETS.items()
        if len(part := items if flag is None else items[items["one_to_one"] == flag])
    ]
    # a count stays whole beside an empty one
    whole = {f"phi_{name}_n": "Int64" for name in known}
    table = pd.DataFrame(rows, columns=columns(known)).astype(whole)
    # the order of subsets is kept: sorting is stable
    return grid.sort(table, RUN)


def show_copying(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers, phi without intervals: the figure shows them."""
    return pd.DataFrame(
        {
            **show_run(table),
            "Items": table["subset"],
            "n": table["n"].map(count),
            "Copied (%)": show_estimates(table, "copying_rate", percent=True),
            **{
                f"phi, {one.title}": [show_number(value, 2) for value in table[f"phi_{name}"]]
                for name, one in associations(list(dict.fromkeys(table["dataset"]))).items()
            },
        }
    )


def _take_apart(items: pd.DataFrame, known: Mapping[str, Association]) -> Columns:
    """Describe one subset of a run."""
    implies = get_dataset(items["dataset"].iloc[0]).implied_by is not None
    answers = items[items["implied"].notna() & items["answer"].notna()]
    row: Columns = {"n": len(items), "clusters": items["anchor"].nunique(), "answers": len(answers)}
    row["copies"] = int(answers["follows"].sum())
    row |= share_columns("copying_rate", answers["follows"], answers["anchor"])
    row |= count_flags(cell_flags(items["answer_ok"], items["trace_ok"]))._asdict()
    for name, one in known.items():
        if one.step not in items or (one.among and one.among[0] not in items):
            continue
        among = items if one.among is None else items[items[one.among[0]] == one.among[1]]
        # an item without a baseline says nothing of it; an answer that cannot be read is a wrong one
        among = among.dropna(subset="baseline_ok") if name == CONTROL else among
        judged = items[one.step].notna().any()
        if judged and (implies or one.answer != "implied_ok"):
            cells = cell_flags(among[one.answer], among[one.step])
            row |= {f"phi_{name}_n": len(among), **phi_columns(f"phi_{name}", cells, among["anchor"])}
    return row
