"""What must hold on this very machine before days of training start, each measured in seconds.

Every check gives a number and its limit; the first violation ends the run with both.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Self
from unittest.mock import patch

from tracekd.adapters.chat import NO_LOSS, Conversation, Example, count_tokens, encode_example, render
from tracekd.adapters.training import AdapterJob, add_lora, make_trainer
from tracekd.core.errors import ModelError
from tracekd.models.loading import count_quantised
from tracekd.settings.config import Chat
from tracekd.settings.training import Lora, Training

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# relative difference of loss and gradient norm between one large batch and accumulated small ones
ACCUMULATION_LIMIT = {"float32": 1e-5, "bfloat16": 5e-3, "float16": 5e-3}
# checkpoints of one job that lie on the disk at once: two kept and one being written, weights and two moments
CHECKPOINT_COPIES = 3 * 3


@dataclass(frozen=True, slots=True)
class Check:
    """One promise: what was measured, what it must be, and what to do where it is not."""

    name: str
    measured: str
    limit: str
    ok: bool
    hint: str


def check_all(
    base: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    sample: Sequence[Conversation],
    training: Training,
    chat: Chat,
    adapters: int,
    disk: Path,
) -> Iterator[Check]:
    """Check machine, model and training set-up, cheap checks first.

    Args:
        base: quantised, as it is trained on.
        tokenizer: of the base.
        sample: some conversations of each arm, with their assistant turn.
        training: with the greatest max_length of the run.
        chat: as in training and at inference.
        adapters: how many the run keeps of this base.
        disk: folder on the disk that will hold them.

    """
    examples = [encode_example(tokenizer, conversation, training.loss, chat) for conversation in sample]
    yield check_device(base)
    yield check_four_bits(base)
    yield check_dates(tokenizer, sample, chat)
    yield check_loss_mask(tokenizer, sample, examples, training.loss)
    yield check_disk(base, training.lora, adapters, disk)
    yield check_adapter(base, training.lora, examples[0])
    yield check_accumulation(base, tokenizer, examples, training)
    yield check_longest_batch(base, tokenizer, examples, training)


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long the training conversations of a dataset and arm are in tokens, and how many are cut."""

    dataset: str
    arm: str
    examples: int
    longest: int
    max_length: int
    cut: int


def measure_lengths(
    tokenizer: "PreTrainedTokenizerBase",
    dataset: str,
    arm: str,
    conversations: Sequence[Conversation],
    max_length: int,
    chat: Chat,
) -> Lengths:
    """Count the tokens of every training conversation of a dataset and arm."""
    lengths = [count_tokens(tokenizer, conversation, chat) for conversation in conversations]
    cut = sum(length > max_length for length in lengths)
    return Lengths(dataset, arm, len(lengths), max(lengths, default=0), max_length, cut)


def check_cut(lengths: Sequence[Lengths], max_cut: float) -> Check:
    """Few conversations may be cut: what is cut off is the answer and its end token."""
    worst = max(lengths, key=lambda one: one.cut / max(1, one.examples))
    return Check(
        "conversations cut at max_length",
        f"{worst.cut} of {worst.examples} at {worst.max_length} tokens in {worst.dataset}, {worst.arm} "
        f"(the longest has {worst.longest})",
        f"at most {100 * max_cut:g} % of every dataset and arm",
        worst.cut <= max_cut * worst.examples,
        "raise training.max_length, for this dataset and arm by an override, or training.max_cut",
    )


def require(check: Check, where: object) -> None:
    """Raise ModelError with number and limit where a check failed."""
    if not check.ok:
        raise ModelError(
            f"{check.name}: {check.measured}, but it must be {check.limit}", where=where, hint=check.hint
        )


