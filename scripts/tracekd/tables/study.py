"""Tables of a study: ratings by condition, question and item, tests, ordinal regression, agreement."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import pandas as pd

from tracekd.core.errors import DataError
from tracekd.labels import DIMENSION_TITLES, count, show_number
from tracekd.study.agreement import agreement
from tracekd.study.detectable import smallest_difference
from tracekd.study.intervals import mean_interval
from tracekd.study.ordinal import regress
from tracekd.study.scores import DIMENSIONS, centre, participant_means
from tracekd.study.statistics import compare_conditions, compare_groups
from tracekd.tables.estimates import show_estimates, show_p

Condition = Mapping[str, str]
VALUES = ["n_participants", "n_ratings", "mean", "low", "high", "median", "sd"]
TESTS = ["dimension", "test", "first", "second", "n", "statistic", "p", "holm_p"]
TESTS += ["effect", "estimate", "low", "high"]


class Choices(NamedTuple):
    """What had to be chosen: the scale's ends, error rate, wanted power, and how intervals are drawn."""

    scale: tuple[int, int]
    alpha: float
    power: float
    resamples: int
    seed: int

    @property
    def points(self) -> list[int]:
        """Points of the scale."""
        return list(range(self.scale[0], self.scale[1] + 1))


def ratings_table(
    ratings: pd.DataFrame, conditions: Sequence[Condition], published: pd.DataFrame, choices: Choices
) -> pd.DataFrame:
    """Ratings by condition and dimension beside what was published.

    Mean, median and SD are those of the participants' means; the interval is of the mean. Columns: condition,
    arm, dimension, VALUES, published, published_statistic, published_source.
    """
    known = published.set_index(["arm", "dimension"])
    rows = []
    for condition, dimension, part in _parts(ratings, conditions):
        row = {"condition": condition["name"], "arm": condition["arm"], "dimension": dimension}
        row |= _describe(part, condition["name"], choices)
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


def questions_table(ratings: pd.DataFrame, conditions: Sequence[Condition], choices: Choices) -> pd.DataFrame:
    """Ratings by condition and question: VALUES, and how often each point was given (`n_1` to `n_5`).

    Points are those of `score`: a question that is worded the other way is turned round.
    """
    rows = []
    for condition, dimension, part in _parts(ratings, conditions):
        for question, answers in part.groupby("question", sort=False):
            given = answers["score"].value_counts()
            row = {"condition": condition["name"], "dimension": dimension, "question": question}
            row |= _describe(answers, condition["name"], choices)
            rows.append(row | {f"n_{point}": int(given.get(point, 0)) for point in choices.points})
    return pd.DataFrame(
        rows,
        columns=["condition", "dimension", "question", *VALUES, *(f"n_{point}" for point in choices.points)],
    )


def items_table(ratings: pd.DataFrame, conditions: Sequence[Condition], choices: Choices) -> pd.DataFrame:
    """Ratings by condition, dimension and item (the question whose trace was shown): VALUES."""
    rows = []
    for condition, dimension, part in _parts(ratings, conditions):
        for item, answers in part.groupby("item"):
            row = {"condition": condition["name"], "dimension": dimension, "item": item}
            rows.append(row | _describe(answers, condition["name"], choices))
    return pd.DataFrame(rows, columns=["condition", "dimension", "item", *VALUES])


def tests_table(ratings: pd.DataFrame, conditions: Sequence[Condition], design: str) -> pd.DataFrame:
    """Tests of each dimension, of all conditions and of every pair: columns TESTS."""
    names = [condition["name"] for condition in conditions]
    rows = []
    for dimension, part in _by_dimension(ratings):
        means = participant_means(part, names)
        if design == "between":
            found = compare_groups(means)
        else:
            centred = participant_means(centre(part), names).dropna()
            found = compare_conditions(means.dropna(), centred)
        rows += [{"dimension": dimension, **row} for row in found]
    return pd.DataFrame(rows, columns=TESTS)


def ordinal_table(ratings: pd.DataFrame, conditions: Sequence[Condition]) -> pd.DataFrame:
    """Odds ratios of a higher rating against the first condition, by dimension."""
    names = [condition["name"] for condition in conditions]
    return pd.DataFrame(
        {"dimension": dimension, **row}
        for dimension, part in _by_dimension(ratings)
        for row in regress(part, names)
    )


