"""Greedy decoding that reads what prompts share once, and lets go of rows that have ended.

Tokens are those of one prompt at a time in float32. The library's own `generate_batch` (continuous batching,
paged cache) was tried on a CPU: answers of the same length, in five times the time of its plain `generate`.
"""

from collections.abc import Collection, Iterable, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from tracekd.adapters.chat import Prompt

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel

ROWS_AT_ONCE = 32  # of similar length; enough to keep a processor busy


class Reader:
    """Rows of tokens that a model has read, with their keys and values; one empty row to begin with."""

    def __init__(self, model: "PreTrainedModel | PeftModel", pad: int):
        import torch
        from transformers import DynamicCache

        self.model, self.pad = model, pad
        self.cache = DynamicCache(config=model.config)
        self.mask = torch.ones((1, 0), dtype=torch.long, device=model.device)

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the rows at these places, each as often as it is named."""
        import torch

        chosen = torch.tensor(places, device=self.mask.device)
        self.cache.batch_select_indices(chosen)
        self.mask = self.mask[chosen]

    def copy(self, places: Sequence[int]) -> "Reader":
        """Give the rows at these places, each as often as it is named, as a reader of their own."""
        other = copy(self)
        other.cache = copy(self.cache)
        other.cache.layers = [copy(layer) for layer in self.cache.layers]
        other.keep(places)
        return other

    def join(self, others: "Sequence[Reader]") -> None:
        """Add the rows of other readers of the same model, all that have been read, behind those here.

        The other readers are then of no use: each layer is let go as soon as it has been added, for keys and
        values of many rows are large.
        """
        import torch
        from torch.nn.functional import pad

        if not others:
            return
        readers = [self, *others]
        width = max(reader.mask.shape[1] for reader in readers)

        def stack(tensors: "Iterable[torch.Tensor]") -> "torch.Tensor":
            return torch.cat([pad(one, (0, 0, width - one.shape[-2], 0)) for one in tensors])

        mine: Any = self.cache.layers  # of attention: others have no keys
        for layer in mine:
            layers = [layer, *(other.cache.layers.pop(0) for other in others)]
            layer.keys = stack(one.keys for one in layers)
            layer.values = stack(one.values for one in layers)
        self.mask = stack(reader.mask[:, :, None] for reader in readers)[:, :, 0]

    def read(self, rows: Sequence[Sequence[int]], logits: int = 1) -> "torch.Tensor":
        """Read the next tokens of every row, padded on the left.

        Gives the logits behind the last so many tokens, of shape (rows, logits, vocabulary), float32.
        """
        import torch

        ids, new = _pad_left(rows, self.pad, self.mask.device)
        self.mask = torch.cat([self.mask, new], dim=1)
        # padding, wherever it stands, takes no position
        positions = (self.mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        output = self.model(
            input_ids=ids,
            attention_mask=self.mask,
            position_ids=positions,
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=logits,
        )
        values: torch.Tensor = output.logits[:, -logits:].float()
        return values

    def branch(self, continuations: Sequence[Sequence[int]]) -> "torch.Tensor":
        """Read continuations side by side behind every row; none sees another. The reader is then of no use.

        Gives the logits behind every token of all of them, one behind the other, of shape (rows, tokens of
        all, vocabulary), float32.
        """
        import torch

        device, dtype = self.mask.device, self.model.dtype
        ids = torch.tensor([token for row in continuations for token in row], device=device)
        branches = torch.tensor([number for number, row in enumerate(continuations) for _ in row])
        places = torch.tensor([place for row in continuations for place in range(len(row))])
        own = (branches[:, None] == branches) & (places[:, None] >= places)
        rows, width = len(self.mask), len(ids)
        seen = torch.cat(
            [self.mask.bool()[:, None].expand(-1, width, -1), own.to(device).expand(rows, -1, -1)], dim=2
        )
        hidden = torch.zeros(seen.shape, dtype=dtype, device=device)
        hidden.masked_fill_(~seen, torch.finfo(dtype).min)
        output = self.model(
            input_ids=ids.expand(rows, -1),
            attention_mask=hidden[:, None],
            position_ids=self.mask.sum(1)[:, None] + places.to(device),
            past_key_values=self.cache,
            use_cache=True,
        )
        values: torch.Tensor = output.logits.float()
        return values


def _pad_left(
    rows: Sequence[Sequence[int]], pad: int, device: "torch.device"
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Give the tokens of all rows and where they are no padding, both of shape (rows, longest), int64."""
    import torch

    lengths = torch.tensor([len(row) for row in rows])
    width = int(lengths.max())
    ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in rows])
    mask = (torch.arange(width) >= width - lengths[:, None]).long()
    return ids.to(device), mask.to(device)


