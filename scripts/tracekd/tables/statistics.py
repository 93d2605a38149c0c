"""Association of trace and answer for every model, arm, scorer and step."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tracekd.datasets.rows import ALL, Grid
from tracekd.labels import arm_title, as_header, count, dataset_title, part_titles, share_titles, show_number
from tracekd.settings.statistics import Statistics
from tracekd.statistics.association import (
    CELLS,
    EMPTY,
    Columns,
    Counts,
    cell_flags,
    clustered_effects,
    clustered_shares,
    count_flags,
    effects,
    independence,
    power,
    put_item_limits_beside,
    shares,
)
from tracekd.statistics.seeds import pool
from tracekd.statistics.strata import associate_within, pool_within, split_cells, stratify
from tracekd.statistics.verdict import holm, verdict
from tracekd.tables.estimates import show_estimates, show_p
from tracekd.tables.matrix import trace_answer_matrix

FILE = ["dataset", "model", "arm", "seed", "scorer"]
KEYS = [*FILE, "step"]
ESTIMATES = ["p_joint", "p_answer_given_trace_ok", "p_answer_given_trace_wrong"]
ESTIMATES += ["risk_difference", "phi", "odds_ratio"]
COLUMNS = [
    *[*KEYS, "n", "clusters", *CELLS],
    *[f"{name}{end}" for name in ESTIMATES for end in ("", "_low", "_high", "_item_low", "_item_high")],
    *["chi2", "chi2_p", "chi2_yates", "chi2_yates_p", "chi2_percent", "chi2_percent_p"],
    *["exact_test", "exact_p", "mutual_information", "g_p", "clustered_p"],
    *["tost_phi_p", "tost_risk_difference_p"],
    *["power", "minimum_phi"],
    *["phi_within", "phi_within_low", "phi_within_high", "within_p", "tost_phi_within_p"],
    *["cmh_p", "pooled_odds_ratio", "pooled_odds_ratio_low", "pooled_odds_ratio_high", "breslow_day_p"],
    *["p", "holm_p", "verdict", "marginal_p", "marginal_verdict", "note"],
]


def statistics_table(scores: pd.DataFrame, grid: Grid, settings: Statistics) -> pd.DataFrame:
    """Describe and test every table of step against answer: one row a seed, and one for `all` of several.

    Args:
        scores: as from `read_scores`, with a column `anchor`.
        grid: names in config order.
        settings: of tests and draws.

    Returns:
        COLUMNS; docs/statistics.md says what each answers. What is undefined is empty. The row `all` has no
        tests of one table, for its items repeat over seeds; Holm's correction takes the two-sided tail of its
        draws. `verdict` is that of the association within classes, `marginal_verdict` that of the whole
        table.

    """
    matrix = trace_answer_matrix(scores, grid)
    files = dict(iter(scores.groupby(FILE, sort=False)))
    tables = [
        {**dict(zip(KEYS, key, strict=True)), **_one_seed(part, files[key[:-1]], key[-1], settings)}
        for key, part in matrix.groupby(KEYS, sort=False)
    ]
    pooled = [
        {**dict(zip(KEYS, (*key[:3], ALL, *key[3:], step), strict=True)), **_all_seeds(part, step, settings)}
        for key, part in scores.groupby(["dataset", "model", "arm", "scorer"], sort=False)
        if part["seed"].nunique() > 1
        for step in grid.steps
        if part[f"{step}_ok"].notna().any()
    ]
    table = pd.DataFrame([*tables, *pooled], columns=COLUMNS)
    family = table[settings.holm.association]
    table["holm_p"] = holm(table["p"], family)
    for column, adjusted, small in (
        ("verdict", table["holm_p"], table["tost_phi_within_p"]),
        ("marginal_verdict", holm(table["marginal_p"], family), table["tost_phi_p"]),
    ):
        table[column] = [verdict(*pair, settings.alpha) for pair in zip(adjusted, small, strict=True)]
    return _sort(table, grid)


def show_statistics(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers: the shares, phi and what is concluded."""
    return pd.DataFrame(
        {
            **show_keys(table),
            "n": table["n"].map(count),
            **{
                f"{as_header(title)} (%)": show_estimates(table, name, percent=True)
                for name, title in share_titles("step").items()
            },
            "phi": show_estimates(table, "phi"),
            "phi within classes": show_estimates(table, "phi_within"),
            "chi-square": [show_number(value, 1) for value in table["chi2"]],
            "p (Holm)": table["holm_p"].map(show_p),
            "Verdict within classes": [
                f"refused: {note}" if name == "refused" else name
                for name, note in zip(table["verdict"], table["note"], strict=True)
            ],
            "Of the whole table": list(table["marginal_verdict"]),
        }
    )


