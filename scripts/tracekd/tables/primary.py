"""The hypotheses of a study, tested in the primary model: by intention to treat and per protocol."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tracekd.labels import DIMENSION_TITLES, analysis_titles, condition_pair, show_number
from tracekd.settings.study import Hypothesis
from tracekd.study.exclusions import split_analyses
from tracekd.study.hypotheses import Level, judge_hypotheses
from tracekd.study.model import Fit, fit_models
from tracekd.tables.estimates import show_estimates, show_p


def primary_table(
    ratings: pd.DataFrame,
    plan: Mapping[str, Any],
    hypotheses: Sequence[Hypothesis],
    level: Level,
    program: str | Path,
) -> tuple[pd.DataFrame, str]:
    """Fit the primary model of every dimension, and test the hypotheses in it.

    Args:
        ratings: as from `responses_table`, with the column `excluded`.
        plan: of the study that was run.
        hypotheses: of the study.
        level: of the tests.
        program: resources/study/clmm.R.

    Returns:
        Analysis and the columns of `judge_hypotheses`, a row a hypothesis and analysis; and what fitted it.

    """
    conditions = [condition["name"] for condition in plan["conditions"]]
    analyses = dict(split_analyses(ratings))
    stacked = pd.concat(part.assign(fit=name) for name, part in analyses.items())
    fits: dict[str, dict[str, Fit]] = {}
    version = ""
    for dimension in dict.fromkeys(one.dimension for one in hypotheses):
        part = stacked[stacked["dimension"] == dimension]
        fits[dimension], version = fit_models(part, conditions, plan["design"], program)
    tables = []
    for name, part in analyses.items():
        of_part = {dimension: found[name] for dimension, found in fits.items()}
        table = judge_hypotheses(part, of_part, hypotheses, plan["design"], level)
        table.insert(0, "analysis", name)
        tables.append(table)
    table = pd.concat(tables, ignore_index=True)
    # equality is claimed only where both analyses show it: noise alone hides a difference
    in_both = table.groupby("hypothesis")["supported"].transform("all")
    return table.assign(supported=table["supported"].where(table["margin"].isna(), in_both)), version


def show_primary(table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write `primary_table` for readers; `titles` of the conditions by name."""
    named = table.rename(columns={"low": "estimate_low", "high": "estimate_high"})
    claims = [
        "higher" if pd.isna(margin) else f"equal within {show_number(margin, 2)}"
        for margin in table["margin"]
    ]
    return pd.DataFrame(
        {
            "Analysis": analysis_titles(table["analysis"]),
            "Hypothesis": table["hypothesis"],
            "Dimension": [DIMENSION_TITLES[name] for name in table["dimension"]],
            "Conditions": [
                condition_pair(*pair, titles) for pair in zip(table["first"], table["second"], strict=True)
            ],
            "Claim": claims,
            "Logits": show_estimates(named, "estimate"),
            "Odds ratio": show_estimates(named, "odds_ratio"),
            "p": table["p"].map(show_p),
            "p (equivalence)": table["equivalence_p"].map(show_p),
            "p (Holm)": table["holm_p"].map(show_p),
            "Supported": table["supported"].map({True: "yes", False: "no"}),
            **{
                f"SD {name.removeprefix('sd_').replace('_', ' × ')}": [
                    show_number(sd, 2) for sd in table[name]
                ]
                for name in table
                if name.startswith("sd_")
            },
            "Note": table["note"].replace("", "–"),
        }
    )
