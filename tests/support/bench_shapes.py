"""Models of real shapes with random weights, trained and asked at the lengths of real CoTempQA."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tracekd.adapters.chat import NO_LOSS, Example, Prompt
from tracekd.adapters.generation import generate_all
from tracekd.adapters.training import AdapterJob, train_adapter
from tracekd.models.loading import load_adapter, load_quantised
from tracekd.settings.config import Generation, Quantisation
from tracekd.settings.training import Lora, Training

from support import recipes
from support.measuring import OURS, Limits, Row, compare, measure_limits, wall_clock
from support.tiny_models import make_identity, save_tokenizer

# operations for each weight and token: forward, and backward through the activations of frozen weights
FORWARD, BACKWARD = 2, 2
SEED = 0
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True)
class Shape:
    """A network of a published model, and how much it is given to do.

    Args:
        family: of transformers' classes.
        config: of the network.
        compute: type of its matrix products.
        examples: conversations to train on.
        tokens: mean length of a conversation; real CoTempQA has 714 with SmolLM2's tokenizer, 98 of them
            answer.
        answer: tokens of its answer, and of each that is written.
        prompts: answers that are written in batches; the released recipe writes two.
        batch: examples and answers side by side.

    """

    family: str
    config: dict[str, Any]
    compute: str = "bfloat16"
    examples: int = 64
    tokens: int = 700
    answer: int = 100
    prompts: int = 32
    batch: int = 16


def _llama(hidden: int, inner: int, layers: int, heads: int, tied: bool) -> Shape:
    return Shape(
        "Llama",
        {
            "vocab_size": 128_256,
            "hidden_size": hidden,
            "intermediate_size": inner,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "num_key_value_heads": 8,
            "head_dim": hidden // heads,
            "tie_word_embeddings": tied,
        },
    )


def _qwen3(hidden: int, inner: int, layers: int, heads: int, tied: bool) -> Shape:
    shape = _llama(hidden, inner, layers, heads, tied)
    return replace(shape, family="Qwen3", config={**shape.config, "vocab_size": 151_936, "head_dim": 128})


SHAPES = {
    "Llama-3.2-1B": _llama(2048, 8192, 16, 32, tied=True),
    "Qwen3-1.7B": _qwen3(2048, 6144, 28, 16, tied=True),
    "Llama-3.1-8B": _llama(4096, 14336, 32, 32, tied=False),
    "Qwen3-8B": _qwen3(4096, 12288, 36, 32, tied=False),
    "tiny": replace(
        _llama(64, 128, 2, 4, tied=True),
        compute="float32",
        examples=8,
        tokens=40,
        answer=4,
        prompts=4,
        batch=4,
    ),
}
SHAPES["tiny"].config.update(vocab_size=320, num_key_value_heads=2)


def measure_shape(name: str, shape: Shape, root: Path) -> Iterator[Row]:
    """Measure training and answers of one shape: tokens per second, memory, and the share of the limit."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    title = torch.cuda.get_device_name() if device == "cuda" else device
    folder = root / "model"
    tokenizer = save_tokenizer(folder)
    save_weights(folder, shape, tokenizer, device)
    base = load_quantised(folder, Quantisation(type="nf4", double=True, compute_dtype=shape.compute))
    weights, stored = base.num_parameters(), base.get_memory_footprint()
    training = Training(
        epochs=1,
        batch_size=shape.batch,
        accumulation=1,
        learning_rate=2e-4,
        schedule="cosine",
        warmup_ratio=0.03,
        optimizer="paged_adamw_8bit" if device == "cuda" else "adamw_torch",
        max_length=4096,
        loss="completion",
        save_steps=50,
        gradient_checkpointing=False,
        lora=Lora(rank=16, alpha=32, dropout=0.05, target_modules=MODULES),
    )
    examples = invent_examples(shape)
    whole = [{**one, "labels": one["input_ids"]} for one in examples]
    tokens = sum(len(one["input_ids"]) for one in examples)

    def train_ours(folder: str, some: list[Example]) -> float:
        job = AdapterJob(
            some,
            training,
            SEED,
            make_identity(name, "random", "random"),
            root / folder / "work",
            root / folder / "adapter",
        )
        train_adapter(base, tokenizer, job)
        return tokens

    def train_as_released(some: list[Example]) -> float:
        return recipes.train(base, tokenizer, some, training, recipes.RELEASED)

    # the first step of each way makes kernels and buffers
    train_ours("first", examples[:1])
    train_as_released(whole[:1])
    measured = {
        OURS: measure(lambda: train_ours("all", examples), device),
        "released": measure(lambda: train_as_released(whole), device),
    }
    per_step = shape.batch * shape.tokens
    limits = limit_of(shape, per_step, device)
    # each step reads the weights twice
    floors = {
        variant: limits.share(speed, (FORWARD + BACKWARD) * weights, 2 * stored / per_step)
        for variant, (speed, _) in measured.items()
    }
    yield from _rows("training", name, measured, floors, title)
    yield from compare(
        f"training utilisation {name}",
        {
            variant: speed * (FORWARD + BACKWARD) * weights / limits.flops_per_s
            for variant, (speed, _) in measured.items()
        },
        "share",
        title,
    )
    yield from compare(f"machine {name}", {"product": limits.flops_per_s / 1e12}, "TFLOP/s", title)
    yield from compare(f"machine {name}", {"copy": limits.bytes_per_s / 1e9}, "GB/s", title)

    prompts = invent_prompts(shape)
    decoding = Generation(batch_size=shape.batch, max_new_tokens=shape.answer, sampling="greedy")
    adapter = root / "all/adapter"
    model = load_adapter(base, adapter)

    def answer_ours(part: str, some: list[Prompt]) -> float:
        found = generate_all(model, tokenizer, some, decoding, SEED, {}, root / part, name)
        return sum(one.n_new_tokens or 0 for one in found)

    merged = recipes.merge(folder, adapter, base)

    def answer_as_released(some: list[Prompt], most: int) -> float:
        return sum(map(len, recipes.answer_one_by_one(merged, tokenizer, some, most)))

    answer_ours("first.jsonl", prompts[:1])
    answer_as_released(prompts[:1], 1)
    measured = {
        OURS: measure(lambda: answer_ours("all.jsonl", prompts), device),
        "released": measure(lambda: answer_as_released(prompts[:2], shape.answer), device),
    }
    read = shape.tokens - shape.answer
    needed = FORWARD * weights * (shape.answer + read) / shape.answer
    # each step reads the weights once for all rows
    floors = {
        variant: limit_of(shape, count, device).share(measured[variant][0], needed, stored / count)
        for variant, count in ((OURS, shape.batch), ("released", 1))
    }
    yield from _rows("generation", name, measured, floors, title)


