"""How often answers follow a trace set from outside, how often they are true, and pairs of such traces."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from tracekd.core.errors import DataError
from tracekd.core.records import Question, read_interventions
from tracekd.datasets.rows import Grid
from tracekd.interventions.outcomes import read_outcomes
from tracekd.interventions.prefills import CONDITIONS, condition_title
from tracekd.labels import OUTCOME_TITLES, arm_title, as_header, count, dataset_title
from tracekd.statistics.paired import compare
from tracekd.statistics.verdict import holm
from tracekd.tables.estimates import add_share, show_estimates, show_p

PATH = re.compile(r"(?P<dataset>[^/]+)/(?P<model>[^/]+)/(?P<arm>[^/]+)/seed(?P<seed>\d+)\.jsonl$")
RUN = ["dataset", "model", "arm", "seed"]
KEYS = [*RUN, "condition"]
SHARES = ("true", "follows")
COLUMNS = [*KEYS, "n", "read", "implied_n", "implied_true", "tellable"]
COLUMNS += [f"{name}{end}" for name in SHARES for end in ("", "_share", "_share_low", "_share_high")]
# what every other condition is held against on the same items
REFERENCES = ("own", "gold")
PAIR_KEYS = [*RUN, "outcome", "reference", "condition"]
PAIR_COLUMNS = [*PAIR_KEYS, "n", "condition_only", "reference_only"]
PAIR_COLUMNS += ["difference", "difference_low", "difference_high", "mcnemar_p", "holm_p"]
OUTCOMES = {"true": OUTCOME_TITLES["true"], "implied": OUTCOME_TITLES["follows"]}


def read_outcome_frame(
    questions: Mapping[str, Sequence[Question]], paths: Iterable[str | Path]
) -> pd.DataFrame:
    """Read and score files `.../{dataset}/{model}/{arm}/seed{seed}.jsonl` of interventions.

    Args:
        questions: of each dataset.
        paths: one file an adapter.

    Returns one row an intervention: dataset, model, arm, seed (int) and the fields of `Outcome`.

    """
    rows = []
    for path in map(Path, paths):
        match = PATH.search(path.as_posix())
        if match is None:
            raise DataError("not the name of a file of interventions", where=path, hint="see docs/files.md")
        run = {**match.groupdict(), "seed": int(match["seed"])}
        asked = questions[match["dataset"]]
        for outcome in read_outcomes(asked, read_interventions(path), match["arm"]):
            rows.append(run | {name: getattr(outcome, name) for name in outcome.__slots__})
    return pd.DataFrame(rows)


def interventions_table(outcomes: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Count answers that are true, and those that follow their trace, for each adapter and condition.

    Columns: dataset, model, arm, seed, condition; n: items; read: answers that can be read; implied_n: items
    whose trace implies an answer; implied_true: this is the truth; tellable: it is another one, so that
    following can be told from truth; true: true answers, of n; follows: answers that are the implied one, of
    the tellable items; both also as a share with its 95 % Wilson interval, empty where there is no item.
    """
    marked = _mark(outcomes)
    groups = marked.groupby(KEYS, sort=False)
    table = groups[["n", "read", "implied_n", "implied_true", "tellable", *SHARES]].sum().reset_index()
    for name, total in (("true", "n"), ("follows", "tellable")):
        table = add_share(table, name, total)
    return _sort(table, grid, KEYS)[COLUMNS]


