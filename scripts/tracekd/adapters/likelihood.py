"""How likely a model finds given texts: many continuations behind one prompt that is read once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tracekd.adapters.decoding import Reader

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel


def log_likelihoods(
    model: "PreTrainedModel | PeftModel",
    prompt: Sequence[int],
    continuations: Sequence[Sequence[int]],
    pad: int,
) -> "torch.Tensor":
    """Give the log-likelihood in nats of each continuation behind the prompt: float32, (continuations,).

    It is the sum over the tokens of a continuation, each given all before it: the same as by a plain forward
    pass over prompt and continuation up to rounding (1e-4), whatever is asked beside it.

    Args:
        model: in evaluation mode, with or without an adapter.
        prompt: token ids, at least one.
        continuations: token ids, at least one each; logits for all of them are held at once.
        pad: token id to pad with.

    """
    import torch

    longest = max(map(len, continuations))
    with torch.inference_mode():
        reader = Reader(model, pad)
        behind_prompt = reader.read([prompt])[0, -1].log_softmax(-1)
        reader.keep([0] * len(continuations))
        inner = reader.read(continuations, logits=longest).log_softmax(-1)
    # padded on the left: the last token of a continuation stands in the last column, and predicts none of it
    totals = [
        behind_prompt[tokens[0]]
        + sum(inner[row, place - len(tokens), token] for place, token in enumerate(tokens[1:]))
        for row, tokens in enumerate(continuations)
    ]
    return torch.stack(totals)
