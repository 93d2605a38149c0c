"""What the association of trace and answer is made of: copying from the facts that the trace names.

Where every gold answer stands in exactly one fact, naming the gold facts and naming the gold entities is
one and the same. An answer copied from the named facts is then right exactly when the retrieval step is,
and phi of trace and answer says no more than that the model copies. Class step alone, class step among
equal retrieval, and the answer replaced by the named entities take the association apart.
"""

import pandas as pd

from tracekd.datasets.rows import Grid
from tracekd.labels import arm_title, count, dataset_title
from tracekd.scoring.readings import MAIN
from tracekd.statistics.association import CELLS, EMPTY, Columns, with_interval
from tracekd.statistics.intervals import wilson_interval
from tracekd.tables.estimates import show_estimates, show_number
from tracekd.tables.readings import RUN, count_cells, phi_columns

SUBSETS = {"all": None, "one-to-one": 1, "not one-to-one": 0}
# what is held against what, and among which readings
ASSOCIATIONS = {
    "trace": ("answer_ok", "trace_ok", None),
    "class": ("answer_ok", "class_ok", None),
    "facts": ("answer_ok", "facts_exact", None),
    "class_given_facts_ok": ("answer_ok", "class_ok", 1),
    "class_given_facts_wrong": ("answer_ok", "class_ok", 0),
    "implied": ("implied_ok", "trace_ok", None),
}
# headers for readers
PHIS = {
    "trace": "Trace",
    "class": "Class",
    "facts": "Retrieval",
    "class_given_facts_ok": "Class | R. ok",
    "class_given_facts_wrong": "Class | R. wrong",
    "implied": "Entities",
}
COLUMNS = [
    *[*RUN, "subset", "n", "answers", "copies"],
    *[f"copying_rate{end}" for end in ("", "_low", "_high")],
    *CELLS,
    *[f"phi_{name}{end}" for name in ASSOCIATIONS for end in ("_n", "", "_low", "_high")],
]


def copying_table(readings: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Take the association of trace and answer apart, for all items and by whether the map is one-to-one.

    Columns: dataset, model, arm, seed, subset (all, one-to-one, not one-to-one), n; answers: readable
    ones after a trace that names context facts; copies: those that are exactly the entities of the named
    facts, also as a share with its 95 % Wilson interval; both_ok, answer_only_ok, trace_only_ok,
    neither_ok of the whole trace; then phi with n and 95 % interval (`phi_interval`) of answer and whole
    trace, class step, retrieval step (facts), class step among right and among wrong retrieval, and of
    whole trace and the entities that the trace names put in the answer's place (implied; none named is
    wrong). Empty where undefined; datasets whose facts imply no answer have subset `all` only, without
    copies.
    """
    main = readings[readings["way"] == MAIN]
    main = main.assign(trace_ok=main["class_ok"] * main["facts_exact"])
    rows = [
        {**dict(zip(RUN, key, strict=True)), "subset": name, **_take_apart(part)}
        for key, items in main.groupby(RUN, sort=False)
        for name, flag in SUBSETS.items()
        if len(part := items if flag is None else items[items["one_to_one"] == flag])
    ]
    # a count stays whole beside an empty one
    table = pd.DataFrame(rows, columns=COLUMNS).astype({f"phi_{name}_n": "Int64" for name in ASSOCIATIONS})
    # the order of subsets is kept: sorting is stable
    return grid.sort(table, RUN)


def show_copying(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers, phi without intervals: the figure shows them."""
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Model": table["model"],
            "SFT arm": [arm_title(name) for name in table["arm"]],
            "Seed": table["seed"].astype(str),
            "Items": table["subset"],
            "n": table["n"].map(count),
            "Copied (%)": show_estimates(table, "copying_rate", percent=True),
            **{
                title: [show_number(value, 2) for value in table[f"phi_{name}"]]
                for name, title in PHIS.items()
            },
        }
    )


def _take_apart(items: pd.DataFrame) -> Columns:
    """Describe one subset of a run."""
    implies = items["one_to_one"].notna().all()
    answers = items[items["implied"].notna() & items["answer"].notna()]
    copies = int(answers["follows"].sum())
    rate = copies / len(answers) if len(answers) else EMPTY
    limits = wilson_interval(rate, len(answers)) if len(answers) else (EMPTY, EMPTY)
    whole = count_cells(items["answer_ok"], items["trace_ok"])
    row: Columns = {"n": len(items), "answers": len(answers), "copies": copies}
    row |= {**with_interval("copying_rate", rate, limits), **whole._asdict()}
    for name, (answer, step, retrieval) in ASSOCIATIONS.items():
        among = items if retrieval is None else items[items["facts_exact"] == retrieval]
        if implies or answer != "implied_ok":
            counts = count_cells(among[answer], among[step])
            row |= {f"phi_{name}_n": counts.n, **phi_columns(f"phi_{name}", counts)}
    return row
