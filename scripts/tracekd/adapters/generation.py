"""What a model writes for each question: in batches, resumable item by item (paper, section 6)."""

import logging
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from tracekd.adapters.chat import Prompt
from tracekd.adapters.decoding import decode_as_published, decode_greedily
from tracekd.core import parts
from tracekd.core.files import sha256_text
from tracekd.core.records import Generation, write_records
from tracekd.models.identity import digest_json, package_versions
from tracekd.settings.config import Generation as Decoding
from tracekd.traces.prompts import ANSWER_CLOSE, ANSWER_OPEN, THINK_CLOSE, THINK_OPEN

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

logger = logging.getLogger(__name__)

# of `batch_size` that are decoded together: the last answers of one are written beside the first of the next
BATCHES = 8
TAGS = (THINK_OPEN, THINK_CLOSE, ANSWER_OPEN, ANSWER_CLOSE)


def generate(
    model: "PreTrainedModel | PeftModel",
    tokenizer: "PreTrainedTokenizerBase",
    prompts: Sequence[Prompt],
    decoding: Decoding,
    seed: int,
    identity: dict[str, Any],
    part: Path,
    path: Path,
) -> None:
    """Write the generations of all prompts to `path`, in their order; arguments as of `generate_all`."""
    title = f"{path.parent.name} seed {seed}"
    write_records(generate_all(model, tokenizer, prompts, decoding, seed, identity, part, title), path)
    logger.info("%s: %d generations", path, len(prompts))


def generate_all(
    model: "PreTrainedModel | PeftModel",
    tokenizer: "PreTrainedTokenizerBase",
    prompts: Sequence[Prompt],
    decoding: Decoding,
    seed: int,
    identity: dict[str, Any],
    part: Path,
    title: str,
) -> list[Generation]:
    """Give the generations of all prompts, in their order.

    Args:
        model: in evaluation mode, with or without an adapter.
        tokenizer: with a pad token.
        prompts: with ids of their own: one for each question, or for each question and condition.
        decoding: config section `generation`; `as_published` draws by the model's own generation config,
            anew from the seed for each batch.
        seed: of the draw.
        identity: digests of model and adapter, and whatever else the text depends on.
        part: work file of finished items; a killed run resumes from it if everything above is unchanged.
        title: of the progress bar.

    What is decoded together is fixed by the prompts, whatever is already done: a resumed run pads and draws
    exactly as one that was never killed. Only greedy answers in float32, which depend on no other prompt, are
    not written again.

    """
    digest = digest_json(
        [
            identity,
            decoding.model_dump(),
            seed,
            package_versions(),
            model.device.type,
            [(prompt.id, prompt.text, prompt.input_ids) for prompt in prompts],
        ]
    )
    done = {name: Generation.from_json(record) for name, record in parts.resume(part, digest).items()}
    with tqdm(total=len(prompts), initial=len(done), desc=title, unit="item", mininterval=1) as bar:
        for number, group in enumerate(_group(prompts, decoding)):
            missing = [prompt for prompt in group if prompt.id not in done]
            if not missing:
                continue
            asked = missing if _are_independent(model, decoding) else group
            for texts in _generate_group(model, tokenizer, asked, decoding, seed * 1_000_003 + number):
                new = [text for text in texts if text.id not in done]
                done |= {text.id: text for text in new}
                parts.append(part, new)
                bar.update(len(new))
    return [done[prompt.id] for prompt in prompts]


def _are_independent(model: "PreTrainedModel | PeftModel", decoding: Decoding) -> bool:
    """Tell whether an answer is the same whatever is decoded beside it."""
    import torch

    return decoding.sampling == "greedy" and model.dtype is torch.float32


def _group(prompts: Sequence[Prompt], decoding: Decoding) -> list[list[Prompt]]:
    """Group prompts that are decoded together: those that begin alike, longest first.

    So too large a batch fails at once. Where none begin alike, those of similar length come together.
    """
    longest: dict[tuple[int, ...], int] = {}
    for prompt in prompts:
        longest[prompt.head] = max(longest.get(prompt.head, 0), len(prompt.input_ids))
    ordered = sorted(prompts, key=lambda one: (-longest[one.head], one.head, -len(one.input_ids), one.id))
    size = decoding.batch_size * (BATCHES if decoding.sampling == "greedy" else 1)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def _generate_group(
    model: "PreTrainedModel | PeftModel",
    tokenizer: "PreTrainedTokenizerBase",
    group: Sequence[Prompt],
    decoding: Decoding,
    seed: int,
) -> Iterator[list[Generation]]:
    """Generate for a group, some prompts at a time; new tokens count up to and with the end token."""
    pad, ends = tokenizer.pad_token_id, end_tokens(model, tokenizer)
    most, hidden = decoding.max_new_tokens, hidden_tokens(tokenizer)
    if decoding.sampling == "greedy":
        written = decode_greedily(model, group, ends, pad, most, decoding.batch_size)
    else:
        answers = decode_as_published(model, group, ends, pad, most, seed)
        written = iter([list(zip(group, answers, strict=True))])
    for answered in written:
        yield [_finish(tokenizer, prompt, tokens, ends, hidden) for prompt, tokens in answered]


def _finish(
    tokenizer: "PreTrainedTokenizerBase",
    prompt: Prompt,
    tokens: Sequence[int],
    ends: Collection[int],
    hidden: Collection[int],
) -> Generation:
    """Make the record of one answer."""
    end = next((place for place, token in enumerate(tokens, 1) if token in ends), None)
    return Generation(
        id=prompt.id,
        prompt_sha256=sha256_text(prompt.text),
        text=str(tokenizer.decode([token for token in tokens[:end] if token not in hidden])),
        n_prompt_tokens=len(prompt.input_ids),
        n_new_tokens=len(tokens[:end]),
        finish_reason="length" if end is None else "stop",
    )


def hidden_tokens(tokenizer: "PreTrainedTokenizerBase") -> set[int]:
    """Give the special tokens that are no part of a text; think and answer tags are."""
    special = {token for token, entry in tokenizer.added_tokens_decoder.items() if entry.special}
    return special - {tokenizer.convert_tokens_to_ids(tag) for tag in TAGS}


def end_tokens(model: "PreTrainedModel | PeftModel", tokenizer: "PreTrainedTokenizerBase") -> set[int]:
    """Give the tokens that end an answer, by the tokenizer and by the model's own settings."""
    ends = model.generation_config.eos_token_id or []
    return {tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])}