def agreement_table(ratings: pd.DataFrame, conditions: Sequence[Condition], choices: Choices) -> pd.DataFrame:
    """Krippendorff's alpha of each condition and dimension: units are an item's questions."""
    rows = []
    for condition, dimension, part in _parts(ratings, conditions):
        units = part.pivot_table(index="participant", columns=["item", "question"], values="score")
        rows.append(
            {"condition": condition["name"], "dimension": dimension, **agreement(units, choices.points)}
        )
    return pd.DataFrame(rows)


def power_table(
    ratings: pd.DataFrame, conditions: Sequence[Condition], design: str, choices: Choices
) -> pd.DataFrame:
    """Smallest d and delta that each pair's participants find: at alpha, and at Holm's first step.

    Columns: first, second, n_first, n_second, power, alpha, d, delta, holm_alpha, holm_d, holm_delta.
    """
    names = [condition["name"] for condition in conditions]
    sizes = participant_means(ratings, names).count()
    pairs = list(combinations(names, 2))
    rows = []
    for first, second in pairs:
        row = {"first": first, "second": second, "n_first": sizes[first], "n_second": sizes[second]}
        row["power"] = choices.power
        for name, alpha in (("", choices.alpha), ("holm_", choices.alpha / len(pairs))):
            found = smallest_difference(sizes[first], sizes[second], design, alpha, choices.power)
            row |= dict(zip((f"{name}alpha", f"{name}d", f"{name}delta"), (alpha, *found), strict=True))
        rows.append(row)
    return pd.DataFrame(rows)


def study_tables(
    ratings: pd.DataFrame, plan: Mapping[str, Any], published: pd.DataFrame, choices: Choices
) -> dict[str, pd.DataFrame]:
    """Every table of a study, by name.

    Args:
        ratings: as from `responses_table`, after exclusions.
        plan: of the study that was run.
        published: as from `read_published`.
        choices: of the analysis.

    """
    conditions, design = plan["conditions"], plan["design"]
    for condition in conditions:
        if condition["name"] not in set(ratings["condition"]):
            raise DataError(
                f"nobody who stays has rated condition {condition['name']!r}",
                where="responses of the study",
                hint="collect more answers; see the table of exclusions",
            )
    return {
        "ratings": ratings_table(ratings, conditions, published, choices),
        "questions": questions_table(ratings, conditions, choices),
        "items": items_table(ratings, conditions, choices),
        "tests": tests_table(ratings, conditions, design),
        "ordinal": ordinal_table(ratings, conditions),
        "agreement": agreement_table(ratings, conditions, choices),
        "power": power_table(ratings, conditions, design, choices),
    }