def show_keys(table: pd.DataFrame) -> dict[str, list[str]]:
    """Write the columns that say which table a row describes."""
    titles = part_titles(table["dataset"].unique())
    return {
        "Dataset": [dataset_title(name) for name in table["dataset"]],
        "Model": list(table["model"]),
        "Arm": [arm_title(name) for name in table["arm"]],
        "Seed": [str(seed) for seed in table["seed"]],
        "Scorer": list(table["scorer"]),
        "Step": [titles[step] for step in table["step"]],
    }


def _one_seed(part: pd.DataFrame, scores: pd.DataFrame, step: str, settings: Statistics) -> Columns:
    """Describe the table of one seed; `part` has its counts over all classes and for each."""
    counts, *classes = [Counts(*map(int, row)) for row in part[CELLS].to_numpy()]
    scored = scores.dropna(subset=f"{step}_ok")
    cells, clusters = cell_flags(scored["answer_ok"], scored[f"{step}_ok"]), scored["anchor"]
    row, limits = shares(counts), clustered_shares(cells, clusters)
    if not counts.empty_margin:
        row |= effects(counts, settings) | independence(counts, settings) | power(counts, settings)
        row |= stratify(classes)
        effect_limits, tests = clustered_effects(cells, clusters, settings)
        limits |= effect_limits
        row |= tests | associate_within(cells, scored["class"], clusters, settings)
        # where few are of a sort, clusters and classes tell less than the exact test of items
        exact = bool(row["exact_test"])
        row["marginal_p"] = row["exact_p"] if exact else row["clustered_p"]
        row["p"] = row["exact_p"] if exact else row.get("within_p", EMPTY)
    row = put_item_limits_beside(row, limits) | {"clusters": clusters.nunique()}
    return _with_counts(row, counts, _remarks(counts, len(scores) - counts.n, settings))


def _all_seeds(scores: pd.DataFrame, step: str, settings: Statistics) -> Columns:
    """Describe the table that is pooled over the seeds of an arm."""
    scored = scores.dropna(subset=f"{step}_ok")
    by_item, by_cluster = (_cells_by_seed(scored, step, unit) for unit in ("id", "anchor"))
    counts = count_flags(by_item)
    remarks = [f"{by_item.shape[0]} seeds of {by_item.shape[1]} items"]
    remarks += _remarks(counts, len(scores) - counts.n, settings)
    items, clustered = pool(by_item, settings), pool(by_cluster, settings)
    limits = {
        name: (float(clustered[f"{name}_low"]), float(clustered[f"{name}_high"]))
        for name in ESTIMATES
        if name in clustered
    }
    row = put_item_limits_beside(items, limits) | {"clusters": by_cluster.shape[1]}
    row |= {name: clustered[name] for name in ("tost_phi_p", "tost_risk_difference_p") if name in clustered}
    row |= pool_within(_cells_by_seed(scored, step, "anchor", by_class=True), settings)
    row |= {"p": row.get("within_p", EMPTY), "marginal_p": clustered.get("p", EMPTY)}
    return _with_counts(row, counts, remarks)


def _cells_by_seed(
    scored: pd.DataFrame, step: str, unit: str, *, by_class: bool = False
) -> NDArray[np.float64]:
    """Count the items in each cell by seed and unit (`id`, or `anchor`: clusters): (seeds, units, cells).

    There are 4 cells, or as many of every class.
    """
    seeds, units = (pd.factorize(scored[column])[0] for column in ("seed", unit))
    flags = cell_flags(scored["answer_ok"], scored[f"{step}_ok"])
    flags = split_cells(flags, scored["class"]) if by_class else flags
    cells = np.zeros((seeds.max() + 1, units.max() + 1, flags.shape[1]))
    np.add.at(cells, (seeds, units), flags)
    return cells


def _with_counts(row: Columns, counts: Counts, remarks: list[str]) -> Columns:
    """Put the counts and the note to a row."""
    return {"n": counts.n, **counts._asdict(), **row, "note": "; ".join(remarks)}


def _remarks(counts: Counts, dropped: int, settings: Statistics) -> list[str]:
    """Say what a reader of the row must know."""
    left_out = f"{dropped} items without a verdict on the step left out" if dropped else ""
    if counts.empty_margin:
        return [remark for remark in (left_out, counts.empty_margin) if remark]
    lowest, highest = (show_number(end, 2) for end in counts.phi_range)
    remarks = {
        left_out: dropped > 0,
        "an empty cell: odds ratio with 0.5 added to all": min(counts) == 0,
        f"expected count below {settings.small_cell}": counts.smallest_expected < settings.small_cell,
        f"margins keep phi within [{lowest}, {highest}]": not counts.can_leave(settings.margins.phi),
    }
    return [remark for remark, holds in remarks.items() if holds]


def _sort(table: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Sort rows by the grid, seeds by number and `all` after them, steps as they come in a trace."""
    places = {step: place for place, step in enumerate(grid.steps)}
    ranked = table.assign(
        seed=[np.inf if seed == ALL else seed for seed in table["seed"]], step=table["step"].map(places)
    )
    return table.loc[grid.sort(ranked.assign(row=table.index), KEYS)["row"]].reset_index(drop=True)
