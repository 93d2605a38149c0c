"""Two runs on the same items: is one right more often than the other?"""

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import mcnemar

from tracekd.statistics.association import Columns, with_interval
from tracekd.statistics.bootstrap import draw_tables, interval
from tracekd.statistics.settings import Settings


def compare(first: pd.Series, second: pd.Series, settings: Settings) -> Columns:
    """Compare right answers of two runs, paired by id.

    Args:
        first: 1 where right and 0 where wrong, indexed by item id.
        second: the same of the other run; items that only one of them has are left out and counted.
        settings: of the interval.

    Returns:
        n, unpaired, first_only and second_only (items that only one has right), difference (first - second,
        as a share of n) with its 95 % interval from draws of the table, McNemar's exact p;
        without any pair the first four only.

    """
    pairs = pd.concat([first, second], axis=1, keys=["first", "second"]).dropna()
    one, other = pairs["first"] == 1, pairs["second"] == 1
    cells = [int(cell.sum()) for cell in (one & other, one & ~other, other & ~one, ~(one | other))]
    _, first_only, second_only, _ = cells
    row: Columns = {
        "n": len(pairs),
        "unpaired": len(first) + len(second) - 2 * len(pairs),
        "first_only": first_only,
        "second_only": second_only,
    }
    if not len(pairs):
        return row
    drawn = draw_tables(cells, settings.resamples, settings.seed)
    limits = interval(drawn[:, 1] - drawn[:, 2])
    return {
        **row,
        **with_interval("difference", (first_only - second_only) / len(pairs), limits),
        "mcnemar_p": float(mcnemar(np.reshape(cells, (2, 2)), exact=True).pvalue),
    }
