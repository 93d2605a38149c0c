"""Arms of a model on the same items, under every judgement: does their order survive the scorer?

A judgement is a scorer, a quirk that may be off, and the items that count. Every one of them compares the
same outputs, so where the sign of a difference changes from one to the next, the scorer has made it.
"""

from collections.abc import Iterator
from itertools import combinations

import pandas as pd

from tracekd.datasets.rows import Grid
from tracekd.labels import arm_title, count, dataset_title, show_percent
from tracekd.scoring.variations import Variation
from tracekd.statistics.clusters import clustered_mean
from tracekd.statistics.paired import difference_interval
from tracekd.tables.estimates import show_p
from tracekd.traces.arms import CLAIMED

RUN = ["dataset", "model", "seed"]
JUDGEMENT = ["scorer", "quirk", "items"]
KEYS = [*RUN, *JUDGEMENT, "arm", "other"]
COLUMNS = [*KEYS, "n", "clusters", "difference", "low", "high", "item_low", "item_high", "p"]
# values of `quirk`, and of `items`
ALL_ON, Q5_OFF = "all_on", "Q5_off"
ALL, READABLE, TOLERANT = "all", "readable", "tolerant"


def variations_frame(variations: list[Variation], **run: str | int) -> pd.DataFrame:
    """Put the variations of one generation file into rows, with dataset, model, arm and seed."""
    return pd.DataFrame(variations, columns=list(Variation.__slots__)).assign(**run)


def answers_frame(scores: pd.DataFrame, variations: pd.DataFrame, anchors: pd.Series) -> pd.DataFrame:
    """Put the answers under every judgement into rows.

    Args:
        scores: as from `read_scores`.
        variations: as from `variations_frame`, of all the files that were scored.
        anchors: as from `read_anchors`.

    Returns:
        dataset, model, arm, seed, id, anchor, scorer, quirk, items (`all` or `tolerant`), readable,
        answer_ok. `Q5_off` is judged by the published scorer only. `tolerant` is the aligned scorer's verdict
        where it can read the answer, and else that on what the tolerant reader finds.

    """
    keys = [*RUN, "arm", "id"]
    rows = scores[[*keys, "scorer", "answer_ok"]].merge(variations, on=keys, validate="many_to_one")
    rows = rows.join(anchors, on=["dataset", "id"]).assign(quirk=ALL_ON, items=ALL)
    published, aligned = (rows[rows["scorer"] == name] for name in ("published", "aligned"))
    otherwise = aligned["answer_ok"].where(aligned["readable"], aligned["tolerant_ok"])
    judged = [
        rows,
        published.assign(quirk=Q5_OFF, answer_ok=published["q5_off_ok"]),
        aligned.assign(items=TOLERANT, answer_ok=otherwise),
    ]
    frame = pd.concat(judged, ignore_index=True)
    return frame[[*keys, "anchor", *JUDGEMENT, "readable", "answer_ok"]].astype({"answer_ok": float})