def _rows(
    what: str, name: str, measured: dict[str, tuple[float, float]], floors: dict[str, float], title: str
) -> list[Row]:
    """Make the rows of speed, and those of memory where the device tells it."""
    speeds, memories = ({key: pair[place] for key, pair in measured.items()} for place in (0, 1))
    rows = compare(f"{what} {name}", speeds, "tokens/s", title, floors)
    told = not any(map(math.isnan, memories.values()))
    return rows + (compare(f"{what} memory {name}", memories, "GB", title) if told else [])


def measure(work: Any, device: str) -> tuple[float, float]:
    """Give speed (units per second of wall time) and peak memory of the device in GB (NaN without a GPU)."""
    import torch

    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    start = wall_clock(device)
    units = work()
    seconds = wall_clock(device) - start
    return units / seconds, torch.cuda.max_memory_allocated() / 1e9 if device == "cuda" else float("nan")


def limit_of(shape: Shape, rows: int, device: str) -> Limits:
    """Measure what the device does at most with rows of this shape."""
    inner = shape.config["hidden_size"], shape.config["intermediate_size"]
    return measure_limits(rows, *inner, device, shape.compute, (1 << 30) if device == "cuda" else (64 << 20))


def save_weights(folder: Path, shape: Shape, tokenizer: Any, device: str) -> None:
    """Write a network of random weights, drawn on the device."""
    import torch
    import transformers

    torch.manual_seed(SEED)
    config = getattr(transformers, f"{shape.family}Config")(
        **shape.config,
        max_position_embeddings=4096,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    with torch.device(device):
        dtype = getattr(torch, shape.compute)
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=dtype)
    model.save_pretrained(folder)
    del model
    if device == "cuda":
        torch.cuda.empty_cache()


def invent_examples(shape: Shape) -> list[Example]:
    """Draw conversations of unequal length, a third longer or shorter, whose answers carry the loss."""
    rng = random.Random(SEED)
    examples = []
    for length in _lengths(rng, shape, shape.examples):
        ids = _tokens(rng, shape, length)
        masked = length - shape.answer
        examples.append({"input_ids": ids, "labels": [NO_LOSS] * masked + ids[masked:]})
    return examples


def invent_prompts(shape: Shape) -> list[Prompt]:
    """Draw prompts of unequal length."""
    rng = random.Random(SEED + 1)
    lengths = _lengths(rng, shape, shape.prompts)
    return [
        Prompt(str(number), str(number), tuple(_tokens(rng, shape, length - shape.answer)))
        for number, length in enumerate(lengths)
    ]


def _lengths(rng: random.Random, shape: Shape, count: int) -> list[int]:
    return [rng.randint(shape.tokens * 2 // 3, shape.tokens * 4 // 3) for _ in range(count)]


def _tokens(rng: random.Random, shape: Shape, length: int) -> list[int]:
    """Draw tokens; not the first ones, among which the special ones may be."""
    return [rng.randrange(shape.config["vocab_size"] // 2, shape.config["vocab_size"]) for _ in range(length)]
