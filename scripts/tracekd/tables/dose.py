"""Dose and response: accuracy against the share of correct traces, and that of each kind of wrong trace."""

import pandas as pd

from tracekd.datasets.rows import TRACE, Grid
from tracekd.labels import arm_title, count, dataset_title
from tracekd.settings.statistics import Statistics
from tracekd.statistics.association import with_interval
from tracekd.statistics.bootstrap import interval
from tracekd.statistics.trend import draw_accuracies, odds_trend, slope
from tracekd.statistics.verdict import holm
from tracekd.tables.estimates import show_answers, show_estimates, show_p
from tracekd.tables.results import show_steps
from tracekd.tables.scores import accuracies
from tracekd.tables.write import percent
from tracekd.traces.arms import MIXTURES

CELL = ["dataset", "model", "scorer"]
COLUMNS = ["dataset", "model", "arm", "share", "scorer", "seeds", "n"]
COLUMNS += ["answer_acc", "answer_low", "answer_high", "answer_sd"]
TREND_COLUMNS = [*CELL, "seeds", "n", "shares", "slope", "slope_low", "slope_high"]
TREND_COLUMNS += ["odds_ratio", "odds_ratio_low", "odds_ratio_high", "trend_p", "holm_p"]
# of correct traces, as a fraction
SHARES = {arm: share / 100 for arm, share in MIXTURES.items()}


def dose_tables(scores: pd.DataFrame, grid: Grid, settings: Statistics) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Accuracy of every SFT arm, and the trend over the mixed ones.

    Args:
        scores: as from `read_scores`, of the arms with SFT; all arms and seeds answer the same items.
        grid: names in config order.
        settings: of the intervals.

    Returns:
        The arms (COLUMNS): share of correct traces (empty for what is no mixture), accuracies of answer and
        steps as means over seeds, the answer's 95 % interval over seeds and items.
        The trends (TREND_COLUMNS), where there are two shares or more: slope in accuracy from no to all
        traces correct, odds ratio of the same, its p and Holm's over all trends of the scorer.

    """
    arms = accuracies(scores, ["dataset", "model", "arm", "scorer"], grid.steps).set_index([*CELL, "arm"])
    trends = []
    for cell, items in scores.groupby(CELL, sort=False):
        answers = items.pivot(index=["seed", "id"], columns="arm", values="answer_ok")
        answers = answers[grid.present(items, "arm")]
        seeds = items["seed"].nunique()
        drawn = draw_accuracies(answers.to_numpy(float).reshape(seeds, -1, answers.shape[1]), settings)
        for arm, values in zip(answers, drawn.T, strict=True):
            arms.loc[(*cell, arm), ["answer_low", "answer_high"]] = interval(values)
        mixed = [arm for arm in answers if arm in SHARES]
        if len(mixed) < 2:
            continue
        shares = [SHARES[arm] for arm in mixed]
        slopes = slope(drawn[:, [answers.columns.get_loc(arm) for arm in mixed]], shares)
        trends.append(
            {
                **dict(zip(CELL, cell, strict=True)),
                "seeds": seeds,
                "n": len(answers) // seeds,
                "shares": len(mixed),
                **with_interval("slope", float(slope(answers[mixed].mean(), shares)), interval(slopes)),
                **odds_trend(items[items["arm"].isin(mixed)].assign(share=items["arm"].map(SHARES))),
            }
        )
    arms = arms.reset_index().assign(share=lambda table: table["arm"].map(SHARES))
    trend = pd.DataFrame(trends, columns=TREND_COLUMNS)
    trend["holm_p"] = holm(trend["trend_p"].astype(float), trend[["scorer"]])
    steps = [f"{name}_acc" for name in grid.steps if name != TRACE]
    arms = grid.sort(arms, ["dataset", "model", "scorer", "arm"])[[*COLUMNS, *steps, "readable"]]
    return arms, grid.sort(trend, CELL)


def show_dose(table: pd.DataFrame) -> pd.DataFrame:
    """Write the arms for readers."""
    return pd.DataFrame(
        {
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Model": list(table["model"]),
            "Scorer": list(table["scorer"]),
            "SFT arm": [arm_title(name) for name in table["arm"]],
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
            "Dataset": [dataset_title(name) for name in table["dataset"]],
            "Model": list(table["model"]),
            "Scorer": list(table["scorer"]),
            "Seeds": table["seeds"].map(count),
            "n": table["n"].map(count),
            "Shares": table["shares"].map(count),
            "Slope (points)": show_estimates(table, "slope", percent=True),
            "Odds ratio": show_estimates(table, "odds_ratio"),
            "p": table["trend_p"].map(show_p),
            "p (Holm)": table["holm_p"].map(show_p),
        }
    )
