"""Tables of a study: ratings by condition, question and item, tests, ordinal regression, agreement."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from tracekd.study.agreement import agreement
from tracekd.study.intervals import mean_interval
from tracekd.study.ordinal import regress
from tracekd.study.scores import DIMENSIONS, centre, participant_means
from tracekd.study.statistics import compare_conditions, compare_groups
from tracekd.tables.estimates import show_estimates, show_number, show_p

Condition = dict[str, str]
VALUES = ["n_participants", "n_ratings", "mean", "low", "high", "median", "sd"]
TESTS = ["dimension", "test", "first", "second", "n", "statistic", "p", "holm_p"]
TESTS += ["effect", "estimate", "low", "high"]


def ratings_table(
    ratings: pd.DataFrame,
    conditions: Sequence[Condition],
    published: pd.DataFrame,
    scale: tuple[int, int],
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Ratings by condition and dimension beside what was published.

    Mean, median and SD are those of the participants' means; the interval is of the mean. Columns: condition,
    arm, dimension, VALUES, published, published_statistic, published_source.
    """
    known = published.set_index(["arm", "dimension"])
    rows = []
    for condition, dimension, part in _parts(ratings, conditions):
        row = {"condition": condition["name"], "arm": condition["arm"], "dimension": dimension}
        row |= _describe(part, condition["name"], scale, resamples, seed)
        if (condition["arm"], dimension) in known.index:
            constant = known.loc[condition["arm"], dimension]
            row |= {
                "published": constant["value"],
                "published_statistic": constant["statistic"],
                "published_source": constant["source"],
            }
        rows.append(row)
    constants = ["published", "published_statistic", "published_source"]
    return pd.DataFrame(rows, columns=["condition", "arm", "dimension", *VALUES, *constants])


def questions_table(
    ratings: pd.DataFrame, conditions: Sequence[Condition], scale: tuple[int, int], resamples: int, seed: int
) -> pd.DataFrame:
    """Ratings by condition and question: VALUES, and how often each point was given (`n_1` to `n_5`).

    Points are those of `score`: a question that is worded the other way is turned round.
    """
    points = range(scale[0], scale[1] + 1)
    rows = []
    for condition, dimension, part in _parts(ratings, conditions):
        for question, answers in part.groupby("question", sort=False):
            given = answers["score"].value_counts()
            row = {"condition": condition["name"], "dimension": dimension, "question": question}
            row |= _describe(answers, condition["name"], scale, resamples, seed)
            rows.append(row | {f"n_{point}": int(given.get(point, 0)) for point in points})
    return pd.DataFrame(
        rows, columns=["condition", "dimension", "question", *VALUES, *(f"n_{point}" for point in points)]
    )


def items_table(
    ratings: pd.DataFrame, conditions: Sequence[Condition], scale: tuple[int, int], resamples: int, seed: int
) -> pd.DataFrame:
    """Ratings by condition, dimension and item (the question whose trace was shown): VALUES."""
    rows = []
    for condition, dimension, part in _parts(ratings, conditions):
        for item, answers in part.groupby("item"):
            row = {"condition": condition["name"], "dimension": dimension, "item": item}
            rows.append(row | _describe(answers, condition["name"], scale, resamples, seed))
    return pd.DataFrame(rows, columns=["condition", "dimension", "item", *VALUES])


def tests_table(
    ratings: pd.DataFrame, conditions: Sequence[Condition], design: str, resamples: int, seed: int
) -> pd.DataFrame:
    """Tests of each dimension, of all conditions and of every pair: columns TESTS."""
    names = [condition["name"] for condition in conditions]
    rows = []
    for dimension in DIMENSIONS:
        part = ratings[ratings["dimension"] == dimension]
        means = participant_means(part, names)
        if design == "between":
            found = compare_groups(means, resamples, seed)
        else:
            found = compare_conditions(
                means.dropna(), participant_means(centre(part), names).dropna(), resamples, seed
            )
        rows += [{"dimension": dimension, **row} for row in found]
    return pd.DataFrame(rows, columns=TESTS)