def decode_greedily(
    model: "PreTrainedModel | PeftModel",
    prompts: Sequence[Prompt],
    ends: Collection[int],
    pad: int,
    max_new_tokens: int,
) -> list[list[int]]:
    """Give the new tokens of each prompt, up to and with its end token, `max_new_tokens` at most.

    Args:
        model: in evaluation mode.
        prompts: of one batch; `shared` says how much of each is read together with others that begin alike.
        ends: token ids that end an answer.
        pad: token id to pad with.
        max_new_tokens: of each answer.

    """
    import torch

    # prompts that are equal, as an item's own trace and the gold one, are answered once
    # those of similar length are read together, for little padding
    rows = sorted({(prompt.head, prompt.tail) for prompt in prompts}, key=lambda row: (len(row[1]), row))
    heads = list(dict.fromkeys(head for head, _ in rows))
    places = {head: place for place, head in enumerate(heads)}
    with torch.inference_mode():
        reader = Reader(model, pad)
        reader.keep([0] * len(heads))
        if any(heads):
            reader.read(heads)
        parts, starts = [], []
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = reader.copy([places[head] for head, _ in rows[start : start + ROWS_AT_ONCE]])
            starts.append(part.read([tail for _, tail in rows[start : start + ROWS_AT_ONCE]]))
            parts.append(part)
        reader, logits = parts[0], torch.cat(starts)
        reader.join(parts[1:])
        answers = go_on(reader, logits, ends, max_new_tokens)
    found = dict(zip(rows, answers, strict=True))
    return [found[prompt.head, prompt.tail] for prompt in prompts]


def go_on(
    reader: Reader, logits: "torch.Tensor", ends: Collection[int], max_new_tokens: int
) -> list[list[int]]:
    """Give the greedy tokens behind every row of a reader, up to and with its end token.

    Args:
        reader: its rows leave it as they end.
        logits: behind the last token of each row, in the last place of the second axis.
        ends: token ids that end an answer.
        max_new_tokens: of each row.

    """
    answers: list[list[int]] = [[] for _ in logits]
    going = list(range(len(answers)))
    while going:
        tokens = logits[:, -1].argmax(-1).tolist()
        for row, token in zip(going, tokens, strict=True):
            answers[row].append(token)
        left = [
            place
            for place, row in enumerate(going)
            if answers[row][-1] not in ends and len(answers[row]) < max_new_tokens
        ]
        if 0 < len(left) < len(going):
            reader.keep(left)
        going = [going[place] for place in left]
        if going:
            logits = reader.read([[tokens[place]] for place in left])
    return answers


def decode_as_published(
    model: "PreTrainedModel | PeftModel",
    prompts: Sequence[Prompt],
    ends: Collection[int],
    pad: int,
    max_new_tokens: int,
    seed: int,
) -> list[list[int]]:
    """Give the new tokens of each prompt by the model's own settings, drawn from the seed.

    The prompts are drawn for together: each draw depends on the whole batch. What follows an end token is
    padding.
    """
    import torch
    from transformers import GenerationConfig

    fixed = {"max_new_tokens": max_new_tokens, "eos_token_id": sorted(ends), "pad_token_id": pad}
    config = GenerationConfig.from_dict({**model.generation_config.to_dict(), **fixed})
    ids, mask = _pad_left([prompt.input_ids for prompt in prompts], pad, model.device)
    torch.manual_seed(seed)
    with torch.inference_mode():
        write: Any = model.generate  # of the base, which peft's types do not see
        output = write(input_ids=ids, attention_mask=mask, generation_config=config)
    answers: list[list[int]] = output[:, ids.shape[1] :].tolist()
    return answers