def pairs_table(outcomes: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Compare every condition with `own` and with `gold`, on the same items of the same adapter.

    Outcome `true`: the answer is true. Outcome `implied`: the answer is the one that the condition's trace
    implies, behind that trace and behind the reference's, on the items where this is not the truth.

    Columns: dataset, model, arm, seed, outcome, reference, condition, n, condition_only and reference_only
    (items for which the outcome holds behind one of the traces only), difference (condition - reference) with
    Newcombe's paired 95 % interval, mcnemar_p (exact), holm_p (within an adapter and outcome).
    """
    rows = []
    for run, items in outcomes.groupby(RUN, sort=False):
        by_condition = {name: rows.set_index("item") for name, rows in items.groupby("condition", sort=False)}
        for reference in [name for name in REFERENCES if name in by_condition]:
            base = by_condition[reference]
            for condition in [name for name in by_condition if name != reference]:
                if (condition, reference) == REFERENCES:
                    continue  # gold against own stands there already
                tried = by_condition[condition]
                told = tried[(tried["implied_true"] == False).fillna(False)]  # noqa: E712 - a column with None
                both = told.index.intersection(base.index)
                same = [base.loc[item, "answer"] == told.loc[item, "implied"] for item in both]
                sides = {
                    "true": (tried["true"], base["true"]),
                    "implied": (told["follows"].loc[both], pd.Series(same, index=both, dtype=float)),
                }
                for outcome, (first, second) in sides.items():
                    row = compare(first.astype(float), second.astype(float))
                    key = dict(zip(PAIR_KEYS, (*run, outcome, reference, condition), strict=True))
                    if row["n"]:
                        rows.append(key | row)
    names = {"first_only": "condition_only", "second_only": "reference_only"}
    # without a reference among the conditions there is no pair
    table = pd.DataFrame(rows).rename(columns=names).reindex(columns=PAIR_COLUMNS)
    table["holm_p"] = holm(table["mcnemar_p"].astype(float), table[[*RUN, "outcome"]])
    return _sort(table, grid, PAIR_KEYS)


def show_interventions(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers."""
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Model": table["model"],
            "Arm": [arm_title(name) for name in table["arm"]],
            "Seed": table["seed"].astype(str),
            "Trace": [condition_title(name) for name in table["condition"]],
            "Items": table["n"].map(count),
            "Readable": table["read"].map(count),
            f"{as_header(OUTCOME_TITLES['true'])} (%)": show_estimates(table, "true_share", percent=True),
            "Implied one is right": table["implied_true"].map(count),
            "Implied one is wrong": table["tellable"].map(count),
            f"{as_header(OUTCOME_TITLES['follows'])} (%)": show_estimates(
                table, "follows_share", percent=True
            ),
        }
    )


def show_pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers."""
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Model": table["model"],
            "Arm": [arm_title(name) for name in table["arm"]],
            "Seed": table["seed"].astype(str),
            "Outcome": table["outcome"].map(OUTCOMES),
            "Against": [condition_title(name) for name in table["reference"]],
            "Trace": [condition_title(name) for name in table["condition"]],
            "Items": table["n"].map(count),
            "Trace only": table["condition_only"].map(count),
            "Against only": table["reference_only"].map(count),
            "Difference (points)": show_estimates(table, "difference", percent=True),
            "McNemar p": table["mcnemar_p"].map(show_p),
            "p (Holm)": table["holm_p"].map(show_p),
        }
    )


def _mark(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Give counts of one item each."""
    implied_true, follows = (outcomes[name].map({True: 1, False: 0}) for name in ("implied_true", "follows"))
    tellable = (implied_true == 0).astype(int)
    return outcomes[KEYS].assign(
        n=1,
        read=outcomes["answer"].notna().astype(int),
        implied_n=implied_true.notna().astype(int),
        implied_true=(implied_true == 1).astype(int),
        tellable=tellable,
        true=outcomes["true"].astype(int),
        follows=tellable * (follows == 1),
    )


def _sort(table: pd.DataFrame, grid: Grid, keys: Sequence[str]) -> pd.DataFrame:
    """Sort rows as the config and `CONDITIONS` do."""
    places = {name: place for place, name in enumerate((*OUTCOMES, *CONDITIONS))}
    ranks = table.assign(
        **{name: table[name].map(places) for name in ("outcome", "reference", "condition") if name in table}
    )
    order = grid.sort(ranks.assign(row=range(len(ranks))), keys)["row"]
    return table.iloc[order].reset_index(drop=True)
