"""A mixed model of the contrast of two arms, over all runs and judges of a dataset at once.

Right answers regressed on arm x judge with random item (nested in its anchor) and anchor, as a linear
probability model. It is fitted to the differences of the two arms on an item, averaged over runs: what the
arms share, an item's difficulty and the level of a run, cancels there, and what is left are the random
effects that an interval of a contrast needs, those of item and anchor on the difference. A run itself is no
random effect: two or three runs cannot tell a variance, so the interval is about these runs.

The logistic counterpart (statsmodels' BinomialBayesMixedGLM) was not taken: the difference of two arms has no
such model, and a variational posterior, which takes effects for independent, is narrower than it should be.
"""

import warnings
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

from tracekd.statistics.intervals import Z

EMPTY = float("nan")
# an anchor variance below this share of all variance is none
NO_VARIANCE = 1e-4
# items that statsmodels sees as one group: anchors are independent, so any number of them makes the same
# likelihood, and its loop over groups is what takes the time
BLOCK = 25


class MixedContrast(NamedTuple):
    """Estimate and 95 % interval of every judge, in the order of the columns, and what went wrong."""

    estimates: NDArray[np.float64]
    lows: NDArray[np.float64]
    highs: NDArray[np.float64]
    note: str


def fit_mixed(differences: pd.DataFrame, anchors: pd.Series, weights: NDArray[np.float64]) -> MixedContrast:
    """Fit the differences of two arms (restricted maximum likelihood).

    Args:
        differences: one row an item, one column a judge: its verdict on one arm less that on the other,
            averaged over runs, in [-1, 1].
        anchors: of the items, in their order.
        weights: (estimates, judges): an estimate is the sum of the judges' ones with these weights.

    Returns:
        One estimate for each row of `weights`; all of them empty where the model did not converge or where
        every cluster holds a single verdict, which the note says.

    """
    # judges who agree on every item are one: their difference would be a variance of 0
    distinct, same = np.unique(differences.to_numpy(), axis=1, return_inverse=True)
    weights = weights @ np.eye(distinct.shape[1])[same]
    nothing = np.full(len(weights), EMPTY)
    if not np.ptp(distinct, axis=0).any():
        return MixedContrast(weights @ distinct[0], nothing, nothing, "the same on every item")
    judges, codes = distinct.shape[1], np.unique(anchors, return_inverse=True)[1]
    order = np.argsort(codes, kind="stable")
    verdicts, codes, sizes = distinct[order], codes[order], np.bincount(codes)
    if sizes.max() * judges == 1:
        return MixedContrast(nothing, nothing, nothing, "every cluster holds one verdict")
    # whole anchors in each block
    starts = np.cumsum(sizes) - sizes
    blocks = (starts // BLOCK)[codes]
    parts = {"anchor": codes}
    if judges > 1 and sizes.max() > 1:
        parts["item"] = np.arange(len(codes))
    spec = VCSpec(
        list(parts), *zip(*(_columns(part, blocks, judges) for part in parts.values()), strict=True)
    )
    design = np.tile(np.eye(judges), (len(verdicts), 1))
    try:
        with warnings.catch_warnings():
            # a variance at its bound of 0 is no fault: the note says so
            warnings.simplefilter("ignore")
            model = MixedLM(verdicts.ravel(), design, np.repeat(blocks, judges), exog_vc=spec)
            fit = model.fit(method=["lbfgs"])
    except np.linalg.LinAlgError:
        return MixedContrast(nothing, nothing, nothing, "did not converge")
    if not fit.converged:
        return MixedContrast(nothing, nothing, nothing, "did not converge")
    estimates = weights @ np.asarray(fit.fe_params)
    covariance = np.asarray(fit.cov_params())[:judges, :judges]
    half = Z * np.sqrt(np.einsum("ij,jk,ik->i", weights, covariance, weights))
    if not np.isfinite(half).all():
        return MixedContrast(nothing, nothing, nothing, "did not converge")
    shared = fit.vcomp[0] / (fit.vcomp.sum() + fit.scale)
    note = "" if shared > NO_VARIANCE else "no variance between anchors"
    return MixedContrast(estimates, estimates - half, estimates + half, note)


def _columns(
    part: NDArray[np.int64], blocks: NDArray[np.int64], judges: int
) -> tuple[list[list[str]], list[NDArray[np.float64]]]:
    """Give, block by block, names and matrix (verdicts x random numbers) of what shares a random number."""
    names, matrices = [], []
    for block in np.unique(blocks):
        labels, places = np.unique(part[blocks == block], return_inverse=True)
        names.append([str(label) for label in labels])
        matrices.append(np.repeat(np.eye(len(labels))[places], judges, axis=0))
    return names, matrices
