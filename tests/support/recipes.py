"""Training and generation as others would run them, for benchmarks: as released, and plain but well kept.

The released recipe in our own words (paper, section 5; the released scripts of training and inference).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from tracekd.adapters.chat import NO_LOSS, Example, Prompt
from tracekd.adapters.training import add_lora
from tracekd.models import loading
from tracekd.settings.config import Quantisation
from tracekd.settings.training import Training

# of an answer
RELEASED_NEW_TOKENS = 500


@dataclass(frozen=True)
class Recipe:
    """How somebody else trains.

    Args:
        loss: tokens that carry loss, as in our `training` section.
        arguments: of Trainer, beyond its defaults.

    """

    loss: str
    arguments: dict[str, Any] = field(default_factory=dict)


RELEASED = Recipe(
    loss="all",
    arguments={
        "per_device_train_batch_size": 4,
        "gradient_accumulation_steps": 4,
        "activation_checkpointing": True,
        "activation_checkpointing_kwargs": {"use_reentrant": False},
    },
)


def load_base(folder: Path, quantisation: Quantisation) -> Any:
    """Load a base in 4 bits that bitsandbytes dequantises at every call, as it comes."""
    with patch.object(loading, "keep_dequantised", lambda model: None):
        return loading.load_quantised(folder, quantisation)


def load_adapter(base: Any, folder: Path) -> Any:
    """Put an adapter on a base as peft does, beside its weights."""
    from peft import PeftModel

    return PeftModel.from_pretrained(base, str(folder)).eval()


def plain(training: Training) -> Recipe:
    """Trainer as it comes, with our own batches and loss: rows in random order, padded to the longest."""
    return Recipe(
        loss=training.loss,
        arguments={
            "per_device_train_batch_size": training.batch_size,
            "gradient_accumulation_steps": training.accumulation,
        },
    )


def train(
    base: Any, tokenizer: Any, examples: Sequence[Example], training: Training, recipe: Recipe, seed: int = 0
) -> int:
    """Train one adapter for one epoch by somebody else's recipe; give the tokens of all conversations.

    Learning rate, schedule, optimiser and adapter are ours. The adapter is thrown away and the base is left
    as it was.
    """
    import torch
    from datasets import Dataset
    from transformers import DataCollatorForSeq2Seq, Trainer, TrainingArguments

    on_cpu = base.device.type == "cpu"
    model = add_lora(base, training.lora, seed)
    with TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder,
                num_train_epochs=1,
                learning_rate=training.learning_rate,
                lr_scheduler_type=training.schedule,
                warmup_steps=training.warmup_ratio,
                optim=training.optimizer,
                seed=seed,
                use_cpu=on_cpu,
                bf16=base.config.quantization_config.bnb_4bit_compute_dtype is torch.bfloat16,
                save_strategy="no",
                logging_strategy="no",
                report_to="none",
                disable_tqdm=True,
                dataloader_pin_memory=not on_cpu,
                **recipe.arguments,
            ),
            train_dataset=Dataset.from_list(list(examples)),
            data_collator=DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=NO_LOSS),
        )
        trainer.train()
    model.unload()
    base.activation_checkpointing_disable()
    return sum(len(example["input_ids"]) for example in examples)


def merge(folder: Path, adapter: Path, base: Any) -> Any:
    """Give the model as released scripts do: the adapter merged into whole weights, those of the 4-bit base.

    Args:
        folder: of the base.
        adapter: folder of the trained adapter.
        base: in 4 bits; it is left as it is.

    """
    import torch
    from bitsandbytes.functional import dequantize_4bit
    from bitsandbytes.nn import Linear4bit
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    whole = AutoModelForCausalLM.from_pretrained(str(folder), dtype=base.dtype).to(base.device)
    layers = dict(whole.named_modules())
    with torch.no_grad():
        for name, layer in base.named_modules():
            if isinstance(layer, Linear4bit):
                weight = dequantize_4bit(layer.weight.data, layer.weight.quant_state)
                # of a base that carries an adapter the layers stand one step deeper
                layers[name.removesuffix(".base_layer")].weight.copy_(weight)
    return PeftModel.from_pretrained(whole, str(adapter)).merge_and_unload().eval()


def answer_one_by_one(model: Any, tokenizer: Any, prompts: Sequence[Prompt], most: int) -> list[list[int]]:
    """Write one answer at a time without a cache of keys and values, as released; here greedily."""
    import torch

    answers = []
    for prompt in prompts:
        ids = torch.tensor([prompt.input_ids], device=model.device)
        with torch.inference_mode():
            output = model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=most,
                use_cache=False,
                do_sample=False,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
            )
        answers.append(_cut(output[0, ids.shape[1] :].tolist(), tokenizer.eos_token_id))
    return answers


def answer_in_batches(
    model: Any, tokenizer: Any, prompts: Sequence[Prompt], most: int, size: int
) -> list[list[int]]:
    """Write answers in padded batches with the library's own `generate`, in the order of the prompts."""
    import torch

    answers = []
    for start in range(0, len(prompts), size):
        batch = tokenizer.pad(
            {"input_ids": [list(prompt.input_ids) for prompt in prompts[start : start + size]]},
            padding_side="left",
            return_tensors="pt",
        ).to(model.device)
        with torch.inference_mode():
            output = model.generate(
                **batch,
                max_new_tokens=most,
                do_sample=False,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
            )
        width = batch["input_ids"].shape[1]
        answers += [_cut(row, tokenizer.eos_token_id) for row in output[:, width:].tolist()]
    return answers


def _cut(tokens: list[int], end: int) -> list[int]:
    """Leave out what stands behind the end token."""
    return tokens[: tokens.index(end) + 1] if end in tokens else tokens
