"""How likely a model finds each answer behind several traces, and which it writes; resumable.

What the traces of a prompt begin with, the question above all, is read once; all answers behind all of them
are read in one batch.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tqdm import tqdm

from tracekd.adapters.chat import Answers, count_shared
from tracekd.adapters.decoding import Reader, go_on
from tracekd.adapters.generation import end_tokens, hidden_tokens
from tracekd.adapters.likelihood import weigh
from tracekd.core import parts
from tracekd.core.errors import ModelError
from tracekd.models.identity import digest_json, package_versions
from tracekd.traces.prompts import ANSWER_CLOSE

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# tokens that a written answer may have beyond the longest one that is weighed
SPARE_TOKENS = 4
# tokens that reading what some rows share by itself must save, or it is not worth a pass of its own
WORTH = 48
# of a log-likelihood: float32 tells no more, and less would be seen
DIGITS = 5


Row = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question in one context, with several traces behind it.

    prompts: tokens up to the answer, one row per trace. opened: what of the answer's text they hold already.
    continuations: the rest of each answer, the same behind every trace.
    """

    id: str
    prompts: tuple[tuple[int, ...], ...]
    opened: str
    continuations: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """Behind every trace: the log-likelihood of each answer in nats, and the answer that the model writes."""

    id: str
    log_likelihoods: list[list[float]]
    written: list[str]

    def to_json(self) -> dict[str, Any]:
        """Give the item as a part file has it."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Build from an item of a part file."""
        return cls(**record)


def join_traces(name: str, encoded: Sequence[Answers]) -> Asked:
    """Put what was encoded trace by trace together; ModelError where the answers' tokens differ by trace.

    Only the first needs all of the answers: of the others two are enough to find where an answer begins.
    """
    first = encoded[0].continuations
    prompts = []
    for one in encoded:
        # two answers may begin alike where all do not
        whole = one.prompt + one.continuations[0]
        prompts.append(whole[: len(whole) - len(first[0])])
        if whole[len(prompts[-1]) :] != first[0]:
            raise ModelError(
                "the tokens of an answer depend on the trace before it",
                where=name,
                hint="use a tokenizer that parts words at tags",
            )
    return Asked(name, tuple(prompts), encoded[0].opened, first)


def measure_all(
    model: "PreTrainedModel | PeftModel",
    tokenizer: "PreTrainedTokenizerBase",
    asked: Sequence[Asked],
    identity: dict[str, Any],
    part: Path,
    title: str,
) -> list[Weighed]:
    """Weigh all answers behind all prompts, in their order.

    Args:
        model: in evaluation mode, with or without an adapter.
        tokenizer: with a pad token.
        asked: with ids of their own.
        identity: digests of model and adapter, and whatever else the numbers depend on.
        part: work file of finished items; a killed run resumes from it if everything above is unchanged.
        title: of the progress bar.

    """
    rows = [(one.id, one.prompts, one.opened, one.continuations) for one in asked]
    digest = digest_json([identity, package_versions(), model.device.type, rows])
    done = {name: Weighed.from_json(record) for name, record in parts.resume(part, digest).items()}
    ends, hidden = end_tokens(model, tokenizer), hidden_tokens(tokenizer)
    with tqdm(total=len(asked), initial=len(done), desc=title, unit="prompt", mininterval=1) as bar:
        for one in asked:
            if one.id not in done:
                done[one.id] = _measure(model, tokenizer, one, ends, hidden)
                parts.append(part, [done[one.id]])
                bar.update()
    return [done[one.id] for one in asked]


def _measure(
    model: "PreTrainedModel | PeftModel",
    tokenizer: "PreTrainedTokenizerBase",
    asked: Asked,
    ends: Collection[int],
    hidden: Collection[int],
) -> Weighed:
    """Weigh one question's answers behind all of its traces."""
    import torch

    longest = max(map(len, asked.continuations))
    with torch.inference_mode():
        # traces that are equal, as a model's own and the gold one, are read once
        parts_read = _read_alike(Reader(model, tokenizer.pad_token_id), {one: one for one in asked.prompts})
        prompts = [prompt for _, rests in parts_read for prompt in rests]
        for part, rests in parts_read:
            part.keep([0] * len(rests))
        reader = parts_read[0][0]
        if len(parts_read) > 1:
            reader.join([part for part, _ in parts_read[1:]])
        behind = reader.read([rest for _, rests in parts_read for rest in rests.values()])
        weights = weigh(reader, behind, asked.continuations)
        found = [row.nonzero()[:, 0].tolist() for row in weights.greedy]
        answers: list[tuple[int, ...]] = [
            asked.continuations[places[0]] if places else () for places in found
        ]
        # what the model writes is one of the weighed answers, or has to be written
        if others := [row for row, places in enumerate(found) if not places]:
            reader.keep(others)
            written = go_on(reader, behind[others], ends, longest + SPARE_TOKENS)
            for row, tokens in zip(others, written, strict=True):
                answers[row] = tuple(tokens)
    results = {}
    for prompt, tokens, row in zip(prompts, answers, weights.log_likelihoods.tolist(), strict=True):
        text = asked.opened + str(tokenizer.decode([token for token in tokens if token not in hidden]))
        results[prompt] = ([round(weight, DIGITS) for weight in row], text.partition(ANSWER_CLOSE)[0])
    told = [results[prompt] for prompt in asked.prompts]
    return Weighed(asked.id, [row for row, _ in told], [text for _, text in told])


def _read_alike(reader: Reader, rows: Mapping[Row, Row]) -> list[tuple[Reader, dict[Row, Row]]]:
    """Read behind the only row of a reader what rows begin with, once for all that do.

    Args:
        reader: may be read further.
        rows: each to what is left of it, at least one token. One stays: logits stand behind it.

    Returns:
        Readers of one row with the rows that they are the beginning of, each to what is left of it.

    """
    rests = list(rows.values())
    shared = min(count_shared(rests), min(map(len, rests)) - 1)
    if len(rests) > 1 and shared:
        reader.read([rests[0][:shared]])
        rows = {row: rest[shared:] for row, rest in rows.items()}
    groups: dict[int, dict[Row, Row]] = {}
    for row, rest in rows.items():
        groups.setdefault(rest[0], {})[row] = rest
    alone: dict[Row, Row] = {}
    found = []
    for group in groups.values():
        saved = (count_shared(list(group.values())) - 1) * (len(group) - 1)
        if len(groups) > 1 and saved >= WORTH:
            found += _read_alike(reader.copy([0]), group)
        else:
            alone |= group
    return [(reader, alone), *found] if alone else found
