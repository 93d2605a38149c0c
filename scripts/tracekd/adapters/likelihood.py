"""How likely a model finds given texts: many continuations behind rows that have been read once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tracekd.adapters.decoding import Reader

if TYPE_CHECKING:
    import torch

LOGITS_AT_ONCE = 1 << 26  # 256 MB of float32; a vocabulary has 50,000 of them for every token


def log_likelihoods(
    reader: Reader, behind: "torch.Tensor", continuations: Sequence[Sequence[int]]
) -> "torch.Tensor":
    """Give the log-likelihood in nats of each continuation behind each row: float32, (rows, continuations).

    It is the sum over the tokens of a continuation, each given all before it: the same as by a plain forward
    pass over row and continuation up to rounding (1e-4), whatever is asked beside it.

    Args:
        reader: rows that have been read, with a model in evaluation mode; it stays as it is.
        behind: logits behind the last token of each row, in the last place of the second axis.
        continuations: token ids, at least one each.

    """
    import torch

    device = behind.device
    ids = torch.tensor([token for row in continuations for token in row], device=device)
    lengths = torch.tensor([len(row) for row in continuations], device=device)
    begins = lengths.cumsum(0) - lengths
    owners = torch.repeat_interleave(torch.arange(len(lengths), device=device), lengths)
    rows_at_once = max(1, LOGITS_AT_ONCE // (len(ids) * behind.shape[-1]))
    totals = []
    with torch.inference_mode():
        for rows in torch.arange(len(behind)).split(rows_at_once):
            logits = reader.copy(rows.tolist()).branch(continuations)[:, :-1]
            chosen = logits.gather(-1, ids[None, 1:, None].expand(len(rows), -1, 1))[..., 0]
            # what stands behind a token predicts the next one; the first of each is predicted by its row
            scores = torch.nn.functional.pad(chosen - logits.logsumexp(-1), (1, 0))
            scores[:, begins] = behind[rows, -1].log_softmax(-1)[:, ids[begins]]
            totals.append(scores.new_zeros(len(rows), len(lengths)).index_add(1, owners, scores))
    return torch.cat(totals)