def contrasts_table(answers: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Compare every two arms under every judgement: a claimed pair as claimed, else the later one first.

    Args:
        answers: as from `answers_frame`.
        grid: names in config order.

    Returns:
        dataset, model, seed, scorer, quirk (`all_on`; `Q5_off` for the published scorer), items (`all`;
        `readable`: those whose answer has the form that was asked for in both arms, whatever the scorer;
        `tolerant`: all, answers of other form read by the tolerant reader, aligned scorer), arm, other, n
        (items that both answered), clusters (their anchors), difference (arm - other, a share of n), its 95 %
        interval low to high and p with clusters as independent (`clustered_mean`; empty where they do not
        vary), and the interval item_low to item_high with items as independent (Newcombe's, as in
        `comparisons`). A judgement without a common item has no row.

    """
    rows = [
        {**dict(zip(RUN, run, strict=True)), **row}
        for run, part in answers.groupby(RUN, sort=False)
        for row in _contrasts(part, grid)
    ]
    order = {name: place for place, name in enumerate(answers["scorer"].unique())}
    places = {"scorer": order, "items": {name: place for place, name in enumerate((ALL, READABLE, TOLERANT))}}
    table = pd.DataFrame(rows, columns=COLUMNS)
    ranked = table.assign(**{f"{name}_place": table[name].map(ranks) for name, ranks in places.items()})
    # False comes first: all quirks on
    ranked = ranked.assign(off=table["quirk"] == Q5_OFF)
    by = ["dataset", "model", "seed", "scorer_place", "off", "items_place"]
    return grid.sort(ranked, by)[COLUMNS]


def _contrasts(answers: pd.DataFrame, grid: Grid) -> Iterator[dict[str, object]]:
    """Give the rows of one run."""
    for judgement, part in answers.groupby(JUDGEMENT, sort=False):
        wide = part.pivot(index=["id", "anchor"], columns="arm", values=["answer_ok", "readable"])
        for first, second in combinations(grid.present(part, "arm"), 2):
            # a pair of a claim in its direction, whatever the order of the config
            arm, other = (first, second) if (first, second) in CLAIMED else (second, first)
            both = wide.dropna(subset=[("answer_ok", arm), ("answer_ok", other)])
            readable = both[both["readable"][[arm, other]].astype(bool).all(axis=1)]
            chosen = {judgement[2]: both} | ({READABLE: readable} if judgement[2] == ALL else {})
            for items, pairs in chosen.items():
                if len(pairs):
                    yield {
                        **dict(zip(JUDGEMENT, (*judgement[:2], items), strict=True)),
                        "arm": arm,
                        "other": other,
                        **contrast(pairs["answer_ok", arm], pairs["answer_ok", other]),
                    }


def contrast(arm: pd.Series, other: pd.Series) -> dict[str, float]:
    """Compare 0/1 answers to the same items, both indexed by (id, anchor); columns n to p of the table."""
    first, second = arm.to_numpy(float) == 1, other.to_numpy(float) == 1
    found = clustered_mean(first.astype(float) - second, arm.index.get_level_values("anchor"))
    cells = (first & second, first & ~second, second & ~first, ~(first | second))
    item_low, item_high = difference_interval(*(int(cell.sum()) for cell in cells))
    return {
        "n": found.n,
        "clusters": found.n_clusters,
        "difference": found.mean,
        "low": found.low,
        "high": found.high,
        "item_low": item_low,
        "item_high": item_high,
        "p": found.p,
    }


def judgement_title(scorer: str, quirk: str, items: str) -> str:
    """Name a judgement, e.g. `published, Q5 off, readable`."""
    parts = [scorer, "Q5 off" if quirk == Q5_OFF else "", "" if items == ALL else items]
    return ", ".join(filter(None, parts))


def show_contrasts(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table for readers."""
    judgements = table[JUDGEMENT].itertuples(index=False, name=None)
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Model": list(table["model"]),
            "Seed": [str(seed) for seed in table["seed"]],
            "Judgement": [judgement_title(*one) for one in judgements],
            "Contrast": list(map(pair_title, table["arm"], table["other"])),
            "n": table["n"].map(count),
            "Clusters": table["clusters"].map(count),
            "Difference (points)": show_points(table, "difference", "low", "high"),
            "Items as independent": show_points(table, None, "item_low", "item_high"),
            "p": table["p"].map(show_p),
        },
        dtype=str,
    )


def pair_title(arm: str, other: str) -> str:
    """Name a pair of arms, e.g. `incorrect − correct`."""
    return f"{arm_title(arm)} − {arm_title(other)}"


def show_points(table: pd.DataFrame, value: str | None, low: str, high: str) -> list[str]:
    """Write an interval of shares in points, with the estimate before it if a column is named for it."""
    names = [name for name in (value, low, high) if name is not None]
    rows = zip(*(table[name] for name in names), strict=True)
    written = [[show_percent(number) for number in row] for row in rows]
    return [f"{' '.join(row[:-2])} [{row[-2]}, {row[-1]}]".strip() for row in written]
