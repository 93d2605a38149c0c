"""Muon in single precision: momentum steps made orthogonal, the fastest way to a copy circuit on a CPU.

`torch.optim.Muon` orthogonalises in bfloat16, which CPUs without that arithmetic do many times slower
(K. Jordan et al., 2024, "Muon: an optimizer for hidden layers in neural networks").
"""

from collections import defaultdict
from collections.abc import Iterable

import torch

# quintic Newton-Schulz iteration of the reference implementation
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 5
# scales the update to the size of an AdamW step (Liu et al., 2025, arXiv 2502.16982)
ADAMW_MATCH = 0.2


class Muon(torch.optim.Optimizer):
    """Nesterov momentum with orthogonalised updates, for the hidden matrices of a network."""

    def __init__(
        self,
        matrices: Iterable[torch.nn.Parameter],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.01,
    ):
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # no closure: a loss is never computed anew
        """Update all matrices; those of one shape go through the iteration together."""
        for group in self.param_groups:
            by_shape = defaultdict(list)
            for matrix in group["params"]:
                by_shape[matrix.shape].append(matrix)
            for shape, matrices in by_shape.items():
                updates = orthogonalise(
                    torch.stack([self._direction(m, group["momentum"]) for m in matrices])
                )
                size = ADAMW_MATCH * max(shape) ** 0.5
                for matrix, update in zip(matrices, updates, strict=True):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"]).add_(
                        update, alpha=-group["lr"] * size
                    )

    def _direction(self, matrix: torch.nn.Parameter, momentum: float) -> torch.Tensor:
        """Advance the momentum of a matrix and look one step ahead."""
        velocity: torch.Tensor = self.state[matrix].setdefault("velocity", torch.zeros_like(matrix))
        assert matrix.grad is not None, "called after backward"
        velocity.mul_(momentum).add_(matrix.grad)
        return matrix.grad + momentum * velocity


def orthogonalise(batch: torch.Tensor) -> torch.Tensor:
    """Push the singular values of each matrix, shape (batch, rows, columns), towards one."""
    tall = batch.shape[1] > batch.shape[2]
    x: torch.Tensor = batch.mT if tall else batch
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    a, b, c = NEWTON_SCHULZ
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x