def check_device(base: "PreTrainedModel") -> Check:
    """The compute type must be one that this device computes fast."""
    import torch

    dtype = base.config.quantization_config.bnb_4bit_compute_dtype
    on_gpu = base.device.type == "cuda"
    name = torch.cuda.get_device_name(base.device) if on_gpu else "CPU"
    fast = dtype is not torch.bfloat16 or (on_gpu and torch.cuda.is_bf16_supported(including_emulation=False))
    return Check(
        "device",
        f"{name} with {str(dtype).removeprefix('torch.')}",
        "a type that the device computes by itself",
        fast,
        "set quantisation.compute_dtype: float32, or float16 on an older GPU",
    )


def check_four_bits(base: "PreTrainedModel") -> Check:
    """All linear layers but the head must hold 4-bit weights."""
    quantised, linear = count_quantised(base)
    return Check(
        "4-bit weights",
        f"{quantised} of {linear} linear layers",
        "all of them",
        0 < quantised == linear,
        "check bitsandbytes and the quantisation section",
    )


def check_dates(tokenizer: "PreTrainedTokenizerBase", sample: Sequence[Conversation], chat: Chat) -> Check:
    """A conversation must be the same token for token whatever day it is."""

    def encode(year: int) -> list[list[int]]:
        with _day(year):
            texts = [render(tokenizer, *conversation, chat.date, False) for conversation in sample]
        return [list(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in texts]

    differing = sum(old != new for old, new in zip(encode(2020), encode(2030), strict=True))
    return Check(
        "chat template under two dates",
        f"{differing} of {len(sample)} conversations differ",
        "0",
        differing == 0,
        "use a template that takes date_string",
    )


@contextmanager
def _day(year: int) -> Iterator[None]:
    """Let chat templates see the first of January of a year as today."""

    class Calendar(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls(year, 1, 1, tzinfo=tz)

    with patch("transformers.utils.chat_template_utils.datetime", Calendar):
        yield


def check_loss_mask(
    tokenizer: "PreTrainedTokenizerBase",
    sample: Sequence[Conversation],
    examples: Sequence[Example],
    loss: str,
) -> Check:
    """What carries loss must read as the assistant turn and nothing before it; all with `loss: all`."""
    right = sum(
        _carries_its_turn(tokenizer, conversation, example, loss)
        for conversation, example in zip(sample, examples, strict=True)
    )
    return Check(
        "loss on the tokens meant to be learnt",
        f"{right} of {len(sample)} conversations",
        "all of them",
        right == len(sample),
        "the chat template and training.loss do not go together",
    )


def _carries_its_turn(
    tokenizer: "PreTrainedTokenizerBase", conversation: Conversation, example: Example, loss: str
) -> bool:
    """Read the tokens that carry loss as text and compare it with the assistant turn."""
    _, messages = conversation
    learnt = [token for token, label in zip(*example.values(), strict=True) if label != NO_LOSS]
    if loss == "all":
        return learnt == example["input_ids"]
    # a tokenizer may move blanks
    text, turn, question = (
        "".join(str(words).split())
        for words in (tokenizer.decode(learnt), messages[-1]["content"], messages[-2]["content"])
    )
    before, found, _ = text.partition(turn)
    return bool(found) and question not in before and tokenizer.eos_token_id in learnt


def check_disk(base: "PreTrainedModel", lora: Lora, adapters: int, disk: Path) -> Check:
    """Adapters and the checkpoints of one job must fit on the disk."""
    model = add_lora(base, lora, seed=0)
    size = sum(4 * weight.numel() for weight in model.parameters() if weight.requires_grad)
    model.unload()
    needed, free = size * (adapters + CHECKPOINT_COPIES), shutil.disk_usage(disk).free
    return Check(
        "free disk",
        f"{free / 1e9:.1f} GB",
        f"at least {needed / 1e9:.3f} GB ({adapters} adapters of {size / 1e6:.1f} MB and checkpoints)",
        free >= needed,
        "free space, or run fewer arms and seeds at a time",
    )


def check_adapter(base: "PreTrainedModel", lora: Lora, example: Example) -> Check:
    """An adapter must change what the model says, and leave no trace when it is taken off."""
    import torch

    def logits(model: torch.nn.Module) -> torch.Tensor:
        with torch.inference_mode():
            output = model(input_ids=torch.tensor([example["input_ids"]], device=base.device))
        values: torch.Tensor = output.logits.float()
        return values

    bare = logits(base)
    model = add_lora(base, lora, seed=0).eval()
    for name, weight in model.named_parameters():
        if "lora_B" in name:  # zero at the start, so that an untrained adapter changes nothing
            torch.nn.init.normal_(weight, std=0.1)
    changed = (logits(model) - bare).abs().max().item()
    left = (logits(model.unload()) - bare).abs().max().item()
    return Check(
        "largest change of a logit by a random adapter, and after it is taken off",
        f"{changed:.3g} and {left:.3g}",
        "above 0 and 0",
        changed > 0 == left,
        "check peft and target_modules of the model's entry",
    )


def check_accumulation(
    base: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    examples: Sequence[Example],
    training: Training,
) -> Check:
    """Two examples in one batch must give the loss and gradient of the two one after the other."""
    # the two shortest lengths: padding is at work, and more memory than in training is not needed
    of_length = {len(example["input_ids"]): _cut(example, training) for example in examples}
    shortest = [of_length[length] for length in sorted(of_length)]
    pair = (shortest * 2)[:2]
    shapes = [training.changed(batch_size=2, accumulation=1), training.changed(batch_size=1, accumulation=2)]
    large, small = (run_step(base, tokenizer, pair, shape) for shape in shapes)
    difference = max(abs(large[name] - small[name]) / abs(large[name]) for name in ("loss", "grad_norm"))
    dtype = str(base.config.quantization_config.bnb_4bit_compute_dtype).removeprefix("torch.")
    limit = ACCUMULATION_LIMIT[dtype]
    return Check(
        "gradient accumulation against one batch, relative difference",
        f"{difference:.2g}",
        f"at most {limit:g}",
        difference <= limit,
        "set training.accumulation: 1 and raise batch_size",
    )


def check_longest_batch(
    base: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    examples: Sequence[Example],
    training: Training,
) -> Check:
    """One step on a batch of the longest examples that can occur must fit into memory.

    Logits are made where a label follows: the conversation with the largest share of labels is drawn out to
    the greatest length.
    """
    import torch

    example = max(
        examples, key=lambda one: sum(label != NO_LOSS for label in one["labels"]) / len(one["labels"])
    )
    copies = -(-training.max_length // len(example["labels"]))
    ids, labels = ((example[name] * copies)[: training.max_length] for name in ("input_ids", "labels"))
    batch: list[Example] = [{"input_ids": ids, "labels": labels}] * training.batch_size
    shape = f"{training.batch_size} x {training.max_length} tokens"
    try:
        run_step(base, tokenizer, batch, training.changed(accumulation=1))
    except torch.OutOfMemoryError:
        measured, ok = f"{shape} do not fit", False
    else:
        peak = torch.cuda.max_memory_allocated() / 1e9 if base.device.type == "cuda" else None
        measured, ok = shape if peak is None else f"{shape} take {peak:.1f} GB", True
    return Check(
        "longest batch",
        measured,
        "within the memory",
        ok,
        "lower training.batch_size and raise accumulation, or set gradient_checkpointing: true",
    )


def run_step(
    base: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    examples: Sequence[Example],
    training: Training,
) -> dict[str, float]:
    """Train one step, without dropout, on all examples; give its log record and hand the base back."""
    lora = training.lora.changed(dropout=0.0)
    short = training.changed(epochs=1, tokens=None, save_steps=2, lora=lora)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        job = AdapterJob(list(examples), short, 0, {"arm": "preflight"}, work, work)
        model = add_lora(base, lora, seed=0)
        trainer = make_trainer(model, tokenizer, job, work)
        try:
            trainer.train()
        finally:
            model.unload()
            base.activation_checkpointing_disable()
    return next(record for record in trainer.state.log_history if "loss" in record)


def _cut(example: Example, training: Training) -> Example:
    """Cut an example at the length that training allows."""
    return {name: ids[: training.max_length] for name, ids in example.items()}
