"""The main tables as a paper prints them: at most seven columns, the aligned scorer first.

Each is made of the exact table of the same name (CSV), which holds all the rest.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pandas as pd

from tracekd.datasets.rows import ALL, TRACE, Grid
from tracekd.interventions.prefills import condition_title
from tracekd.labels import (
    CELL_TITLES,
    INTERVAL,
    OUTCOME_TITLES,
    WHOLE_TRACE,
    arm_title,
    as_header,
    count,
    dataset_title,
    part_titles,
    scorer_title,
    share_titles,
    show_number,
)
from tracekd.scoring import choose_first
from tracekd.tables.contrasts import ALL_ON, pair_title, show_points
from tracekd.tables.counterfactual import NAMED
from tracekd.tables.estimates import add_share, show_estimates
from tracekd.tables.latex import MOST_COLUMNS, Column, Kind, PaperTable
from tracekd.tables.matrix import conditionals, pool_seeds
from tracekd.tables.results import show_steps
from tracekd.tables.write import interval, percent
from tracekd.traces.arms import CLAIMED

NONE = float("nan")
# the rows of `counterfactual.csv` that leave no item out
ANY = next(name for name, flag in NAMED.items() if flag is None)


class Context(NamedTuple):
    """What a table needs beside its rows: names in config order."""

    grid: Grid
    scorers: Sequence[str]


def paper_results(table: pd.DataFrame, context: Context) -> PaperTable:
    """Lay out `results.csv`: accuracies on all test items, scorer by scorer."""
    table = _by_scorer(table, context)
    steps = show_steps(table)
    # of datasets with more steps than there is room for, the trace stands for them all
    steps = steps if len(steps) <= MOST_COLUMNS - len(("model", "arm", "answer", "interval", "trace")) else {}
    return PaperTable(
        "Accuracy on the n test items in %, mean ± standard deviation over seeds where there are several; "
        "95 % Wilson interval of the mean at the n of one seed. A trace is right where all its steps are.",
        [
            *_run(table),
            _means("Answer", table, "score"),
            Column(INTERVAL, _limits(table), Kind.ESTIMATE),
            *[Column(_lines(title), cells, Kind.NUMBER) for title, cells in steps.items()],
            _means(_lines(as_header(WHOLE_TRACE)), table, "trace_acc", "trace_sd"),
        ],
        _groups(table, scorer=True, n=True),
    )


def paper_classes(table: pd.DataFrame, context: Context) -> PaperTable:
    """Lay out `classes.csv`: answers of each class by the scorer that comes first, arms side by side."""
    first = choose_first(context.scorers)
    table = table[table["scorer"] == first]
    keys = ["dataset", "model", "class"]
    arms = context.grid.present(table, "arm")
    shown = arms[: MOST_COLUMNS - len(("class", "n"))]
    rows = context.grid.sort(table.groupby(keys, sort=False, as_index=False)["n"].max(), keys)
    scores = table.set_index([*keys, "arm"])["score"]
    rest = f" Without {', '.join(map(arm_title, arms[len(shown) :]))}." if len(arms) > len(shown) else ""
    return PaperTable(
        f"Right final answers by class in %, by the {first} scorer, mean over seeds; n items per seed.{rest}",
        [
            Column("Class", list(rows["class"])),
            _counts("n", rows["n"]),
            *[
                Column(
                    arm_title(arm).replace(" ", "\n", 1),
                    [percent(scores.get((*key, arm), NONE)) for key in rows[keys].itertuples(index=False)],
                    Kind.NUMBER,
                )
                for arm in shown
            ],
        ],
        [f"{dataset_title(row.dataset)}, {row.model}" for row in rows.itertuples()],
    )


def paper_matrix(table: pd.DataFrame, context: Context) -> PaperTable:
    """Lay out `trace_answer_matrix.csv`: how often trace and answer are right together, seeds pooled."""
    whole = table[(table["class"] == ALL) & (table["step"] == TRACE)]
    rows = _by_scorer(pool_seeds(whole), context)
    behind_right = [conditionals(row)[0] for _, row in rows.iterrows()]
    return PaperTable(
        "Whole trace against final answer, seeds pooled: in how many of the n generations both are right, "
        "only one of them, or neither; and the share of right answers in % where the trace is right.",
        [
            *_run(rows),
            *[_counts(_lines(as_header(title)), rows[cell]) for cell, title in CELL_TITLES.items()],
            Column(_shares_title("p_answer_given_trace_ok"), list(map(percent, behind_right)), Kind.NUMBER),
        ],
        _groups(rows, scorer=True, n=True),
    )


def paper_statistics(table: pd.DataFrame, context: Context) -> PaperTable:
    """Lay out `statistics.csv`: association of each step with the answer, seeds pooled."""
    rows = _by_scorer(_pool(table, ["dataset", "model", "arm", "scorer", "step"]), context)
    titles = part_titles(context.grid.datasets)
    return PaperTable(
        "Association of the steps of a trace with the final answer: share of right answers in % where the "
        "step is right or wrong, and φ with its 95 % interval, over all items and within classes. "
        "Clusters of items about one entity are independent.",
        [
            *_run(rows),
            Column("Step", [titles[step] for step in rows["step"]]),
            *[
                _shares(_shares_title(name, "step"), rows[name])
                for name in ("p_answer_given_trace_ok", "p_answer_given_trace_wrong")
            ],
            Column("φ", show_estimates(rows, "phi"), Kind.ESTIMATE),
            Column("φ within classes", show_estimates(rows, "phi_within"), Kind.ESTIMATE),
        ],
        _groups(rows, scorer=True),
    )


def paper_follow(table: pd.DataFrame, context: Context) -> PaperTable:
    """Lay out `follow.csv`: answers after traces that imply a wrong one."""
    rows = table[table["class"] == ALL]
    return PaperTable(
        "Answers after a trace that implies a wrong answer, n such items: in % the answer that the trace "
        "implies, and the right one all the same; 95 % intervals, clusters of items about one entity being "
        "independent.",
        [
            *_run(rows),
            _counts("n", rows["n"]),
            _estimates(as_header(OUTCOME_TITLES["follows"]), rows, "follows_share"),
            _estimates(as_header(OUTCOME_TITLES["true"]), rows, "true_share"),
        ],
        _groups(rows, seed=True),
    )


def paper_counterfactual(table: pd.DataFrame, context: Context) -> PaperTable:
    """Lay out `counterfactual.csv`: the same items answered with a wrong trace and without any."""
    rows = table[(table["class"] == ALL) & (table["named"] == ANY)]
    return PaperTable(
        "The n items whose trace implies a wrong answer: in % how often the answer is that one, with the "
        "trace and of the same model without traces, and the difference in points with its 95 % interval, "
        "clusters of items about one entity being independent.",
        [
            *_run(rows),
            _counts("n", rows["n"]),
            _shares("with\ntrace", rows["follows"] / rows["n"]),
            _shares("without", rows["baseline_follows"] / rows["n"]),
            Column("Difference", show_estimates(rows, "excess", digits=1), Kind.ESTIMATE),
        ],
        _groups(rows, seed=True),
    )


def paper_contrasts(table: pd.DataFrame, context: Context) -> PaperTable:
    """Lay out `contrasts.csv`: the pairs of arms that the paper compares, scorers side by side."""
    pairs = pd.Series(list(zip(table["arm"], table["other"], strict=True)), table.index, dtype=object)
    chosen = table[pairs.isin(CLAIMED) & (table["quirk"] == ALL_ON) & (table["items"] == ALL)]
    keys = ["dataset", "seed", "model", "arm", "other"]
    scorers = _order(context.scorers)[: MOST_COLUMNS - len(("model", "contrast", "n", "clusters"))]
    rows = chosen.drop_duplicates(keys).reset_index(drop=True)
    by_key = chosen.assign(points=show_points(chosen, "difference", "low", "high")).set_index(
        [*keys, "scorer"]
    )["points"]
    return PaperTable(
        "Difference in right answers of two arms on the same n items, in points with its 95 % interval, by "
        "scorer; clusters of items about one entity are independent.",
        [
            Column("Model", list(rows["model"])),
            Column("Contrast", list(map(pair_title, rows["arm"], rows["other"]))),
            _counts("n", rows["n"]),
            _counts("Clusters", rows["clusters"]),
            *[
                Column(
                    scorer_title(scorer),
                    [by_key.get((*key, scorer), "–") for key in rows[keys].itertuples(index=False)],
                    Kind.ESTIMATE,
                )
                for scorer in scorers
            ],
        ],
        _groups(rows, seed=True),
    )


def paper_interventions(table: pd.DataFrame, context: Context) -> PaperTable:
    """Lay out `interventions.csv`: answers after set traces, seeds pooled."""
    keys = ["dataset", "model", "arm", "condition"]
    counts = table.groupby(keys, sort=False)
    rows = counts[["n", "tellable", "true", "follows"]].sum().reset_index()
    seeds = counts["seed"].nunique().to_numpy()
    rows = add_share(add_share(rows, "true", "n", seeds), "follows", "tellable", seeds)
    return PaperTable(
        "Answers after set traces in %, seeds pooled: right ones, and ones that are what the trace implies, "
        "of the m items where this is wrong; 95 % Wilson intervals at the n of one seed.",
        [
            *_run(rows),
            Column("Trace", list(map(condition_title, rows["condition"]))),
            _counts("n", rows["n"]),
            _estimates(as_header(OUTCOME_TITLES["true"]), rows, "true_share"),
            _counts("m", rows["tellable"]),
            _estimates(as_header(OUTCOME_TITLES["follows"]), rows, "follows_share"),
        ],
        _groups(rows),
    )


def paper_main_claims(table: pd.DataFrame, context: Context) -> PaperTable:
    """Lay out `main_claims.csv`: claims and verdicts."""
    return PaperTable(
        "The paper's main claims about trace and answer, held against the generations of this run.",
        [
            Column("Claim", list(table["statement"]), Kind.PROSE, 215),
            Column("Verdict", list(table["verdict"]), Kind.PROSE, 225),
        ],
    )


def paper_datasets(table: pd.DataFrame, context: Context) -> PaperTable:
    """Lay out `datasets.csv`: questions per class and split."""
    means = {"facts": "Facts", "gold_facts": "Gold\nfacts", "answers": "Answers"}
    return PaperTable(
        "Questions per class and split; means per question of facts in the context, gold facts and answers.",
        [
            Column("Class", list(table["class"])),
            *[_counts(name.capitalize(), table[name]) for name in ("train", "test")],
            *[
                Column(title, [show_number(value, 1) for value in table[name]], Kind.NUMBER)
                for name, title in means.items()
            ],
        ],
        list(map(dataset_title, table["dataset"])),
        wide=False,
    )


def paper_hyperparameters(table: pd.DataFrame, context: Context) -> PaperTable:
    """Lay out `hyperparameters.csv`: settings of training and generation, a heading for each section."""
    parts = table["key"].str.partition(".")
    return PaperTable(
        "Settings of training, quantisation and generation.",
        [
            Column("Setting", list(parts[2].str.replace("_", " ")), Kind.PROSE, 85),
            Column("Value", list(table["value"].astype(str)), Kind.PROSE, 120),
        ],
        list(parts[0]),
        wide=False,
    )


PAPER: dict[str, Callable[[pd.DataFrame, Context], PaperTable]] = {
    "datasets": paper_datasets,
    "hyperparameters": paper_hyperparameters,
    "results": paper_results,
    "classes": paper_classes,
    "trace_answer_matrix": paper_matrix,
    "statistics": paper_statistics,
    "follow": paper_follow,
    "counterfactual": paper_counterfactual,
    "interventions": paper_interventions,
    "contrasts": paper_contrasts,
    "main_claims": paper_main_claims,
}


def _order(scorers: Sequence[str]) -> list[str]:
    """Put the scorer that a reader sees first before the others."""
    first = choose_first(scorers)
    return [first, *(scorer for scorer in scorers if scorer != first)]


def _by_scorer(table: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Sort rows by dataset, then by scorer, the others as they are."""
    places = {scorer: place for place, scorer in enumerate(_order(context.scorers))}
    ranked = table.assign(scorer_place=table["scorer"].map(places), row=range(len(table)))
    order = context.grid.sort(ranked, ["dataset", "scorer_place", "row"])["row"]
    return table.iloc[order].reset_index(drop=True)


