"""Random tiny models in the form of hub checkpoints, and training sets for them."""

import random
from pathlib import Path
from typing import Any

from tracekd.adapters.chat import Conversation, encode_examples
from tracekd.adapters.training import AdapterJob
from tracekd.settings.config import Chat, Quantisation
from tracekd.settings.training import Lora, Training

SPECIAL = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
TAGS = ["<think>", "</think>", "<answer>", "</answer>"]
TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>"
    "{% if message.role == 'system' %}Today is {{ date_string }}. {% endif %}{{ message.content }}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
QUANTISATION = Quantisation(type="nf4", double=True, compute_dtype="float32")
CHAT = Chat(date="26 Jul 2024", add_generation_prompt=True)
TRAINING = Training(
    epochs=2,
    batch_size=4,
    accumulation=2,
    learning_rate=3e-3,
    schedule="cosine",
    warmup_ratio=0.1,
    optimizer="adamw_torch",
    max_length=256,
    loss="completion",
    save_steps=3,
    gradient_checkpointing=False,
    lora=Lora(rank=4, alpha=8, dropout=0.1, target_modules=["v_proj", "q_proj", "down_proj"]),
)
# what the rules hand to their scripts: layers that carry an adapter are those of the model
TARGET_MODULES = TRAINING.lora.target_modules
PLAN = TRAINING.model_dump(exclude={"lora": {"target_modules"}}) | {"max_cut": 0.0, "overrides": []}


def save_tokenizer(folder: Path):
    """Write a byte tokenizer with a chat template, and give it."""
    import transformers
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({byte: place for place, byte in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.add_tokens([AddedToken(tag, normalized=False) for tag in TAGS])
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<|pad|>", eos_token="<|end|>", chat_template=TEMPLATE
    )
    fast.save_pretrained(folder)
    return fast


def save_model(folder: Path, family: str, seed: int = 0) -> Path:
    """Write a random model of a family (Llama, Qwen3) and a byte tokenizer with a chat template."""
    import torch
    import transformers

    fast = save_tokenizer(folder)
    torch.manual_seed(seed)
    config = getattr(transformers, f"{family}Config")(
        vocab_size=320,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        initializer_range=0.1,
        tie_word_embeddings=True,
        max_position_embeddings=512,
        eos_token_id=fast.eos_token_id,
        pad_token_id=fast.pad_token_id,
        bos_token_id=None,
    )
    getattr(transformers, f"{family}ForCausalLM")(config).save_pretrained(folder)
    return folder


def conversations(count: int = 50, seed: int = 0) -> list[Conversation]:
    """Invent questions of unequal length whose answer is their first letter, each with its id."""
    rng = random.Random(seed)
    words = ["".join(rng.choices("abcdefgh", k=rng.randint(3, 40))) for _ in range(count)]
    return [
        (
            f"q{number}",
            [
                {"role": "system", "content": "Help."},
                {"role": "user", "content": f"{word}?"},
                {"role": "assistant", "content": f"<think>{word[:2]}</think> <answer>{word[0]}</answer>"},
            ],
        )
        for number, word in enumerate(words)
    ]


def make_identity(model: str, dataset: str, arm: str) -> dict[str, Any]:
    """What an adapter is of, and the digests of its inputs, as far as its card names them."""
    return {
        "model": model,
        "dataset": dataset,
        "arm": arm,
        "quantisation": {"type": "nf4"},
        "inputs": {"questions": "1" * 64, "traces": "0" * 64},
    }


def make_job(tokenizer, root: Path, seed: int = 0, **changes) -> AdapterJob:
    """Describe an adapter below `root`; `changes` replace training options."""
    training = TRAINING.changed(**changes)
    return AdapterJob(
        examples=encode_examples(tokenizer, conversations(), training.loss, training.max_length, CHAT),
        training=training,
        seed=seed,
        identity=make_identity("tiny", "toy", "correct"),
        work=root / "work",
        output=root / "adapter",
    )


def adapter_files(folder: Path) -> dict[str, bytes]:
    """Read all files of a finished adapter."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
