"""How estimates with intervals and p-values are written."""

import pandas as pd

from tracekd.labels import show_number
from tracekd.statistics.intervals import wilson_interval


def show_estimates(table: pd.DataFrame, name: str, *, percent: bool = False, digits: int = 2) -> list[str]:
    """Write column `name` with `{name}_low` and `{name}_high`: ``0.07 [0.00, 0.13]``; % with one digit."""
    scale, digits = (100, 1) if percent else (1, digits)
    columns = (table[column] for column in (name, f"{name}_low", f"{name}_high"))
    rows = ([show_number(value, digits, scale) for value in row] for row in zip(*columns, strict=True))
    return ["–" if value == "–" else f"{value} [{low}, {high}]" for value, low, high in rows]


def add_share(table: pd.DataFrame, name: str, total: str, seeds: int | pd.Series = 1) -> pd.DataFrame:
    """Add what share column `name` is of `total`, with its 95 % Wilson interval; empty where `total` is 0.

    Args:
        table: counts.
        name: column of a count; the new ones are `{name}_share`, `{name}_share_low`, `{name}_share_high`.
        total: column of the count that it is a part of.
        seeds: over how many the counts were added up: they answer the same items, so the interval is at the
            mean n of one.

    """
    known = table[total].where(table[total] > 0)
    share = table[name] / known
    low, high = wilson_interval(share, known / seeds)
    return table.assign(**{f"{name}_share": share, f"{name}_share_low": low, f"{name}_share_high": high})


def show_answers(table: pd.DataFrame) -> list[str]:
    """Write the accuracies of `accuracies` in % with their intervals."""
    limits = {"answer_low": "answer_acc_low", "answer_high": "answer_acc_high"}
    return show_estimates(table.rename(columns=limits), "answer_acc", percent=True)


def show_p(p: float) -> str:
    """Write a p-value with two significant digits; a dash for none."""
    return "–" if pd.isna(p) else f"{p:.2g}".replace("-", "−")


def exact_p_values(table: pd.DataFrame) -> pd.DataFrame:
    """Write the columns `p` and `*_p` with six significant digits: six decimals make most of them 0."""
    columns = [column for column in table if column == "p" or column.endswith("_p")]
    return table.assign(**{name: ["" if pd.isna(p) else f"{p:.6g}" for p in table[name]] for name in columns})
