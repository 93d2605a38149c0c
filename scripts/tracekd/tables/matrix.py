"""How often trace and answer are right together: the counts behind Figures 2 and 3 of the paper."""

import pandas as pd

from tracekd.datasets.rows import ALL, Grid
from tracekd.labels import CELL_TITLES, arm_title, as_header, count, dataset_title, share_titles
from tracekd.statistics.association import CELLS
from tracekd.tables.write import percent

KEYS = ["dataset", "class", "model", "arm", "seed", "scorer", "step"]


def trace_answer_matrix(scores: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Count items by answer and step, for each class and for `all`.

    Columns: dataset, class, model, arm, seed, scorer, step (of the dataset, or `trace`), n, both_ok,
    answer_only_ok, trace_only_ok, neither_ok. An arm without a step has no rows for it.
    """
    answers = scores[[*(key for key in KEYS if key != "step"), "answer_ok"]]
    steps = [answers.assign(step=step, step_ok=scores[f"{step}_ok"]) for step in grid.steps]
    items = pd.concat(steps, ignore_index=True).dropna(subset="step_ok")
    answer, step = items["answer_ok"] == 1, items["step_ok"] == 1
    cells = pd.DataFrame(
        dict(zip(CELLS, (answer & step, answer & ~step, step & ~answer, ~(answer | step)), strict=True))
    )
    classes = items[KEYS].join(cells.astype(int)).groupby(KEYS, as_index=False, sort=False).sum()
    whole = classes.assign(**{"class": ALL}).groupby(KEYS, as_index=False, sort=False).sum()
    table = pd.concat([whole, classes], ignore_index=True)
    table.insert(len(KEYS), "n", table[CELLS].sum(axis=1))
    place = {name: number for number, name in enumerate(grid.steps)}
    sorted_table = grid.sort(table.assign(step=table["step"].map(place)), KEYS)
    return sorted_table.assign(step=sorted_table["step"].map(grid.steps.__getitem__))


def pool_seeds(matrix: pd.DataFrame) -> pd.DataFrame:
    """Add up the counts of all seeds; adds column seeds, drops column seed."""
    by = [key for key in KEYS if key != "seed"]
    groups = matrix.groupby(by, as_index=False, sort=False)
    return groups.agg(seeds=("seed", "nunique"), **{cell: (cell, "sum") for cell in ["n", *CELLS]})


def conditionals(row: pd.Series) -> tuple[float | None, float | None]:
    """P(answer right | trace right) and P(answer right | trace wrong); None where no trace is so."""
    ok, wrong = row["both_ok"] + row["trace_only_ok"], row["answer_only_ok"] + row["neither_ok"]
    return (row["both_ok"] / ok if ok else None, row["answer_only_ok"] / wrong if wrong else None)


def show_matrix(table: pd.DataFrame) -> pd.DataFrame:
    """Write the whole-trace rows over all classes for readers, seeds pooled."""
    rows = pool_seeds(table[(table["class"] == ALL) & (table["step"] == "trace")])
    given = [conditionals(row) for _, row in rows.iterrows()]
    _, *conditional = map(as_header, share_titles().values())
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in rows["dataset"]],
            "Model": rows["model"],
            "Arm": [arm_title(name) for name in rows["arm"]],
            "Scorer": rows["scorer"],
            "Seeds": rows["seeds"].map(count),
            "n": rows["n"].map(count),
            **{as_header(CELL_TITLES[cell]): rows[cell].map(count) for cell in CELLS},
            **{title: [percent(pair[place]) for pair in given] for place, title in enumerate(conditional)},
        }
    )
