"""From single ratings to what is analysed: one mean a participant, condition and dimension."""

import pandas as pd

# how questions are grouped; the order of tables and figures
DIMENSIONS = ("interpretability", "load")


def participant_means(ratings: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    """Mean score of every participant under every condition, of ratings of one dimension.

    Returns a frame indexed by group and participant with a column a condition, nan where a participant has
    not seen it.
    """
    means = ratings.pivot_table(index=["group", "participant"], columns="condition", values="score")
    return means.reindex(columns=conditions)


def centre(ratings: pd.DataFrame) -> pd.DataFrame:
    """Take from every score the mean of its item and question over all conditions."""
    means = ratings.groupby(["item", "question"])["score"].transform("mean")
    return ratings.assign(score=ratings["score"] - means)
