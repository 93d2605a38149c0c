"""The claimed contrasts of arms over all runs of a dataset: a mixed model beside a cluster bootstrap."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from tracekd.datasets.rows import Grid
from tracekd.labels import count, dataset_title
from tracekd.settings.statistics import Statistics
from tracekd.statistics.bootstrap import draw_clustered_means, interval
from tracekd.statistics.mixed import fit_mixed
from tracekd.tables.contrasts import ALL, judgement_title, pair_title, show_points
from tracekd.traces.arms import CLAIMED

COLUMNS = ["dataset", "arm", "other", "scorer", "quirk", "against", "runs", "n", "clusters"]
COLUMNS += ["estimate", "low", "high", "bootstrap", "bootstrap_low", "bootstrap_high", "note"]


def mixed_model_table(answers: pd.DataFrame, grid: Grid, settings: Statistics) -> pd.DataFrame:
    """Estimate every claimed contrast, and by how much the judges differ on it.

    Args:
        answers: as from `answers_frame`.
        grid: names in config order.
        settings: of the draws.

    Returns:
        dataset, arm, other, scorer, quirk, against (empty, or the scorer whose estimate is taken away: the
        interaction of arm and judge), runs (models and seeds), n (items), clusters (anchors), estimate (arm -
        other, a share) with its 95 % interval low to high by the mixed model, the plain mean over items and
        runs (bootstrap) with the interval of 10,000 draws of clusters, note (why the model has no estimate,
        or what is to be known of it).

    """
    strict = answers[answers["items"] == ALL]
    rows = [
        {"dataset": dataset, "arm": arm, "other": other, **row}
        for dataset in grid.present(strict, "dataset")
        for arm, other in CLAIMED
        for row in _contrast(strict[strict["dataset"] == dataset], arm, other, settings)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _contrast(
    answers: pd.DataFrame, arm: str, other: str, settings: Statistics
) -> Iterator[dict[str, object]]:
    """Give the rows of one contrast."""
    order = list(dict.fromkeys(zip(answers["scorer"], answers["quirk"], strict=True)))
    keys = ["id", "model", "seed", "scorer", "quirk"]
    wide = answers.pivot(index=keys, columns="arm", values="answer_ok").reindex(columns=[arm, other]).dropna()
    if wide.empty:
        return
    each = wide[arm] - wide[other]
    items = each.groupby(["id", "scorer", "quirk"]).mean().unstack(["scorer", "quirk"])[order].dropna()
    anchors = answers.drop_duplicates("id").set_index("id")["anchor"].loc[items.index]
    judges = len(order)
    later = np.eye(judges)[1:]
    weights = np.vstack([np.eye(judges), later - np.eye(judges)[0]])
    fit = fit_mixed(items, anchors, weights)
    names = [(*one, "") for one in order] + [(*one, judgement_title(*order[0], ALL)) for one in order[1:]]
    values = items.to_numpy() @ weights.T
    draws = draw_clustered_means(values, anchors, settings.bootstrap.resamples, settings.bootstrap.seed)
    limits = [interval(column) for column in draws.T]
    for place, (scorer, quirk, against) in enumerate(names):
        yield {
            "scorer": scorer,
            "quirk": quirk,
            "against": against,
            "runs": len(each.index.droplevel(["id", "scorer", "quirk"]).unique()),
            "n": len(items),
            "clusters": anchors.nunique(),
            "estimate": fit.estimates[place],
            "low": fit.lows[place],
            "high": fit.highs[place],
            "bootstrap": values[:, place].mean(),
            "bootstrap_low": limits[place][0],
            "bootstrap_high": limits[place][1],
            "note": fit.note,
        }


def show_mixed_model(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers."""
    judges = [
        judgement_title(scorer, quirk, ALL) + (f" less {against}" if against else "")
        for scorer, quirk, against in table[["scorer", "quirk", "against"]].itertuples(index=False, name=None)
    ]
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Contrast": list(map(pair_title, table["arm"], table["other"])),
            "Judgement": judges,
            "Runs": table["runs"].map(str),
            "n": table["n"].map(count),
            "Clusters": table["clusters"].map(count),
            "Mixed model (points)": show_points(table, "estimate", "low", "high"),
            "Cluster bootstrap (points)": show_points(table, "bootstrap", "bootstrap_low", "bootstrap_high"),
            "Note": list(table["note"]),
        },
        dtype=str,
    )
