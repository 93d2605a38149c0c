"""Tables of a study beside its hypotheses: ratings, sensitivity analyses, agreement, reliability, time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tracekd.core.errors import DataError
from tracekd.labels import DIMENSION_TITLES, analysis_titles, condition_pair, count, show_number
from tracekd.study.agreement import agreement
from tracekd.study.exclusions import INTENTION_TO_TREAT, split_analyses
from tracekd.study.intervals import mean_interval
from tracekd.study.reading import count_words
from tracekd.study.reliability import reliability
from tracekd.study.scores import DIMENSIONS, centre, participant_means
from tracekd.study.statistics import compare_conditions, compare_groups
from tracekd.tables.estimates import show_estimates, show_p

Condition = Mapping[str, str]
VALUES = ["n_participants", "n_ratings", "mean", "low", "high", "median", "sd"]
TESTS = ["dimension", "test", "first", "second", "n", "statistic", "p", "holm_p"]
TESTS += ["effect", "estimate", "low", "high"]
READING = ["condition", "n_participants", "n_pages", "words", "seconds", "seconds_per_word", "low", "high"]
# the survey counts tenths of a second
SHORTEST_S = 0.1
# ends of an interval of seconds per word, where few participants leave it open
LOG_PACES = (float(np.log(1e-3)), float(np.log(1e3)))


class Choices(NamedTuple):
    """What had to be chosen: the scale's ends, and how intervals are drawn."""

    scale: tuple[int, int]
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


def sensitivity_table(ratings: pd.DataFrame, conditions: Sequence[Condition], design: str) -> pd.DataFrame:
    """Tests over participants' means, of all conditions and of every pair, by dimension: columns TESTS."""
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


def reliability_table(ratings: pd.DataFrame) -> pd.DataFrame:
    """McDonald's omega of the questions of each dimension, over participants."""
    return pd.DataFrame(
        {"dimension": dimension, **reliability(part)} for dimension, part in _by_dimension(ratings)
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


def reading_table(
    ratings: pd.DataFrame, plan: Mapping[str, Any], conditions: Sequence[Condition], choices: Choices
) -> pd.DataFrame:
    """Seconds for each word of what was shown, by condition; pages without a time are left out.

    Columns: condition, n_participants, n_pages, words and seconds (medians over pages), seconds_per_word with
    low and high: geometric mean over participants of their geometric means over pages.
    """
    words = pd.Series(count_words(plan), name="words").rename_axis(["item", "condition"])
    pages = ratings.drop_duplicates(["participant", "item"]).dropna(subset="seconds")
    pages = pages.join(words, on=["item", "condition"])
    # a page that was passed in less than the tenth of a second that is measured
    pages["score"] = np.log(pages["seconds"].clip(lower=SHORTEST_S) / pages["words"])
    rows = []
    for condition in conditions:
        part = pages[pages["condition"] == condition["name"]]
        if len(part):
            means = participant_means(part, [condition["name"]])[condition["name"]]
            groups = means.index.get_level_values("group")
            limits = mean_interval(means, groups, LOG_PACES, choices.resamples, choices.seed)
            estimates = np.exp([means.mean(), *limits])
            rows.append(
                {
                    "condition": condition["name"],
                    "n_participants": len(means),
                    "n_pages": len(part),
                    "words": part["words"].median(),
                    "seconds": part["seconds"].median(),
                    **dict(zip(("seconds_per_word", "low", "high"), estimates, strict=True)),
                }
            )
    return pd.DataFrame(rows, columns=READING)


def study_tables(
    ratings: pd.DataFrame, plan: Mapping[str, Any], published: pd.DataFrame, choices: Choices
) -> dict[str, pd.DataFrame]:
    """Every table of a study, by name; column `analysis` says of whom.

    Args:
        ratings: as from `responses_table`, with the column `excluded`; answers to tasks are left aside.
        plan: of the study that was run.
        published: as from `read_published`.
        choices: of the analysis.

    """
    ratings = ratings[ratings["dimension"].isin(DIMENSIONS)]
    by_analysis = {
        analysis: _tables_of(part, plan, published, choices) for analysis, part in split_analyses(ratings)
    }
    names = by_analysis[INTENTION_TO_TREAT]
    return {
        name: pd.concat(
            [tables[name].assign(analysis=analysis) for analysis, tables in by_analysis.items()],
            ignore_index=True,
        ).pipe(lambda table: table[["analysis", *table.columns.drop("analysis")]])
        for name in names
    }


def _tables_of(
    ratings: pd.DataFrame, plan: Mapping[str, Any], published: pd.DataFrame, choices: Choices
) -> dict[str, pd.DataFrame]:
    """Every table of one analysis."""
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
        "sensitivity": sensitivity_table(ratings, conditions, design),
        "reliability": reliability_table(ratings),
        "agreement": agreement_table(ratings, conditions, choices),
        "reading": reading_table(ratings, plan, conditions, choices),
    }


def show_table(name: str, table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write one of `study_tables` for readers; `titles` of the conditions by name."""
    shown = SHOW[name](table, titles)
    shown.insert(0, "Analysis", analysis_titles(table["analysis"]))
    return shown


def show_ratings(table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write `ratings_table` for readers."""
    published = [
        "–" if pd.isna(value) else f"{show_number(value, 2)} ({statistic})"
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


def show_sensitivity(table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write `sensitivity_table` for readers."""
    intervals = _show_interval(table, "estimate")
    whole = table["second"] == ""
    return pd.DataFrame(
        {
            "Dimension": [DIMENSION_TITLES[name] for name in table["dimension"]],
            "Test": table["test"],
            "Conditions": [
                "all" if pair == ("all", "") else condition_pair(*pair, titles) for pair in _pairs(table)
            ],
            "n": table["n"].map(count),
            "p (Holm)": table["holm_p"].map(show_p),
            "Effect": table["effect"],
            "Estimate": intervals.where(~whole, [show_number(value, 2) for value in table["estimate"]]),
        }
    )


def show_reliability(table: pd.DataFrame, _: Mapping[str, str]) -> pd.DataFrame:
    """Write `reliability_table` for readers."""
    return pd.DataFrame(
        {
            "Dimension": [DIMENSION_TITLES[name] for name in table["dimension"]],
            "Participants": table["n_participants"].map(count),
            "Questions": table["n_questions"].map(count),
            "Omega": _show_interval(table, "omega"),
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


def show_reading(table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write `reading_table` for readers."""
    return pd.DataFrame(
        {
            "Condition": [titles[name] for name in table["condition"]],
            "Participants": table["n_participants"].map(count),
            "Pages": table["n_pages"].map(count),
            "Words": [show_number(value, 0) for value in table["words"]],
            "Seconds": [show_number(value, 1) for value in table["seconds"]],
            "Seconds per word": _show_interval(table, "seconds_per_word"),
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


SHOW: dict[str, Callable[[pd.DataFrame, Mapping[str, str]], pd.DataFrame]] = {
    "ratings": show_ratings,
    "questions": show_questions,
    "items": show_items,
    "sensitivity": show_sensitivity,
    "reliability": show_reliability,
    "agreement": show_agreement,
    "reading": show_reading,
}