def show_ratings(table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write `ratings_table` for readers."""
    published = [
        "–" if pd.isna(value) else f"{value:.2f} ({statistic})"
        for value, statistic in zip(table["published"], table["published_statistic"], strict=True)
    ]
    return pd.DataFrame(_show_values(table, titles) | {"Published": published})


def show_questions(table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write `questions_table` for readers."""
    points = {name.removeprefix("n_"): table[name].map(count) for name in table.filter(regex=r"^n_\d+$")}
    return pd.DataFrame(_show_values(table, titles, "question") | points)


def show_items(table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write `items_table` for readers."""
    return pd.DataFrame(_show_values(table, titles, "item"))


def show_tests(table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write `tests_table` for readers."""
    intervals = _show_interval(table, "estimate")
    whole = table["second"] == ""
    return pd.DataFrame(
        {
            "Dimension": [DIMENSION_TITLES[name] for name in table["dimension"]],
            "Test": table["test"],
            "Conditions": ["all" if pair == ("all", "") else _pair(*pair, titles) for pair in _pairs(table)],
            "n": table["n"].map(count),
            "p (Holm)": table["holm_p"].map(show_p),
            "Effect": table["effect"],
            "Estimate": intervals.where(~whole, [show_number(value, 2) for value in table["estimate"]]),
        }
    )


def show_ordinal(table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write `ordinal_table` for readers."""
    return pd.DataFrame(
        {
            "Dimension": [DIMENSION_TITLES[name] for name in table["dimension"]],
            "Conditions": [_pair(*pair, titles) for pair in _pairs(table)],
            "Ratings": table["n"].map(count),
            "Participants": table["n_participants"].map(count),
            "Odds ratio": _show_interval(table, "odds_ratio"),
            "p": table["p"].map(show_p),
        }
    )


def show_agreement(table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write `agreement_table` for readers."""
    return pd.DataFrame(
        {
            **_show_keys(table, titles),
            "Participants": table["n_participants"].map(count),
            "Units": table["n_units"].map(count),
            "Alpha": _show_interval(table, "alpha"),
        }
    )


def show_power(table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write `power_table` for readers."""
    numbers = {"alpha": "alpha", "d": "d", "delta": "delta"}
    numbers |= {"holm_alpha": "alpha (Holm)", "holm_d": "d (Holm)", "holm_delta": "delta (Holm)"}
    digits = {"alpha": 3, "holm_alpha": 4}
    return pd.DataFrame(
        {
            "Conditions": [_pair(*pair, titles) for pair in _pairs(table)],
            "n": [
                f"{first} + {second}"
                for first, second in zip(table["n_first"], table["n_second"], strict=True)
            ],
            **{
                title: [show_number(value, digits.get(name, 2)) for value in table[name]]
                for name, title in numbers.items()
            },
        }
    )


def _parts(
    ratings: pd.DataFrame, conditions: Sequence[Condition]
) -> Iterator[tuple[Condition, str, pd.DataFrame]]:
    """Ratings of every dimension and condition, in the order of the study."""
    for dimension, rated in _by_dimension(ratings):
        for condition in conditions:
            part = rated[rated["condition"] == condition["name"]]
            if len(part):
                yield condition, dimension, part


def _by_dimension(ratings: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Ratings of every dimension that was asked for."""
    for dimension in DIMENSIONS:
        part = ratings[ratings["dimension"] == dimension]
        if len(part):
            yield dimension, part


def _describe(answers: pd.DataFrame, condition: str, choices: Choices) -> dict[str, Any]:
    """Describe the participants' means of some answers to one condition."""
    means = participant_means(answers, [condition])[condition]
    groups = means.index.get_level_values("group")
    low, high = mean_interval(means, groups, choices.scale, choices.resamples, choices.seed)
    return {
        "n_participants": len(means),
        "n_ratings": len(answers),
        "mean": means.mean(),
        "low": low,
        "high": high,
        "median": means.median(),
        "sd": means.std(),
    }


def _show_keys(table: pd.DataFrame, titles: Mapping[str, str]) -> dict[str, list[str]]:
    """The columns that say what a row is of."""
    return {
        "Dimension": [DIMENSION_TITLES[name] for name in table["dimension"]],
        "Condition": [titles[name] for name in table["condition"]],
    }


def _show_values(table: pd.DataFrame, titles: Mapping[str, str], key: str | None = None) -> dict[str, Any]:
    """The columns of VALUES, after those that say what a row is of."""
    return {
        **_show_keys(table, titles),
        **({key.capitalize(): table[key]} if key else {}),
        "Participants": table["n_participants"].map(count),
        "Ratings": table["n_ratings"].map(count),
        "Mean": _show_interval(table, "mean"),
        "Median": [show_number(value, 2) for value in table["median"]],
        "SD": [show_number(value, 2) for value in table["sd"]],
    }


def _show_interval(table: pd.DataFrame, name: str) -> pd.Series:
    """Write column `name` with its interval in `low` and `high`."""
    named = table.rename(columns={"low": f"{name}_low", "high": f"{name}_high"})
    return pd.Series(show_estimates(named, name), index=table.index)


def _pairs(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Pairs of conditions, a row each."""
    return list(zip(table["first"], table["second"], strict=True))


def _pair(first: str, second: str, titles: Mapping[str, str]) -> str:
    """Write a pair of conditions."""
    return f"{titles[first]} – {titles[second]}"


SHOW = {
    "ratings": show_ratings,
    "questions": show_questions,
    "items": show_items,
    "tests": show_tests,
    "ordinal": show_ordinal,
    "agreement": show_agreement,
    "power": show_power,
}
