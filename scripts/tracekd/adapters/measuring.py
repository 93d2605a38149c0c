"""How likely a model finds each answer behind several traces, and which it writes; resumable.

What the traces of a prompt begin with, the question above all, is read once; all answers behind all of them
are read in one batch.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tqdm import tqdm

from tracekd.adapters.chat import Answers, count_shared
from tracekd.adapters.decoding import Reader, Writer
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
# of a log-likelihood: float32 tells no more, and less would be seen
DIGITS = 5


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

    # traces that are equal, as a model's own and the gold one, are read once
    prompts = list(dict.fromkeys(asked.prompts))
    # each row keeps a token of its own: logits stand behind it
    head = min(count_shared(prompts), min(map(len, prompts)) - 1)
    longest = max(map(len, asked.continuations))
    with torch.inference_mode():
        reader = Reader(model, tokenizer.pad_token_id)
        reader.read([prompts[0][:head]])
        reader.keep([0] * len(prompts))
        behind = reader.read([prompt[head:] for prompt in prompts])
        weights = weigh(reader, behind, asked.continuations)
        found = [row.nonzero()[:, 0].tolist() for row in weights.greedy]
        answers: list[tuple[int, ...]] = [
            asked.continuations[places[0]] if places else () for places in found
        ]
        # what the model writes is one of the weighed answers, or has to be written
        if others := [row for row, places in enumerate(found) if not places]:
            reader.keep(others)
            writer = Writer(ends, longest + SPARE_TOKENS)
            writer.add(others, [reader], behind[others])
            for row, new in writer.write().items():
                answers[row] = tuple(new)
    results = {}
    for prompt, tokens, row in zip(prompts, answers, weights.log_likelihoods.tolist(), strict=True):
        text = asked.opened + str(tokenizer.decode([token for token in tokens if token not in hidden]))
        results[prompt] = ([round(weight, DIGITS) for weight in row], text.partition(ANSWER_CLOSE)[0])
    told = [results[prompt] for prompt in asked.prompts]
    return Weighed(asked.id, [row for row, _ in told], [text for _, text in told])
