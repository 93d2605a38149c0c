"""From p to verdict: Holm's correction within a family, and the rule that names what a table shows.

|                          | TOST of phi rejects | it does not |
|--------------------------|---------------------|-------------|
| test (Holm) rejects      | negligible          | dependent   |
| test (Holm) does not     | equivalent          | undecided   |

A table with an empty margin has no association to speak of: refused.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

VERDICTS = ("dependent", "negligible", "equivalent", "undecided", "refused")


def holm(p: pd.Series, family: pd.DataFrame | None = None) -> pd.Series:
    """Adjust p-values by Holm (1979), within the families that the columns of `family` make or as one."""
    known = p.dropna()
    if family is None:
        family = pd.DataFrame({"all": 0}, index=p.index)
    groups = known.groupby([family.loc[known.index, column] for column in family], sort=False)
    return groups.transform(_adjust).reindex(p.index)


def verdict(holm_p: float, equivalence_p: float, alpha: float) -> str:
    """Name what the table shows by the rule above; `equivalence_p` is empty where it cannot be tested."""
    if pd.isna(holm_p):
        return "refused"
    associated, small = holm_p < alpha, equivalence_p < alpha
    if associated:
        return "negligible" if small else "dependent"
    return "equivalent" if small else "undecided"


def _adjust(p: pd.Series) -> NDArray[np.float64]:
    """Adjust one family.

    As statsmodels' `multipletests(p, method="holm")`, which also collects all garbage of the process at every
    call: a tenth of a second in one that holds the tables of a run.
    """
    order = np.argsort(p.to_numpy(), kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(p.to_numpy()[order] * np.arange(len(p), 0, -1))
    return np.minimum(adjusted, 1)
