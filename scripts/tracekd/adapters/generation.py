"""What a model writes for each question: in batches, resumable item by item (paper, section 6)."""

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from tracekd.adapters.chat import Prompt
from tracekd.core.files import atomic_write, sha256_text, storing
from tracekd.core.records import Generation, write_records
from tracekd.models.identity import digest_json, package_versions
from tracekd.settings.config import Generation as Decoding
from tracekd.traces.prompts import ANSWER_CLOSE, ANSWER_OPEN, THINK_CLOSE, THINK_OPEN

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

logger = logging.getLogger(__name__)

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

    Batches are fixed by the prompts' lengths, longest first, whatever is already done: a resumed run pads
    and draws exactly as one that was never killed.

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
    done = _resume(part, digest)
    config = _generation_config(model, tokenizer, decoding)
    bar = tqdm(total=len(prompts), initial=len(done), desc=title, unit="item", mininterval=1)
    with bar, _only(model, config):
        for number, batch in enumerate(_batches(prompts, decoding.batch_size)):
            missing = [prompt for prompt in batch if prompt.id not in done]
            if missing:
                texts = _generate_batch(model, tokenizer, batch, config, seed * 1_000_003 + number)
                done |= texts
                _append(part, [texts[prompt.id] for prompt in missing])
                bar.update(len(missing))
    return [done[prompt.id] for prompt in prompts]


def _batches(prompts: Sequence[Prompt], size: int) -> list[list[Prompt]]:
    """Group prompts of similar length, longest first, so that too large a batch fails at once."""
    ordered = sorted(prompts, key=lambda prompt: (-len(prompt.input_ids), prompt.id))
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def _generation_config(
    model: "PreTrainedModel | PeftModel", tokenizer: "PreTrainedTokenizerBase", decoding: Decoding
) -> "GenerationConfig":
    """Give greedy decoding or the model's own sampling settings, with the end tokens of both sources."""
    from transformers import GenerationConfig

    published = model.generation_config
    ends = published.eos_token_id or []
    ends = {tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])}
    fixed = {
        "max_new_tokens": decoding.max_new_tokens,
        "eos_token_id": sorted(ends),
        "pad_token_id": tokenizer.pad_token_id,
    }
    if decoding.sampling == "greedy":
        return GenerationConfig(do_sample=False, num_beams=1, **fixed)
    return GenerationConfig.from_dict({**published.to_dict(), **fixed})


@contextmanager
def _only(model: "PreTrainedModel | PeftModel", config: "GenerationConfig") -> Iterator[None]:
    """Let nothing but `config` decide how a model decodes.

    The library fills whatever a config leaves open with what the model ships: repetition penalties,
    suppressed tokens, a least length.
    """
    # peft's types do not see the base
    base: Any = model.get_base_model() if hasattr(model, "get_base_model") else model  # type: ignore[operator]
    shipped = base.generation_config
    # peft hands its own on to the base at each call
    model.generation_config = base.generation_config = config
    try:
        yield
    finally:
        model.generation_config = base.generation_config = shipped


def _generate_batch(
    model: "PreTrainedModel | PeftModel",
    tokenizer: "PreTrainedTokenizerBase",
    batch: Sequence[Prompt],
    config: "GenerationConfig",
    seed: int,
) -> dict[str, Generation]:
    """Generate for one left-padded batch; new tokens count up to and with the end token."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    rows = [torch.tensor(prompt.input_ids) for prompt in batch]
    inputs = {
        "input_ids": pad_sequence(rows, True, config.pad_token_id, padding_side="left"),
        "attention_mask": pad_sequence([torch.ones_like(row) for row in rows], True, 0, padding_side="left"),
    }
    inputs = {name: tensor.to(model.device) for name, tensor in inputs.items()}
    torch.manual_seed(seed)
    with torch.inference_mode():
        write: Any = model.generate  # of the base, which peft's types do not see
        output = write(**inputs, generation_config=config)
    special = {token for token, entry in tokenizer.added_tokens_decoder.items() if entry.special}
    hidden = special - {tokenizer.convert_tokens_to_ids(tag) for tag in TAGS}
    generations = {}
    for prompt, tokens in zip(batch, output[:, inputs["input_ids"].shape[1] :].tolist(), strict=True):
        end = next((place for place, token in enumerate(tokens, 1) if token in config.eos_token_id), None)
        generations[prompt.id] = Generation(
            id=prompt.id,
            prompt_sha256=sha256_text(prompt.text),
            text=str(tokenizer.decode([token for token in tokens[:end] if token not in hidden])),
            n_prompt_tokens=len(prompt.input_ids),
            n_new_tokens=len(tokens[:end]),
            finish_reason="length" if end is None else "stop",
        )
    return generations


def _resume(part: Path, digest: str) -> dict[str, Generation]:
    """Read the whole items of a killed run, less half or damaged lines; start anew for another digest."""
    header = json.dumps({"digest": digest}).encode()
    lines = part.read_bytes().split(b"\n") if part.exists() else [header]
    if lines[0] != header:
        logger.warning("%s belongs to another configuration and is started anew", part)
        lines = [header]
    whole = [line for line in lines[1:] if _is_whole(line)]
    with atomic_write(part, "wb") as stream:
        stream.writelines(line + b"\n" for line in (header, *whole))
    records = (json.loads(line.partition(b" ")[2]) for line in whole)
    return {record["id"]: Generation.from_json(record) for record in records}


def _is_whole(line: bytes) -> bool:
    """Tell whether the item on a line of a part file is the one that the digest before it was taken of."""
    digest, _, item = line.partition(b" ")
    return hashlib.sha256(item).hexdigest().encode() == digest


def _append(part: Path, generations: Sequence[Generation]) -> None:
    """Add finished items, each after its digest, safe on the disk before the next batch starts."""
    with storing(part), open(part, "a", encoding="utf-8", newline="\n") as stream:
        for generation in generations:
            item = json.dumps(generation.to_json(), ensure_ascii=False)
            stream.write(f"{sha256_text(item)} {item}\n")
        stream.flush()
        os.fsync(stream.fileno())
