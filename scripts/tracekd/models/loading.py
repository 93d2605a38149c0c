"""From a folder to a tokenizer, a 4-bit model or a model with an adapter; only data is read, never code."""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracekd.core.errors import ModelError
from tracekd.settings.config import Quantisation

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
# special tokens that model families reserve for padding or for nothing: safe to pad with
RESERVED_PAD_TOKENS = ("<|finetune_right_pad_id|>", "<|reserved_special_token_0|>")


def check_folder(folder: str | Path) -> None:
    """Refuse a folder whose loading would run code, or which has no safetensors weights.

    Raises ModelError naming the file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ModelError(
            "is not a model folder", where=folder, hint="check the path or fetch the model again"
        )
    for path in sorted(folder.rglob("*")):
        if path.suffix in PICKLE_SUFFIXES:
            raise ModelError("holds pickled weights", where=path, hint="delete it; use safetensors only")
    if not any(folder.glob("*.safetensors")):
        raise ModelError(
            "has no *.safetensors file", where=folder, hint="convert or fetch the safetensors weights"
        )
    for path in sorted(folder.glob("*config.json")):
        with _one_sentence(path, "is not JSON", "fetch or build the model again"):
            config = json.loads(path.read_text("utf-8"))
        if "auto_map" in config:
            raise ModelError("asks for remote code (auto_map)", where=path, hint="use a known architecture")


def load_tokenizer(folder: str | Path) -> "PreTrainedTokenizerBase":
    """Load the tokenizer of a model folder, with a pad token that is not the end token.

    Padding with the end token would hide whether a row has ended. A tokenizer without a pad token gets one
    of `RESERVED_PAD_TOKENS` that is already in its vocabulary, since the embeddings are frozen.
    """
    from transformers import AutoTokenizer

    check_folder(folder)
    _be_quiet()
    with _one_sentence(folder, "cannot be loaded", "fetch or build the model again"):
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    if tokenizer.pad_token is None or tokenizer.pad_token == tokenizer.eos_token:
        vocabulary = tokenizer.get_vocab()
        reserved = next((token for token in RESERVED_PAD_TOKENS if token in vocabulary), None)
        if reserved is None:
            raise ModelError(
                "the tokenizer has no pad token of its own",
                where=folder,
                hint="name an unused special token of its vocabulary as pad_token in the model's entry",
            )
        tokenizer.pad_token = reserved
    return tokenizer


def load_quantised(folder: str | Path, quantisation: Quantisation) -> "PreTrainedModel":
    """Load a causal language model in 4 bits, on the GPU if there is one (paper, section 5).

    Args:
        folder: config and safetensors weights.
        quantisation: config section of that name.

    """
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    check_folder(folder)
    _be_quiet()
    compute_dtype = getattr(torch, quantisation.compute_dtype)
    with _one_sentence(folder, "cannot be loaded", "fetch or build the model again"):
        # with output_loading_info a pair, which the library's types do not say
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            str(folder),
            quantization_config=BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type=quantisation.type,
                bnb_4bit_use_double_quant=quantisation.double,
                bnb_4bit_compute_dtype=compute_dtype,
            ),
            dtype=compute_dtype,
            device_map={"": "cuda" if torch.cuda.is_available() else "cpu"},
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    model: PreTrainedModel = loaded[0]
    report: dict[str, Any] = loaded[1]
    if report["missing_keys"]:
        name, count = min(report["missing_keys"]), len(report["missing_keys"])
        raise ModelError(
            f"lacks {count} weights, {name} among them", where=folder, hint="fetch or build the model again"
        )
    _keep_weights_as_they_are(model)
    model.eval()
    return model


def _keep_weights_as_they_are(model: "PreTrainedModel") -> None:
    """Forbid bitsandbytes to repack the 4-bit weights of a CPU model at its first inference.

    On processors with AVX512-BF16 it would from then on compute in bfloat16 whatever type was asked for, in
    training too: the same run would give other bytes on another processor, or after another model's turn.
    """
    from bitsandbytes.nn import Linear4bit

    for layer in model.modules():
        if isinstance(layer, Linear4bit):
            layer.support_avx512bf16_for_cpu = False


def load_adapter(base: "PreTrainedModel", folder: str | Path) -> "PeftModel":
    """Put a trained LoRA adapter on a base model; every saved tensor must find its place, and no other.

    `unload()` of the returned model gives the bare base back.
    """
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors import safe_open

    folder = Path(folder)
    check_folder(folder)
    _be_quiet()
    weights = folder / "adapter_model.safetensors"
    with _one_sentence(weights, "does not fit the base model", "train it again on this base model"):
        with safe_open(weights, framework="pt") as stream:
            saved = set(stream.keys())
        model = PeftModel.from_pretrained(base, str(folder), local_files_only=True)
    loaded = set(get_peft_model_state_dict(model, save_embedding_layers=False))
    if loaded != saved:
        found, foreign = len(saved & loaded), len(saved - loaded)
        raise ModelError(
            f"holds {found} of the {len(loaded)} expected tensors and {foreign} others",
            where=weights,
            hint="train it again on this base model",
        )
    return model.eval()


@contextmanager
def _one_sentence(where: str | Path, what: str, hint: str) -> Iterator[None]:
    """Turn whatever a library says of a damaged or foreign file into one sentence."""
    try:
        yield
    except Exception as error:  # safetensors, tokenizers, torch and peft each raise their own
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(f"{what}: {reason}", where=where, hint=hint) from error


def _be_quiet() -> None:
    """Turn off what transformers prints besides warnings of substance: loading bars and notes on v6."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
