"""Greedy decoding that reads what prompts share once, and fills the places of rows that have ended.

Tokens are those of one prompt at a time in float32. The library's own `generate_batch` (continuous batching,
paged cache) was tried on a CPU: answers of the same length, in five times the time of its plain `generate`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from tracekd.adapters.chat import Prompt

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel

ROWS_AT_ONCE = 32  # of similar length; enough to keep a processor busy
# of the answers that are written side by side: when no more are left, others join them. Else one answer that
# never ends would hold up each batch; more often costs padding, and passes over few prompts
LEFT = 1 / 4


class Reader:
    """Rows of tokens that a model has read, with their keys and values; one empty row to begin with."""

    def __init__(self, model: "PreTrainedModel | PeftModel", pad: int):
        import torch

        from tracekd.adapters.cache import make_cache

        self.model, self.pad = model, pad
        self.cache = make_cache(model.config)
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

        What pads every row is dropped. The other readers are then of no use: each layer is let go as soon as
        it has been added, for keys and values of many rows are large.
        """
        import torch
        from torch.nn.functional import pad

        if not others:
            return
        readers = [self, *others]
        # a negative padding cuts
        width = max(reader.mask.shape[1] - reader.empty() for reader in readers)

        def stack(tensors: "Iterable[torch.Tensor]") -> "torch.Tensor":
            return torch.cat([pad(one, (0, 0, width - one.shape[-2], 0)) for one in tensors])

        mine: Any = self.cache.layers  # of attention: others have no keys
        for layer in mine:
            layers = [layer, *(other.cache.layers.pop(0) for other in others)]
            layer.keys = stack(one.keys for one in layers)
            layer.values = stack(one.values for one in layers)
            layer.room = None
        self.mask = stack(reader.mask[:, :, None] for reader in readers)[:, :, 0]

    def empty(self) -> int:
        """Count the places in front that pad every row."""
        return int(self.mask.any(0).long().argmax())

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


class Writer:
    """Answers that are written side by side, one token of each at a time; those that have ended leave.

    Args:
        ends: token ids that end an answer.
        most: new tokens of an answer.

    """

    def __init__(self, ends: Collection[int], most: int):
        self.ends, self.most = ends, most
        self.going: dict[int, list[int]] = {}
        self.reader: Reader
        self.logits: torch.Tensor

    def add(self, names: Iterable[int], readers: Sequence[Reader], logits: "torch.Tensor") -> None:
        """Begin the answers behind the rows of some readers; their logits stand in the last place."""
        import torch

        if self.going:
            self.reader.join(readers)
            logits = torch.cat([self.logits[:, -1:], logits[:, -1:]])
        else:
            self.reader = readers[0]
            self.reader.join(readers[1:])
        self.logits = logits
        self.going |= {name: [] for name in names}

    def write(self, left: int = 0) -> dict[int, list[int]]:
        """Write on until so many answers or fewer are left; give those that have ended, with end token."""
        ended: dict[int, list[int]] = {}
        while len(self.going) > left:
            tokens = self.logits[:, -1].argmax(-1).tolist()
            for answer, token in zip(self.going.values(), tokens, strict=True):
                answer.append(token)
            over = {
                name: answer
                for name, answer in self.going.items()
                if answer[-1] in self.ends or len(answer) == self.most
            }
            places = [place for place, name in enumerate(self.going) if name not in over]
            self.going = {name: answer for name, answer in self.going.items() if name not in over}
            ended |= over
            if over and places:
                self.reader.keep(places)
            if places:
                self.logits = self.reader.read([answer[-1:] for answer in self.going.values()])
        return ended


def decode_greedily(
    model: "PreTrainedModel | PeftModel",
    prompts: Sequence[Prompt],
    ends: Collection[int],
    pad: int,
    max_new_tokens: int,
    at_once: int,
) -> Iterator[list[tuple[Prompt, list[int]]]]:
    """Give the new tokens of each prompt, up to and with its end token, some prompts at a time.

    Args:
        model: in evaluation mode.
        prompts: begun in this order; `shared` says how much of each is read together with others that begin
            alike.
        ends: token ids that end an answer.
        pad: token id to pad with.
        max_new_tokens: of each answer.
        at_once: most answers that are written side by side.

    """
    import torch

    # prompts that are equal, as an item's own trace and the gold one, are answered once
    asked = defaultdict(list)
    for prompt in prompts:
        asked[prompt.head, prompt.tail].append(prompt)
    rows, begun = list(asked), 0
    writer = Writer(ends, max_new_tokens)
    while begun < len(rows):
        new = range(begun, min(begun + at_once - len(writer.going), len(rows)))
        begun = new.stop
        # those of similar length are read together, for little padding
        names = sorted(new, key=lambda name: (len(rows[name][1]), rows[name]))
        with torch.inference_mode():
            writer.add(names, *_read_prompts(model, [rows[name] for name in names], pad))
            ended = writer.write(left=int(LEFT * at_once) if begun < len(rows) else 0)
        yield [(prompt, answer) for name, answer in ended.items() for prompt in asked[rows[name]]]


def _read_prompts(
    model: "PreTrainedModel | PeftModel",
    rows: Sequence[tuple[tuple[int, ...], tuple[int, ...]]],
    pad: int,
) -> "tuple[list[Reader], torch.Tensor]":
    """Read head and tail of each row, equal heads once; give readers, and the logits behind every row."""
    import torch

    heads = list(dict.fromkeys(head for head, _ in rows))
    places = {head: place for place, head in enumerate(heads)}
    reader = Reader(model, pad)
    reader.keep([0] * len(heads))
    if any(heads):
        reader.read(heads)
    readers, starts = [], []
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = reader.copy([places[head] for head, _ in rows[start : start + ROWS_AT_ONCE]])
        starts.append(part.read([tail for _, tail in rows[start : start + ROWS_AT_ONCE]]))
        readers.append(part)
    return readers, torch.cat(starts)


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
