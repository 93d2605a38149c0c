"""Dose and response: accuracy against the share of correct traces, and that of each kind of wrong trace."""

from typing import NamedTuple

import pandas as pd

from tracekd.datasets.rows import TRACE, Grid
from tracekd.labels import arm_title, count, dataset_title
from tracekd.settings.statistics import Statistics
from tracekd.statistics.association import with_interval
from tracekd.statistics.bootstrap import interval
from tracekd.statistics.trend import STEP_COLUMNS, contrast_doses, draw_accuracies, odds_trend, slope
from tracekd.statistics.verdict import holm
from tracekd.tables.estimates import show_answers, show_estimates, show_p
from tracekd.tables.results import show_steps
from tracekd.tables.scores import accuracies
from tracekd.tables.write import percent
from tracekd.traces.arms import MIXTURES

CELL = ["dataset", "model", "scorer"]
COLUMNS = ["dataset", "model", "arm", "share", "scorer", "seeds", "n"]
COLUMNS += ["answer_acc", "answer_low", "answer_high", "answer_sd"]
TREND_COLUMNS = [*CELL, "seeds", "n", "clusters", "shares", "slope", "slope_low", "slope_high"]
TREND_COLUMNS += ["odds_ratio", "odds_ratio_low", "odds_ratio_high", "trend_p", "holm_p"]
CONTRAST_COLUMNS = [*CELL, "seeds", "n", "clusters", *STEP_COLUMNS]
# of correct traces, as a fraction
SHARES = {arm: share / 100 for arm, share in MIXTURES.items()}


class DoseTables(NamedTuple):
    """Accuracy of every SFT arm, the trend over the mixed ones, and its steps."""

    arms: pd.DataFrame
    trends: pd.DataFrame
    contrasts: pd.DataFrame


def dose_tables(scores: pd.DataFrame, grid: Grid, settings: Statistics) -> DoseTables:
    """Tabulate accuracy, trend and steps.

    Args:
        scores: as from `read_scores`, with anchors, of the arms with SFT; all arms and seeds answer the same
            items.
        grid: names in config order.
        settings: of the intervals.

    Returns:
        The arms (COLUMNS): share of correct traces (empty for what is no mixture), accuracies of answer and
        steps as means over seeds, the answer's 95 % interval over seeds and clusters of items.
        The trends (TREND_COLUMNS), where there are two shares or more: slope in accuracy from no to all
        traces correct, odds ratio of the same, its p and Holm's over all trends of the scorer.
        The contrasts (CONTRAST_COLUMNS), one row per share and the next one: as of `contrast_doses`.

    """
    arms = accuracies(scores, ["dataset", "model", "arm", "scorer"], grid.steps).set_index([*CELL, "arm"])
    trends, contrasts = [], []
    for cell, items in scores.groupby(CELL, sort=False):
        answers = items.pivot(index=["seed", "anchor", "id"], columns="arm", values="answer_ok")
        answers = answers[grid.present(items, "arm")]
        seeds = items["seed"].nunique()
        anchors = answers.index.get_level_values("anchor")[: len(answers) // seeds]
        drawn = draw_accuracies(
            answers.to_numpy(float).reshape(seeds, -1, answers.shape[1]), anchors, settings
        )
        for arm, values in zip(answers, drawn.T, strict=True):
            arms.loc[(*cell, arm), ["answer_low", "answer_high"]] = interval(values)
        mixed = sorted((arm for arm in answers if arm in SHARES), key=SHARES.__getitem__)
        if len(mixed) < 2:
            continue
        shares, means = [SHARES[arm] for arm in mixed], answers[mixed].mean()
        curves = drawn[:, [answers.columns.get_loc(arm) for arm in mixed]]
        size = {"seeds": seeds, "n": len(anchors), "clusters": anchors.nunique()}
        known = {**dict(zip(CELL, cell, strict=True)), **size}
        contrasts.append(contrast_doses(means, curves, shares, settings.alpha).assign(**known))
        trends.append(
            {
                **known,
                "shares": len(mixed),
                **with_interval("slope", float(slope(means, shares)), interval(slope(curves, shares))),
                **odds_trend(items[items["arm"].isin(mixed)].assign(share=items["arm"].map(SHARES))),
            }
        )
    arms = arms.reset_index().assign(share=lambda table: table["arm"].map(SHARES))
    trend = pd.DataFrame(trends, columns=TREND_COLUMNS)
    trend["holm_p"] = holm(trend["trend_p"].astype(float), trend[["scorer"]])
    steps = [f"{name}_acc" for name in grid.steps if name != TRACE]
    arms = grid.sort(arms, ["dataset", "model", "scorer", "arm"])[[*COLUMNS, *steps, "readable"]]
    steps_table = pd.concat([pd.DataFrame(columns=CONTRAST_COLUMNS), *contrasts], ignore_index=True)
    return DoseTables(arms, grid.sort(trend, CELL), grid.sort(steps_table, CELL)[CONTRAST_COLUMNS])


def show_dose(table: pd.DataFrame) -> pd.DataFrame:
    """Write the arms for readers."""
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Model": list(table["model"]),
            "Scorer": list(table["scorer"]),
            "Arm": [arm_title(name) for name in table["arm"]],
            "Seeds": table["seeds"].map(count),
            "n": table["n"].map(count),
            "Answer (%)": show_answers(table),
            **show_steps(table),
            "Readable": table["readable"].map(percent),
        }
    )


def show_trend(table: pd.DataFrame) -> pd.DataFrame:
    """Write the trends for readers."""
    return pd.DataFrame(
        {
            **_show_size(table),
            "Shares": table["shares"].map(count),
            "Slope (points)": show_estimates(table, "slope", percent=True),
            "Odds ratio": show_estimates(table, "odds_ratio"),
            "p": table["trend_p"].map(show_p),
            "p (Holm)": table["holm_p"].map(show_p),
        }
    )


def show_contrasts(table: pd.DataFrame) -> pd.DataFrame:
    """Write the steps between shares for readers."""
    steps = zip(table["from_share"], table["to_share"], strict=True)
    return pd.DataFrame(
        {
            **_show_size(table),
            "Clusters": table["clusters"].map(count),
            "Shares (%)": [f"{100 * low:.0f}–{100 * high:.0f}" for low, high in steps],
            "Difference (points)": show_estimates(table, "difference", percent=True),
            "p (Holm)": table["holm_p"].map(show_p),
            "Beyond a line (points)": show_estimates(table, "excess", percent=True),
            "p (Holm) of that": table["excess_holm_p"].map(show_p),
            "Change point": ["yes" if found else "" for found in table["change_point"]],
        }
    )


def _show_size(table: pd.DataFrame) -> dict[str, list[str]]:
    """Write what a trend or a step is of, and how much data it rests on."""
    return {
        "Dataset": [dataset_title(name) for name in table["dataset"]],
        "Model": list(table["model"]),
        "Scorer": list(table["scorer"]),
        "Seeds": [count(seeds) for seeds in table["seeds"]],
        "n": [count(n) for n in table["n"]],
    }
