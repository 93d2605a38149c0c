"""The flow of a study's participants as a table for readers."""

from collections.abc import Mapping

import pandas as pd

from tracekd.labels import STEP_TITLES
from tracekd.tables.estimates import show_p


def show_exclusions(flow: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write the flow table for readers; `titles` of the conditions by name."""
    names = [name.removeprefix("left_") for name in flow if name.startswith("left_")]
    return pd.DataFrame(
        {
            "Step": flow["step"].map(STEP_TITLES),
            "Left out": flow["excluded"].map(str),
            "Stay": flow["left"].map(str),
            **{
                titles[name]: [
                    f"{left}{f' (−{gone})' if gone else ''}"
                    for left, gone in zip(flow[f"left_{name}"], flow[f"excluded_{name}"], strict=True)
                ]
                for name in names
            },
            **({"p": flow["p"].map(show_p)} if names else {}),
        }
    )