def _pool(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Keep the row of all seeds where there is one, and else that of the only seed."""
    pooled = table["seed"].astype(str) == ALL
    several = pooled.groupby([table[key] for key in keys], sort=False).transform("any")
    return table[pooled | ~several]


def _run(table: pd.DataFrame) -> list[Column]:
    """The columns that say which run a row is; its dataset is a heading."""
    return [Column("Model", list(table["model"])), Column("Arm", list(map(arm_title, table["arm"])))]


def _groups(table: pd.DataFrame, *, scorer: bool = False, seed: bool = False, n: bool = False) -> list[str]:
    """Name the part of the table that each row stands in: dataset, scorer, n of its largest row, seed."""
    parts = [table["dataset"].map(dataset_title)]
    if scorer:
        parts.append(table["scorer"].map(scorer_title))
    if seed and table["seed"].nunique() > 1:
        parts.append("seed " + table["seed"].astype(str))
    if n:
        parts.append("n = " + table.groupby("dataset")["n"].transform("max").map(count))
    return [", ".join(row) for row in zip(*parts, strict=True)]


def _lines(title: str) -> str:
    """Break a title of several words over its last one."""
    return "\n".join(title.rsplit(" ", 1))


def _shares_title(name: str, part: str = "trace") -> str:
    """Write the title of a conditional share over two lines."""
    return as_header(share_titles(part)[name]).replace(" if ", "\nif ")


def _counts(title: str, numbers: pd.Series) -> Column:
    """A column of numbers of items."""
    return Column(title, list(map(count, numbers)), Kind.NUMBER)


def _shares(title: str, shares: pd.Series) -> Column:
    """A column of shares, in %."""
    return Column(title, list(map(percent, shares)), Kind.NUMBER)


def _estimates(title: str, table: pd.DataFrame, name: str) -> Column:
    """A column of shares with their intervals, in %."""
    return Column(title, show_estimates(table, name, percent=True), Kind.ESTIMATE)


def _means(title: str, table: pd.DataFrame, mean: str, sd: str = "") -> Column:
    """A column of means, with their standard deviations over seeds."""
    cells = [percent(*pair) for pair in zip(table[mean], table[sd or f"{mean}_sd"], strict=True)]
    return Column(title, cells, Kind.NUMBER)


def _limits(table: pd.DataFrame) -> list[str]:
    """Write the 95 % intervals of the headline."""
    return [interval(*pair) for pair in zip(table["score_low"], table["score_high"], strict=True)]
