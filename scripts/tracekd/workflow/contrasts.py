"""What rules/contrasts.smk and rules/claims.smk need to know."""

from tracekd.traces.arms import CLAIMED
from tracekd.workflow.run import Run


def has_claimed_pair(run: Run) -> bool:
    """Tell whether some model and seed has both arms of a pair that the paper compares."""
    cells = set(run.get_cells(run.sft_arms))
    return any(
        arm == one and (dataset, model, other, seed) in cells
        for dataset, model, one, seed in cells
        for arm, other in CLAIMED
    )