def ordinal_table(ratings: pd.DataFrame, conditions: Sequence[Condition]) -> pd.DataFrame:
    """Odds ratios of a higher rating against the first condition, by dimension."""
    names = [condition["name"] for condition in conditions]
    return pd.DataFrame(
        {"dimension": dimension, **row}
        for dimension in DIMENSIONS
        for row in regress(ratings[ratings["dimension"] == dimension], names)
    )


def agreement_table(
    ratings: pd.DataFrame, conditions: Sequence[Condition], scale: tuple[int, int]
) -> pd.DataFrame:
    """Krippendorff's alpha of each condition and dimension: units are an item's questions."""
    points = list(range(scale[0], scale[1] + 1))
    rows = []
    for condition, dimension, part in _parts(ratings, conditions):
        units = part.pivot_table(index="participant", columns=["item", "question"], values="score")
        rows.append({"condition": condition["name"], "dimension": dimension, **agreement(units, points)})
    return pd.DataFrame(rows)


def show_ratings(table: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    """Write `ratings_table` for readers."""
    return pd.DataFrame(
        {
            **_show_keys(table, titles),
            "Participants": [str(n) for n in table["n_participants"]],
            "Ratings": [str(n) for n in table["n_ratings"]],
            "Mean": show_estimates(table.rename(columns={"low": "mean_low", "high": "mean_high"}), "mean"),
            "Median": [show_number(value, 2) for value in table["median"]],
            "SD": [show_number(value, 2) for value in table["sd"]],
            "Published": [
                "–" if pd.isna(value) else f"{value:.2f} ({statistic})"
                for value, statistic in zip(table["published"], table["published_statistic"], strict=True)
            ],
        }
    )


def show_tests(table: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    """Write `tests_table` for readers."""
    effects = table.rename(columns={"low": "estimate_low", "high": "estimate_high"})
    values = show_estimates(effects, "estimate")
    return pd.DataFrame(
        {
            "Dimension": table["dimension"],
            "Test": table["test"],
            "Conditions": [
                f"{titles[first]} – {titles[second]}" if second else "all"
                for first, second in zip(table["first"], table["second"], strict=True)
            ],
            "n": [str(n) for n in table["n"]],
            "p (Holm)": [show_p(p) for p in table["holm_p"]],
            "Effect": table["effect"],
            "Estimate": [
                value if second else show_number(estimate, 2)
                for value, estimate, second in zip(values, table["estimate"], table["second"], strict=True)
            ],
        }
    )


def _parts(
    ratings: pd.DataFrame, conditions: Sequence[Condition]
) -> Iterator[tuple[Condition, str, pd.DataFrame]]:
    """Ratings of every dimension and condition, in the order of the study."""
    for dimension in DIMENSIONS:
        for condition in conditions:
            chosen = (ratings["dimension"] == dimension) & (ratings["condition"] == condition["name"])
            if chosen.any():
                yield condition, dimension, ratings[chosen]


def _describe(
    answers: pd.DataFrame, condition: str, scale: tuple[int, int], resamples: int, seed: int
) -> dict[str, Any]:
    """Describe the participants' means of some answers to one condition."""
    means = participant_means(answers, [condition])[condition]
    low, high = mean_interval(means, means.index.get_level_values("group"), scale, resamples, seed)
    return {
        "n_participants": len(means),
        "n_ratings": len(answers),
        "mean": means.mean(),
        "low": low,
        "high": high,
        "median": means.median(),
        "sd": means.std(),
    }


def _show_keys(table: pd.DataFrame, titles: dict[str, str]) -> dict[str, list[str]]:
    """The columns that say what a row is of."""
    return {"Dimension": list(table["dimension"]), "Condition": [titles[name] for name in table["condition"]]}
