"""The experiment: every cell of every item, the estimates, and what had to be left out."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tracekd.datasets.rows import Grid
from tracekd.experiment.design import LeftOut
from tracekd.experiment.effects import ALL, characterise, estimate
from tracekd.experiment.estimands import item_values
from tracekd.experiment.measurements import Measurement, read_measurements
from tracekd.labels import arm_title, count, dataset_title, show_number
from tracekd.run.cells import read_run
from tracekd.settings.experiment import EquivalenceMargins
from tracekd.settings.statistics import Statistics
from tracekd.statistics.mixed import fit_mixed
from tracekd.tables.estimates import show_estimates, show_p
from tracekd.traces.arms import NO_TRACE as NO_TRACE_ARM

RUN = ["dataset", "model", "arm", "seed"]
ITEM_COLUMNS = [*RUN, "id", "cluster", "trace", "context", "log_odds", "p_gold", "p_implied"]
ITEM_COLUMNS += ["answer", "true", "follows", "plan"]
EFFECT_COLUMNS = [*RUN, "estimand", "n", "clusters", "estimate", "low", "high", "equivalence_p"]
EFFECT_COLUMNS += ["mixed", "mixed_low", "mixed_high", "note", "looks_like", "plan"]
LEFT_OUT_COLUMNS = ["dataset", "part", "name", "left_out", "of", "plan"]

Runs = Mapping[tuple[str, str, str, int], Sequence[Measurement]]


def read_runs(paths: Iterable[str | Path]) -> dict[tuple[str, str, str, int], list[Measurement]]:
    """Read files `.../{dataset}/{model}/{arm}/seed{seed}.jsonl` by dataset, model, arm and seed."""
    runs = {}
    for path in paths:
        run = read_run(path)
        key = (str(run["dataset"]), str(run["model"]), str(run["arm"]), int(run["seed"]))
        runs[key] = read_measurements(path)
    return runs


def items_table(runs: Runs, anchors: pd.Series, grid: Grid, plan: str) -> pd.DataFrame:
    """Give every cell of every item.

    Columns: dataset, model, arm, seed, id, cluster (number of its anchor within the dataset), trace, context;
    log_odds: of the right answer in this context against the implied one (nats); p_gold, p_implied: their
    shares among all answers that were weighed; answer: what the model writes; true, follows: whether that is
    the right one, and the implied one (empty where the trace implies nothing, or the truth); plan: SHA-256 of
    the analysis plan. Where a trace implies nothing, or the truth, the implied answer is the item's foil.
    """
    numbers = {dataset: pd.factorize(anchors[dataset])[0] for dataset in anchors.index.unique("dataset")}
    clusters = {
        (dataset, item): number
        for dataset, codes in numbers.items()
        for item, number in zip(anchors[dataset].index, codes, strict=True)
    }
    rows = []
    for run, measurements in runs.items():
        for one in measurements:
            shares = one.probabilities()
            rows.append(
                dict(zip(RUN, run, strict=True))
                | {
                    "id": one.item,
                    "cluster": clusters[run[0], one.item],
                    "trace": one.trace,
                    "context": one.context,
                    "log_odds": one.truth_log_odds,
                    "p_gold": shares[one.truth],
                    "p_implied": shares[one.opposed],
                    "answer": one.written,
                    "true": int(one.true),
                    "follows": "" if one.follows is None else int(one.follows),
                    "plan": plan,
                }
            )
    table = pd.DataFrame(rows, columns=ITEM_COLUMNS)
    return grid.sort(table, RUN)


def values_frame(runs: Runs) -> pd.DataFrame:
    """Give what every item tells: dataset, model, arm, seed, id, estimand, value, per (`estimands.Value`)."""
    cells = {run: _by_item(measurements) for run, measurements in runs.items()}
    rows = []
    for run, items in cells.items():
        dataset, model, arm, seed = run
        reference = {} if arm == NO_TRACE_ARM else cells.get((dataset, model, NO_TRACE_ARM, seed), {})
        for item, found in items.items():
            for value in item_values(found, reference.get(item, {})):
                rows.append((*run, item, *value))
    return pd.DataFrame(rows, columns=[*RUN, "id", "estimand", "value", "per"])


def effects_table(
    values: pd.DataFrame,
    anchors: pd.Series,
    grid: Grid,
    margins: EquivalenceMargins,
    statistics: Statistics,
    plan: str,
) -> pd.DataFrame:
    """Estimate every estimand of every adapter, and of the seeds of an arm together (seed `all`).

    Columns: dataset, model, arm, seed, estimand; n (items), clusters; estimate with the 95 % interval low to
    high of draws of clusters; equivalence_p; of seed `all` the mixed model beside it: mixed, mixed_low,
    mixed_high and note (why there is none); looks_like: what this arm's answers look like by the rule of the
    plan; plan: its SHA-256. Estimates are in nats, those of early answering in shares.

    Args:
        values: as from `values_frame`.
        anchors: as from `name_anchors`.
        grid: names in config order.
        margins: largest effects that do not matter.
        statistics: draws of clusters, and error rate.
        plan: SHA-256 of the analysis plan.

    """
    tables = [pd.DataFrame(columns=EFFECT_COLUMNS)] if values.empty else []
    for (dataset, model, arm), rows in values.groupby(RUN[:3], sort=False):
        clusters = anchors[dataset]
        parts = [(str(seed), part) for seed, part in rows.groupby("seed")] + [(ALL, rows)]
        for seed, part in parts:
            table = estimate(part, clusters, margins, statistics.bootstrap)
            mixed = (
                [_mix(one, clusters) for _, one in part.groupby("estimand", sort=False)]
                if seed == ALL
                else {}
            )
            looks = characterise(table, margins.log_odds, statistics.alpha)
            run = {"dataset": dataset, "model": model, "arm": arm, "seed": seed}
            beside = pd.DataFrame(mixed, index=table.index if mixed else None)
            tables.append(table.join(beside).assign(**run, looks_like=looks, plan=plan))
    table = pd.concat(tables, ignore_index=True).reindex(columns=EFFECT_COLUMNS)
    return grid.sort(table, RUN[:3])


def left_out_table(
    left_out: Mapping[str, Sequence[LeftOut]], sizes: Mapping[str, tuple[int, int]], plan: str
) -> pd.DataFrame:
    """Count what had to be left out: dataset, part, name, left_out (items), of (items, or questions), plan.

    Args:
        left_out: by dataset.
        sizes: number of test questions and of items of the experiment, by dataset.
        plan: SHA-256 of the analysis plan.

    """
    rows = []
    for dataset, found in left_out.items():
        counts = pd.Series([one[1:] for one in found], dtype=object).value_counts(sort=False)
        questions, items = sizes[dataset]
        for (part, name), number in counts.items():
            rows.append((dataset, part, name, number, questions if part == "item" else items, plan))
    return pd.DataFrame(rows, columns=LEFT_OUT_COLUMNS)


def show_effects(table: pd.DataFrame) -> pd.DataFrame:
    """Write the estimates over all seeds for readers; levels stand in the figure."""
    shown = table[(table["seed"] == ALL) & ~table["estimand"].str.startswith("level:")]
    limits = shown.rename(columns={"low": "estimate_low", "high": "estimate_high"})
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in shown["dataset"]],
            "Model": shown["model"],
            "Arm": [arm_title(name) for name in shown["arm"]],
            "Estimand": shown["estimand"],
            "n": shown["n"].map(count),
            "Clusters": shown["clusters"].map(count),
            "Estimate": show_estimates(limits, "estimate"),
            "Mixed model": [
                "–"
                if np.isnan(low)
                else f"{show_number(mean, 2)} [{show_number(low, 2)}, {show_number(high, 2)}]"
                for mean, low, high in shown[["mixed", "mixed_low", "mixed_high"]].itertuples(index=False)
            ],
            "Equivalence p": shown["equivalence_p"].map(show_p),
        }
    )


def show_left_out(table: pd.DataFrame) -> pd.DataFrame:
    """Write what had to be left out for readers."""
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Part": table["part"],
            "What": table["name"].str.replace("_", " "),
            "Left out": table["left_out"].map(count),
            "Of": table["of"].map(count),
        }
    )


def _by_item(measurements: Sequence[Measurement]) -> dict[str, dict[tuple[str, str], Measurement]]:
    items: dict[str, dict[tuple[str, str], Measurement]] = {}
    for one in measurements:
        items.setdefault(one.item, {})[one.context, one.trace] = one
    return items


def _mix(values: pd.DataFrame, clusters: pd.Series) -> dict[str, float | str]:
    """Fit the mixed model of one estimand: item and anchor random, runs averaged; no ratio has one."""
    if (values["per"] != 1).any():
        return {"note": "a ratio of sums"}
    means = values.groupby("id")["value"].mean()
    fit = fit_mixed(means.to_frame(), clusters.loc[means.index], np.eye(1))
    limits = {"mixed": fit.estimates[0], "mixed_low": fit.lows[0], "mixed_high": fit.highs[0]}
    return {**limits, "note": fit.note}
