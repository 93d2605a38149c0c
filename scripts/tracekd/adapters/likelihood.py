"""How likely a model finds given texts: many continuations behind rows that have been read once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tracekd.adapters.decoding import Reader

if TYPE_CHECKING:
    import torch

LOGITS_AT_ONCE = 1 << 26  # 256 MB of float32; a vocabulary has 50,000 of them for every token


class Weights(NamedTuple):
    """Of each continuation behind each row, both of shape (rows, continuations).

    log_likelihoods: in nats, float32. greedy: whether greedy decoding would write it.
    """

    log_likelihoods: "torch.Tensor"
    greedy: "torch.Tensor"


def weigh(reader: Reader, behind: "torch.Tensor", continuations: Sequence[Sequence[int]]) -> Weights:
    """Weigh each continuation behind each row.

    A log-likelihood is the sum over the tokens of a continuation, each given all before it: the same as by a
    plain forward pass over row and continuation up to rounding (1e-4), whatever is asked beside it.

    Args:
        reader: rows that have been read, with a model in evaluation mode; it stays as it is.
        behind: logits behind the last token of each row, in the last place of the second axis.
        continuations: token ids, at least two each.

    """
    import torch

    device = behind.device
    firsts = torch.tensor([row[0] for row in continuations], device=device)
    # what stands behind a token predicts the next one, so the last ones need not be read
    nexts = torch.tensor([token for row in continuations for token in row[1:]], device=device)
    inner = torch.tensor([place for place, row in enumerate(continuations) for _ in row[1:]], device=device)
    rows_at_once = max(1, LOGITS_AT_ONCE // (len(nexts) * behind.shape[-1]))
    totals, greedy = [], []
    with torch.inference_mode():
        for rows in torch.arange(len(behind)).split(rows_at_once):
            logits = reader.copy(rows.tolist()).branch([row[:-1] for row in continuations])
            chosen = logits.gather(-1, nexts[None, :, None].expand(len(rows), -1, 1))[..., 0]
            start = behind[rows, -1]
            scores = start.log_softmax(-1)[:, firsts].index_add(1, inner, chosen - logits.logsumexp(-1))
            missed = (start.argmax(-1, keepdim=True) != firsts).int()
            greedy.append(missed.index_add(1, inner, (logits.argmax(-1) != nexts).int()) == 0)
            totals.append(scores)
    return Weights(torch.cat(totals), torch.cat(greedy))
